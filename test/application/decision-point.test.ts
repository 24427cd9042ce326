import { describe, expect, it } from "vitest";
import type { ConnectionCheck, DecisionPoint, PolicyCheck } from "../../src/application/check.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { PdpError } from "../../src/application/errors.js";
import type { LoggedDecision } from "../../src/application/ports/decision-log.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Policy } from "../../src/core/policy.js";
import type { ValueMap } from "../../src/core/values.js";
import { policy, rule, snapshot } from "../support/rules.js";

const BLANK: ConnectionCheck = {
  ...{ requestId: "", clientId: "", srcType: "", dstType: "", srcIp: "", dstIp: "" },
  ...{ protocol: "", context: {}, explain: false },
};
const POLICIES = [policy("net", "log allow"), policy("fl", "allow", { type: "fl" })];

interface Setup {
  readonly policies?: readonly Policy[] | undefined;
  readonly batchMaxItems?: number;
}

function createPoint({ policies = POLICIES, batchMaxItems = 1000 }: Setup = {}): {
  point: DecisionPoint;
  recorded: LoggedDecision[];
} {
  const recorded: LoggedDecision[] = [];
  let ids = 0;
  let nowMs = 0;
  const active = snapshot(policies, { policyVersion: 7 });
  const point = createDecisionPoint({
    activeSnapshot: () => active,
    engineAttributes: () => ({ hour: 3 }),
    registry: { componentTypeOf: ({ bits }) => (bits === 1n ? "fl-server" : undefined) },
    recordDecision: (record) => recorded.push(record),
    clock: { nowMs: () => nowMs, monotonicMs: () => (nowMs += 1) },
    ids: { decisionId: () => `id-${(ids += 1)}`, eventId: () => "" },
    batchMaxItems,
  });
  return { point, recorded };
}

function failureOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof PdpError ? `${error.failure.reason}: ${error.message}` : String(error);
  }
  return "no failure";
}

/** A policy that permits exactly what has `key: value`. */
function permitting(type: string, key: string, value: string): Policy {
  const field = parseTargetField(key, value);
  if (!field.ok) throw new Error(field.problem);
  return policy("p", "", { type, rules: [{ ...rule("allow"), target: [field.value] }] });
}

