import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createComponentRegistry } from "../../src/adapters/component-registry/component-registry.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import type { ConnectionCheck } from "../../src/application/check.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { createEngineAttributes, policyEngineIn } from "../../src/application/engine-attributes.js";
import { PdpError } from "../../src/application/errors.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import type { ValueMap } from "../../src/core/values.js";
import { rowsOf } from "../support/documentation.js";
import { readPolicy } from "../support/policy-texts.js";

/** A Tuesday in UTC, and still Monday in Honolulu. */
const NOW = "2026-11-24T07:05:09.900Z";

interface Asked {
  readonly rule: object;
  readonly connection?: Partial<ConnectionCheck>;
  /** With it, CheckPolicy of this type is asked, with `context` as it is. */
  readonly policyType?: string;
  readonly context?: ValueMap;
  readonly timeZone?: string;
  /** Absent: as offline. */
  readonly engineState?: "healthy" | "degraded";
}

/** `applies`, `does not apply`, `errs: names`, or `refused: fields`. */
function says({
  rule,
  connection = {},
  policyType,
  context = {},
  timeZone = "UTC",
  engineState,
}: Asked): string {
  const type = policyType ?? "network_security";
  const policy = readPolicy({ type, rules: [{ id: "rule", action: "allow", ...rule }] });
  const registry = createComponentRegistry({
    nodeIps: { NODE_IP_FL_SERVER: "192.168.100.10", NODE_IP_COLLECTOR: "192.168.100.120" },
    clientIpRange: "100-199",
    subnetPrefix: "192.168.100",
  });
  if (!registry.ok) throw new Error(registry.problem);
  const clock = { nowMs: () => Date.parse(NOW), monotonicMs: () => 0 };
  const snapshot = buildSnapshot([policy], { policyVersion: 1 });
  const point = createDecisionPoint({
    activeSnapshot: () => snapshot,
    engineAttributes: createEngineAttributes({ clock, timeZone }),
    ...(engineState && { engineState: () => engineState }),
    registry: registry.value,
    recordDecision: () => undefined,
    ...{ clock, ids: createUuidIds(), batchMaxItems: 1 },
  });
  const common = { requestId: "", context, explain: false };
  const nothing = { clientId: "", srcType: "", dstType: "", srcIp: "", dstIp: "", protocol: "" };
  try {
    const { decision } =
      policyType === undefined
        ? point.checkConnection({ ...common, ...nothing, ...connection })
        : point.checkPolicy({ ...common, policyType });
    const [erring] = decision.erringRules;
    if (erring) return `errs: ${erring.missingAttributes.join()}`;
    return decision.determiningRules.length > 0 ? "applies" : "does not apply";
  } catch (error) {
    if (!(error instanceof PdpError) || error.failure.reason !== "REQUEST_INVALID") throw error;
    return `refused: ${error.failure.violations.map(({ field }) => field).join()}`;
  }
}

const when = (condition: string): { rule: object } => ({ rule: { condition } });
const match = (fields: object): { rule: object } => ({ rule: { match: fields } });

