import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Decision, RuleError } from "../../src/core/decision.js";
import { aRecorder, PERMIT, rule } from "../support/decision-records.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_750_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const erring = (ruleId: string, ...missingAttributes: string[]): RuleError => ({
  rule: rule(ruleId),
  message: "names are missing",
  missingAttributes,
});

describe("RULE_ERROR", () => {
  const failing = (...erringRules: RuleError[]): Decision => ({ ...PERMIT, erringRules });

  it("names the rule and what was missing, at once", async () => {
    const { times, details } = aRecorder();
    times(1, failing(erring("r", "client.trust_score")));
    expect(await details("RULE_ERROR")).toEqual([
      {
        policy_id: "net",
        rule_id: "r",
        action: "deny",
        message: "names are missing",
        missing_attribute: "client.trust_score",
        count: 1,
      },
    ]);
  });

  it.each<[says: string, decision: Decision, events: number]>([
    ["one per missing name", failing(erring("r", "a", "b")), 2],
    ["one per rule", failing(erring("r", "a"), erring("s", "a")), 2],
    ["one when nothing was missing", failing(erring("r")), 1],
    ["none without an erring rule", failing(), 0],
  ])("is %s", async (_says, decision, events) => {
    const { times, details } = aRecorder();
    times(3, decision);
    expect(await details("RULE_ERROR")).toHaveLength(events);
  });

  it("comes once a minute, with the count since", async () => {
    const { times, details } = aRecorder();
    const counted = async () => (await details("RULE_ERROR")).map(({ count }) => count);
    times(5, failing(erring("r", "a")));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(await counted()).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await counted()).toEqual([1, 4]);
    times(2, failing(erring("r", "a")));
    expect(await counted()).toEqual([1, 4]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await counted()).toEqual([1, 4, 2]);
    await vi.advanceTimersByTimeAsync(120_000);
    times(1, failing(erring("r", "a")));
    expect(await counted()).toEqual([1, 4, 2, 1]);
  });

  it("tells of what is pending when flushed", async () => {
    const { times, details, flush } = aRecorder();
    times(5, failing(erring("r", "a")));
    flush();
    expect((await details("RULE_ERROR")).map(({ count }) => count)).toEqual([1, 4]);
  });

  it("shares one event for what is beyond 1,000 rules and names", async () => {
    const { times, details, flush } = aRecorder();
    for (let n = 0; n < 1010; n += 1) times(1, failing(erring("r", `name-${n}`)));
    flush();
    const told = await details("RULE_ERROR");
    expect(told).toHaveLength(1001);
    expect(told.at(-1)).toEqual({ count: 10, message: "errors of more rules" });
  });
});

describe("POLICY_TYPE_UNKNOWN", () => {
  const UNKNOWN = { ...PERMIT, policyTypeKnown: false };

  it("comes once per type, a warning, while every such check is counted", async () => {
    const { times, details, metrics } = aRecorder();
    times(3, UNKNOWN, { policyType: "qos" });
    times(1, UNKNOWN, { policyType: "other" });
    expect(await details("POLICY_TYPE_UNKNOWN")).toEqual([
      { policy_type: "qos", allowed: true },
      { policy_type: "other", allowed: true },
    ]);
    expect(await metrics.text()).toContain("flopynet_policy_unknown_type_checks_total 4");
  });

  it("comes for the first 1,000 names only: callers choose them", async () => {
    const { times, details } = aRecorder();
    for (let n = 0; n < 1200; n += 1) times(1, UNKNOWN, { policyType: `type-${n}` });
    expect(await details("POLICY_TYPE_UNKNOWN")).toHaveLength(1000);
  });
});