describe("a check", () => {
  it("has an id of its own, the version that decided, and echoes the request's", () => {
    const { point } = createPoint();
    const first = point.checkConnection({ ...BLANK, requestId: "r" });
    expect([first.requestId, first.decisionId, first.decision.policyVersion]).toEqual([
      "r",
      "id-1",
      7,
    ]);
    expect(point.checkConnection(BLANK).decisionId).toBe("id-2");
  });

  it("is recorded once, with how long it took", () => {
    const { point, recorded } = createPoint();
    point.checkConnection({ ...BLANK, clientId: "c", requestId: "r" });
    expect(recorded).toMatchObject([
      {
        decisionId: "id-1",
        requestId: "r",
        clientId: "c",
        policyType: "network_security",
        durationMs: 1,
      },
    ]);
  });

  it("is of one instant: its id, its record and what rules read of the clock", () => {
    const recorded: LoggedDecision[] = [];
    let nowMs = 1_750_000_000_000;
    const point = createDecisionPoint({
      activeSnapshot: () => snapshot(POLICIES, { policyVersion: 7 }),
      engineAttributes: (timeMs) => ({ time: timeMs }),
      registry: { componentTypeOf: () => undefined },
      recordDecision: (record) => recorded.push(record),
      clock: { nowMs: () => (nowMs += 1000), monotonicMs: () => 0 },
      ids: { decisionId: (timeMs) => `id of ${timeMs}`, eventId: () => "" },
      batchMaxItems: 2,
    });
    void point.batchCheckConnections([BLANK, BLANK], false);
    const told = recorded.map(({ timeMs, decisionId, attributes }) => [
      timeMs,
      decisionId,
      attributes["engine"],
    ]);
    expect(told).toEqual(
      [1_750_000_001_000, 1_750_000_002_000].map((timeMs) => [
        timeMs,
        `id of ${timeMs}`,
        { time: timeMs },
      ]),
    );
  });

  it("is explained exactly when it asks for it, and answered alike", () => {
    const { point } = createPoint();
    const plain = point.checkConnection(BLANK);
    const explained = point.checkConnection({ ...BLANK, explain: true });
    expect(plain.explanation).toBeUndefined();
    expect(explained.explanation?.policies).toHaveLength(1);
    expect(explained.decision).toEqual(plain.decision);
  });

  it("needs a policy set", () => {
    const { point } = createPoint();
    const empty = createDecisionPoint({
      activeSnapshot: () => undefined,
      engineAttributes: () => ({}),
      registry: { componentTypeOf: () => undefined },
      recordDecision: () => undefined,
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      ids: { decisionId: () => "", eventId: () => "" },
      batchMaxItems: 1,
    });
    for (const ask of [
      () => empty.checkConnection(BLANK),
      () => empty.checkConnectionItem(BLANK),
      () => empty.batchCheckConnections([BLANK], false),
    ]) {
      expect(failureOf(ask)).toContain("NO_ACTIVE_POLICY");
    }
    expect(point.checkConnection(BLANK).decision.allowed).toBe(true);
  });

  // prettier-ignore
  it.each<[says: string, check: Partial<ConnectionCheck>, failure: string]>([
    ["a port out of range",             { dstPort: 70_000 },                   "REQUEST_INVALID: dst_port must be from 1 to 65535, got 70000"],
    ["an address that is none",         { srcIp: "010.0.0.1" },                "REQUEST_INVALID: src_ip must be an IPv4 or IPv6 address"],
    ["a field's name in the context",   { context: { dst_port: 1 } },          "REQUEST_INVALID: context.dst_port must not be given here"],
    ["every broken field at once",      { srcPort: 0, context: { x: Number.NaN } }, "src_port must be from 1 to 65535, got 0; context.x must be a finite number"],
    ["a request id without end",        { requestId: "r".repeat(1025) },       "REQUEST_INVALID: request_id must have at most 1024 characters"],
  ])("refuses %s", (_says, check, failure) => {
    const { point, recorded } = createPoint();
    expect(failureOf(() => point.checkConnection({ ...BLANK, ...check }))).toContain(failure);
    expect(recorded).toEqual([]);
  });

  it.each([
    ["none", "", "policy_type must have from 1 to 256 characters, got 0"],
    ["one too long", "t".repeat(257), "policy_type must have from 1 to 256 characters, got 257"],
  ])("refuses a policy type: %s", (_says, policyType, message) => {
    const { point } = createPoint();
    const check = { requestId: "", policyType, context: {}, explain: false };
    expect(failureOf(() => point.checkPolicy(check))).toBe(`REQUEST_INVALID: ${message}`);
  });
});

describe("what a decision sees", () => {
  // prettier-ignore
  it.each<[says: string, key: string, value: string, check: Partial<ConnectionCheck>, allowed: boolean]>([
    ["a component type by its address",             "src_type", "fl-server", { srcIp: "0.0.0.1" },                        true],
    ["the type the caller names wins",              "src_type", "fl-server", { srcIp: "0.0.0.1", srcType: "fl-client" },  false],
    ["no type for an address nobody registered",    "dst_type", "fl-server", { dstIp: "0.0.0.2" },                        false],
    ["the context beside the fields",               "zone",     "lab",       { context: { zone: "lab" } },                true],
    ["the client's id",                             "client_id", "c-1",      { clientId: "c-1" },                         true],
    ["empty text as not given",                     "src_type", "any",       { srcType: "" },                             true],
  ])("%s", (_says, key, value, check, allowed) => {
    const { point } = createPoint({ policies: [permitting("network_security", key, value)] });
    expect(point.checkConnection({ ...BLANK, ...check }).decision.allowed).toBe(allowed);
  });

  // prettier-ignore
  it.each<[says: string, context: ValueMap]>([
    ["as an object",    { engine: { hour: 9 } }],
    ["as a flat name",  { "engine.hour": 9 }],
  ])("the engine's own clock, whatever the caller sends %s", (_says, context) => {
    const policies = [{ ...permitting("fl", "engine.hour", "3"), defaultEffect: "deny" as const }];
    const { point } = createPoint({ policies });
    const check: PolicyCheck = { requestId: "", policyType: "fl", context, explain: false };
    expect(point.checkPolicy(check).decision.allowed).toBe(true);
  });

  it("CheckPolicy of network_security answers as CheckConnection does", () => {
    const { point } = createPoint({
      policies: [permitting("network_security", "src_type", "fl-server")],
    });
    const context = { src_ip: "0.0.0.1", dst_port: "8080", protocol: 6, src_type: "" };
    const asked = { requestId: "", policyType: "network_security", context, explain: false };
    const { decision } = point.checkPolicy(asked);
    const connection = { ...BLANK, srcIp: "0.0.0.1", dstPort: 8080, protocol: "tcp" };
    expect(decision).toEqual(point.checkConnection(connection).decision);
    expect(decision.allowed).toBe(true);
  });
});