describe("who supplies an attribute, and who wins", () => {
  // prettier-ignore
  it.each<[sentence: string, asked: Asked, said: string]>([
    ["a field of the connection is an attribute",           { ...match({ src_ip: "10.0.0.1" }), connection: { srcIp: "10.0.0.1" } }, "applies"],
    ["a context cannot have a field's name",                { ...match({ src_ip: "10.0.0.1" }), connection: { srcIp: "10.0.0.2" }, context: { src_ip: "10.0.0.1" } }, "refused: context.src_ip"],
    ["nor the client's id",                                 { ...when("client_id == 'a'"), connection: { clientId: "b" }, context: { client_id: "a" } }, "refused: context.client_id"],
    ["in CheckPolicy the context has the fields",           { ...match({ src_ip: "10.0.0.1" }), policyType: "network_security", context: { src_ip: "10.0.0.1" } }, "applies"],
    ["a type that nobody names comes from the registry",    { ...match({ dst_type: "fl-server" }), connection: { dstIp: "192.168.100.10" } }, "applies"],
    ["for both ends",                                       { ...match({ src_type: "fl-client" }), connection: { srcIp: "192.168.100.199" } }, "applies"],
    ["for the mapped form of the address too",              { ...match({ dst_type: "fl-server" }), connection: { dstIp: "::ffff:192.168.100.10" } }, "applies"],
    ["a type that the caller names wins over the registry", { ...match({ dst_type: "fl-server" }), connection: { dstIp: "192.168.100.10", dstType: "attacker" } }, "does not apply"],
    ["an exact address wins over the range",                { ...match({ src_type: "collector" }), connection: { srcIp: "192.168.100.120" } }, "applies"],
    ["the range ends where it says",                        { ...match({ src_type: "fl-client" }), connection: { srcIp: "192.168.100.200" } }, "does not apply"],
    ["the range holds inside its network only",             { ...match({ src_type: "fl-client" }), connection: { srcIp: "192.168.101.150" } }, "does not apply"],
    ["in CheckPolicy of network_security as well",          { ...match({ dst_type: "fl-server" }), policyType: "network_security", context: { dst_ip: "192.168.100.10" } }, "applies"],
    ["of other types the registry is not asked",            { ...match({ dst_type: "fl-server" }), policyType: "fl_security", context: { dst_ip: "192.168.100.10" } }, "does not apply"],
    ["engine.hour and engine.minute are the clock's",       when("engine.hour == 7 && engine.minute == 5"), "applies"],
    ["engine.day_of_week is 1 on Tuesday",                  when("engine.day_of_week == 1"), "applies"],
    ["engine.time is in whole seconds",                     when("engine.time == 1795503909"), "applies"],
    ["in every policy type",                                { ...when("engine.hour == 7"), policyType: "fl_security" }, "applies"],
    ["a target can match them as well",                     match({ "engine.hour": 7 }), "applies"],
    ["hours are those of ENGINE_TIME_ZONE",                 { ...when("engine.hour == 10 && engine.minute == 5"), timeZone: "Europe/Istanbul" }, "applies"],
    ["and so is the day",                                   { ...when("engine.day_of_week == 0 && engine.hour == 21"), timeZone: "Pacific/Honolulu" }, "applies"],
    ["but not the time",                                    { ...when("engine.time == 1795503909"), timeZone: "Pacific/Honolulu" }, "applies"],
    ["a caller's own engine object is ignored",             { ...when("engine.hour == 3"), context: { engine: { hour: 3 } } }, "does not apply"],
    ["a caller's flat engine.hour is ignored",              { ...when("engine.hour == 3"), context: { "engine.hour": 3 } }, "does not apply"],
    ["what else is in a caller's engine object too",        { ...match({ "engine.zone": "a" }), context: { engine: { zone: "a" } } }, "does not apply"],
    ["also in CheckPolicy",                                 { ...when("engine.hour == 3"), policyType: "fl_security", context: { engine: { hour: 3 }, "engine.hour": 3 } }, "does not apply"],
    ["a parameter of the rule is nearer than the engine",   { rule: { condition: "engine.hour == 3", parameters: { "engine.hour": 3 } } }, "applies"],
    ["the engine supplies no current_hour",                 { ...when("current_hour == 7"), policyType: "fl_security" }, "errs: current_hour"],
    ["it is the caller's",                                  { ...when("current_hour == 3"), policyType: "fl_security", context: { current_hour: 3 } }, "applies"],
    ["policy_engine.status is how the engine is",           { ...when("policy_engine.status == 'degraded'"), engineState: "degraded" }, "applies"],
    ["healthy where it is well",                            { ...when("policy_engine.status == 'healthy'"), engineState: "healthy" }, "applies"],
    ["and where a set is asked offline",                    { ...when("policy_engine.status != 'healthy'"), policyType: "fl_security" }, "does not apply"],
    ["a target can match it as well",                       { ...match({ "policy_engine.status": "degraded" }), engineState: "degraded" }, "applies"],
    ["a caller's own policy_engine object is ignored",      { ...when("policy_engine.status == 'healthy'"), engineState: "degraded", context: { policy_engine: { status: "healthy" } } }, "does not apply"],
    ["a caller's flat policy_engine.status is ignored",     { ...when("policy_engine.status == 'healthy'"), engineState: "degraded", context: { "policy_engine.status": "healthy" } }, "does not apply"],
    ["what else is in a caller's policy_engine object too", { ...match({ "policy_engine.zone": "a" }), context: { policy_engine: { zone: "a" } } }, "does not apply"],
    ["violation.* is the caller's",                         { ...when("violation.severity == 'critical'"), policyType: "fl_security", context: { violation: { severity: "critical" } } }, "applies"],
    ["but not where what names the client is no id",        { ...when("violation.severity == 'critical'"), policyType: "fl_security", context: { client_id: ["a"], violation: { severity: "critical", place: 1 } } }, "errs: violation.severity"],
    ["which takes nothing else from it",                    { ...when("violation.place == 1"), policyType: "fl_security", context: { client_id: ["a"], violation: { severity: "critical", place: 1 } } }, "applies"],
    ["client.* is the caller's",                            { ...when("client.trust_score > 0.5"), policyType: "fl_security", context: { client: { trust_score: 0.9 } } }, "applies"],
  ])("%s", (_sentence, asked, said) => {
    expect(says(asked)).toBe(said);
  });
});

it("docs/attributes.md has a row for everything the engine supplies", () => {
  const page = readFileSync(new URL("../../docs/attributes.md", import.meta.url), "utf8");
  const rows = rowsOf(page, ["attribute", "supplied by", "who wins"]);
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const supplied = Object.keys(createEngineAttributes({ clock, timeZone: "UTC" })());
  const engineRows = rows.map(([attribute = ""]) => attribute).join();
  const expected = [
    ...supplied.map((name) => `engine.${name}`),
    ...Object.keys(policyEngineIn()).map((name) => `policy_engine.${name}`),
  ];
  expect(engineRows.match(/(policy_)?engine\.\w+/g)).toEqual(expected);
});
