import { withTrustRules } from "../../src/core/decide-trust.js";
import { decide } from "../../src/core/decide.js";
import type { ClientStanding, Decision } from "../../src/core/decision.js";
import type { Policy } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { trustAttributes } from "../../src/core/trust-attributes.js";
import { trustRulesOf } from "../../src/core/trust-policy.js";
import { createTrustFold } from "../../src/core/trust/fold.js";
import type { TrustReading } from "../../src/core/trust/trust-reading.js";
import type { ValueMap } from "../../src/core/values.js";
import { readPolicy } from "./policy-texts.js";

const PRIOR = createTrustFold().reading("client");

/** A policy of trust rules: type `trust_reputation` and id `trust`, unless told otherwise. */
export function trustPolicy(
  rules: readonly object[],
  { id = "trust", ...more }: Readonly<Record<string, unknown>> & { readonly id?: string } = {},
): Policy {
  return { ...readPolicy({ type: "trust_reputation", rules, ...more }), id };
}

export function netPolicy(rules: readonly object[]): Policy {
  return { ...readPolicy({ type: "network_security", rules }), id: "net" };
}

const NET = netPolicy([{ id: "tcp", action: "allow", match: { protocol: "tcp" } }]);

export interface Asked {
  readonly net?: Policy;
  /** Told of the client; a score of 0.8 without. */
  readonly client?: Partial<ClientStanding>;
  /** Sent by the caller. */
  readonly context?: ValueMap;
}

/** A connection of a client: what the network says, and that with what the trust rules say. */
export function trustDecision(
  policies: readonly Policy[],
  { net = NET, client = {}, context = {} }: Asked = {},
): { readonly alone: Decision; readonly decision: Decision; readonly again: Decision } {
  const snapshot = buildSnapshot([net, ...policies], { policyVersion: 1 });
  const standing: ClientStanding = {
    ...{ trustScore: 0.8, state: "ACTIVE", known: true, weightMultiplier: 1, isLiteral: false },
    ...client,
  };
  const reading: TrustReading = { ...PRIOR, ...standing };
  const given = { protocol: "tcp", client_id: "client", ...context };
  const request = accessRequest("network_security", { ...given, ...trustAttributes(reading) });
  const alone = decide(snapshot, request);
  const decided = () => withTrustRules(alone, trustRulesOf(snapshot), request, standing);
  return { alone, decision: decided(), again: decided() };
}