describe("a batch", () => {
  it("answers in order, an invalid item as such, and the others go on", async () => {
    const { point, recorded } = createPoint();
    const items = [{ ...BLANK, requestId: "a" }, { ...BLANK, requestId: "b", dstPort: 0 }, BLANK];
    const { results, policyVersion } = await point.batchCheckConnections(items, false);
    expect(
      results.map(({ requestId, decision }) => [requestId, decision.allowed, decision.denyKind]),
    ).toEqual([
      ["a", true, undefined],
      ["b", false, "invalid_request"],
      ["", true, undefined],
    ]);
    expect(results[1]?.decision.reason).toBe("dst_port must be from 1 to 65535, got 0");
    expect(policyVersion).toBe(7);
    expect(recorded).toHaveLength(2);
  });

  // prettier-ignore
  it.each<[says: string, items: number, explain: boolean, failure: string]>([
    ["no item",                               0,  false, "REQUEST_INVALID: items must have from 1 to 50 items, got 0"],
    ["more items than allowed",               51, false, "REQUEST_INVALID: items must have from 1 to 50 items, got 51"],
    ["more explanations than anyone reads",   21, true,  "EXPLAIN_TOO_LARGE: at most 20 items"],
  ])("refuses %s, and decides nothing", (_says, count, explain, failure) => {
    const { point, recorded } = createPoint({ batchMaxItems: 50 });
    const items = Array.from({ length: count }, () => BLANK);
    expect(failureOf(() => point.batchCheckConnections(items, explain))).toContain(failure);
    expect(recorded).toEqual([]);
  });

  it("counts the items that ask by themselves", async () => {
    const { point } = createPoint();
    const items = Array.from({ length: 21 }, () => ({ ...BLANK, explain: true }));
    expect(failureOf(() => point.batchCheckConnections(items, false))).toContain(
      "EXPLAIN_TOO_LARGE",
    );
    const { results } = await point.batchCheckConnections(items.slice(0, 20), false);
    expect(results.every(({ explanation }) => explanation !== undefined)).toBe(true);
  });

  it("lets others have their turn after each item it explains, and records all together", async () => {
    const { point, recorded } = createPoint();
    const seen: number[] = [];
    let asked = true;
    const look = (): void => {
      seen.push(recorded.length);
      if (asked) setImmediate(look);
    };
    setImmediate(look);
    const items = Array.from({ length: 5 }, () => BLANK);
    const { results } = await point.batchCheckConnections(items, true);
    asked = false;
    expect(results.map(({ explanation }) => explanation?.policies.length)).toEqual([1, 1, 1, 1, 1]);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen)).toEqual(new Set([0]));
    expect(recorded.map(({ decisionId }) => decisionId)).toEqual(
      results.map(({ decisionId }) => decisionId),
    );
  });

  it("of policies answers each as CheckPolicy does", async () => {
    const { point } = createPoint();
    const item = { requestId: "", policyType: "fl", context: {}, explain: false };
    const { results } = await point.batchCheckPolicies([item], false);
    const [answer] = results;
    expect(answer?.decision).toEqual(point.checkPolicy(item).decision);
  });
});
