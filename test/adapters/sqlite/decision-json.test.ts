import { expect, test } from "vitest";
import {
  createDecisionJson,
  type SharedObjects,
  type StoredDecision,
  storedToLogged,
} from "../../../src/adapters/sqlite/decision-json.js";
import type { LoggedDecision } from "../../../src/application/ports/decision-log.js";
import { copyTrustAttributes, type TrustAttributes } from "../../../src/core/trust-attributes.js";
import type { ValueMap } from "../../../src/core/values.js";

const KNOWN: TrustAttributes = {
  client: { trust_score: 0.5, trust_state: "PROBATION", factors: { update_quality: 0.5 } },
  violation: { severity: "none", count: 0 },
  trust_score_change: 0,
  "client.factors.participation_rate.lower": 0.25,
  "client.factors.participation_rate.upper": 0.75,
  "client.factors.update_quality.lower": 0.25,
  "client.factors.update_quality.upper": 0.75,
  "client.factors.behavioral_consistency.lower": 0.25,
  "client.factors.behavioral_consistency.upper": 0.75,
  "client.factors.compliance_history.lower": 0.25,
  "client.factors.compliance_history.upper": 0.75,
};

const ROWS: readonly (readonly [string, ValueMap, TrustAttributes | undefined])[] = [
  ["no client is named", { src_type: "fl-client", engine: { hour: 3 } }, undefined],
  ["nothing but the client is known", copyTrustAttributes(KNOWN), KNOWN],
  ["there is more", { ...copyTrustAttributes(KNOWN), client_id: "client-7", n: null }, KNOWN],
  [
    "the caller said more of the client",
    { ...copyTrustAttributes(KNOWN), client: { ...KNOWN.client, region: "é" } },
    KNOWN,
  ],
  ["a bound was redacted", without(KNOWN, "client.factors.update_quality.lower"), KNOWN],
  ["a score was redacted", { ...copyTrustAttributes(KNOWN), client: { trust_lower: 0.3 } }, KNOWN],
];

test.each(ROWS)(
  "a decision is read as it was written, also where %s",
  (says, attributes, known) => {
    const redacted = says.includes("redacted");
    const jsonOf = createDecisionJson();
    const readBack = (decision: LoggedDecision): LoggedDecision => {
      const { json, shared, sharedLength } = jsonOf(decision);
      const members = shared.map(({ member }) => member.toString()).join("");
      expect(sharedLength).toBe(Buffer.byteLength(members));
      const objects = JSON.parse(`{${members.slice(1)}}`) as SharedObjects;
      return storedToLogged(JSON.parse(json) as StoredDecision, objects);
    };
    const logged: LoggedDecision = {
      ...{ decisionId: "01", timeMs: 1.5, policyType: "network_security" },
      ...{ clientId: "client-7", requestId: 'a "request"', attributes, redacted },
      durationMs: 0.01,
      decision: {
        ...{ allowed: true, reason: "allowed", determiningRules: [], erringRules: [] },
        ...{ obligations: [], policyVersion: 2, policyTypeKnown: true },
      },
    };
    const given = known ? { ...logged, clientAttributes: known } : logged;
    expect([readBack(given), readBack(given)]).toEqual([logged, logged]);
  },
);

function without(map: ValueMap, name: string): ValueMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => key !== name));
}
