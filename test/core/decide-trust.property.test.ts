import fc from "fast-check";
import { expect, it } from "vitest";
import { resolveAttributes } from "../../src/application/resolve-attributes.js";
import { withTrustRules } from "../../src/core/decide-trust.js";
import { decide } from "../../src/core/decide.js";
import type { ClientStanding } from "../../src/core/decision.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { trustAttributes } from "../../src/core/trust-attributes.js";
import { trustRulesOf } from "../../src/core/trust-policy.js";
import { createTrustFold } from "../../src/core/trust/fold.js";
import type { TrustReading } from "../../src/core/trust/trust-reading.js";
import type { ValueMap } from "../../src/core/values.js";
import { readPolicy } from "../support/policy-texts.js";

const CONDITIONS = [
  "client.trust_score < 0.3",
  "client.trust_score < 2",
  "client.trust_state < 0.3",
  "1 / client.exclusions > 3",
  "client.factors.nonexistent < 0.3",
  "client.device == 'phone'",
  "client.device < 3 || client.trust_score < 0.3",
  "trust_score_change < -0.5",
  "load > 3 && client.trust_score < 2",
];
const rules = fc.array(
  fc.record({
    action: fc.constantFrom("exclude_client", "weight_reduction", "deny"),
    condition: fc.constantFrom(...CONDITIONS),
    match: fc.constantFrom({}, {}, { protocol: "tcp" }, { protocol: "udp" }, { metric_type: "x" }),
  }),
  { minLength: 1, maxLength: 4 },
);
const contexts = fc.constantFrom<ValueMap>(
  {},
  { client: { device: "phone" } },
  { client: { device: 1, factors: { nonexistent: 1 }, trust_score: 1 } },
  { "client.factors.nonexistent": 1, "client.trust_state": 0 },
  { "client.device": "phone", load: 5 },
);
const clients = fc.record({
  state: fc.constantFrom<TrustReading["state"]>("PROBATION", "ACTIVE", "REDUCED", "EXCLUDED"),
  exclusions: fc.constantFrom(0, 1),
  trustScore: fc.constantFrom(0.1, 0.7),
});

const PRIOR = createTrustFold().reading("client");
const NET = {
  ...readPolicy({ type: "network_security", rules: [{ action: "allow", match: {} }] }),
  id: "net",
};

/** Has to be asked about every request, and says nothing to any. */
const NEVER_HOLDS = {
  ...readPolicy({
    type: "trust_reputation",
    rules: [
      {
        action: "weight_reduction",
        condition: "client.trust_score < -1 && client.device == 'none'",
      },
    ],
  }),
  id: "zzz",
};

it("what is remembered of a client's standing never answers otherwise than asking anew", () => {
  fc.assert(
    fc.property(
      rules,
      clients,
      fc.array(contexts, { minLength: 2, maxLength: 6 }),
      (written, client, asked) => {
        const policy = readPolicy({ type: "trust_reputation", rules: written });
        const snapshot = buildSnapshot([NET, policy], { policyVersion: 1 });
        const trustRules = trustRulesOf(snapshot);
        const askedAlways = trustRulesOf(
          buildSnapshot([NET, policy, NEVER_HOLDS], { policyVersion: 1 }),
        );
        const reading = { ...PRIOR, ...client };
        const { trustScore, state, known } = reading;
        const standing: ClientStanding = {
          ...{ trustScore, state, known, isLiteral: false },
          weightMultiplier: state === "ACTIVE" ? 1 : 0.5,
        };
        // One answer of the network to all: what is remembered goes by it.
        const decision = decide(snapshot, accessRequest("network_security", { protocol: "tcp" }));
        const found = asked.map((context) => {
          const given = { ...context, client_id: "client", protocol: "tcp" };
          const known = { engine: {}, trust: trustAttributes(reading) };
          const attributes = resolveAttributes(given, { ...known, isConnection: true });
          const request = accessRequest("network_security", attributes);
          const answer = (of: ClientStanding, ofRules = trustRules) =>
            withTrustRules(decision, ofRules, request, of);
          return {
            remembered: answer(standing),
            anew: answer({ ...standing }),
            // Of another state, a rule that drives states says something by being there.
            always: answer(standing, state === "ACTIVE" ? askedAlways : trustRules),
          };
        });
        expect(found.map(({ remembered }) => remembered)).toEqual(found.map(({ anew }) => anew));
        expect(found.map(({ remembered }) => remembered)).toEqual(
          found.map(({ always }) => always),
        );
      },
    ),
  );
});
