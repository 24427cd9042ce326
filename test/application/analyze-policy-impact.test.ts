import { describe, expect, it, vi } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createPolicyReader } from "../../src/adapters/policy-files/policy-reader.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import type { ActivePolicySet } from "../../src/application/active-policy-set.js";
import {
  type AnalyzePolicyImpact,
  createPolicyImpactAnalysis,
  type ImpactQuestion,
} from "../../src/application/analyze-policy-impact.js";
import { PdpError } from "../../src/application/errors.js";
import { createImpactGuard } from "../../src/application/guard-impact.js";
import type { PolicyImpact } from "../../src/application/policy-impact.js";
import {
  type ChangedPolicies,
  createDecisionReplay,
  type ReplayDecisions,
} from "../../src/application/replay-decisions.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import type { ValueMap } from "../../src/core/values.js";
import { aLoggedDecision } from "../contract/decision-log.contract.js";
import { policiesOf } from "../support/impact.js";

const clock = createSystemClock();
const policy = (id: string, more: ValueMap = {}): ValueMap => ({
  ...{ id, type: "fl", rules: [{ action: "deny", condition: "round > 3" }], ...more },
});

function activeSet(documents: readonly ValueMap[]): ActivePolicySet {
  const policies = policiesOf(documents);
  return {
    snapshot: buildSnapshot(policies, { policyVersion: 7 }),
    policies: policies.map((compiled, index) => ({
      ...{ policy: compiled, document: documents[index] ?? {}, file: "policies.json", etag: "e" },
      ...{ source: "file", policyVersion: 7, updateTimeMs: 0 },
    })),
    contentHash: "c",
    loadedAtMs: 0,
  };
}

function analysis(replay: ReplayDecisions, active?: ActivePolicySet): AnalyzePolicyImpact {
  return createPolicyImpactAnalysis({
    ...{ active: () => active, replay, clock },
    reader: createPolicyReader({ conditionCompiler: createConditionCompiler() }),
  });
}

/** What was asked of the replay, by policy ids. */
async function replayed(question: Partial<ImpactQuestion>, active?: ActivePolicySet) {
  const asked: { change: ChangedPolicies; maxDecisions: number }[] = [];
  const replay: ReplayDecisions = (change, maxDecisions) => {
    asked.push({ change, maxDecisions });
    return Promise.resolve({ decided: 0, flipped: 0, notReplayable: 0, groups: [] });
  };
  const analyze = analysis(replay, active);
  await analyze({ documents: [], deletedIds: [], maxDecisions: 0, ...question });
  return asked.map(({ change, maxDecisions }) => ({
    before: change.before.map(({ id }) => id),
    after: change.after.map(({ id, priority }) => `${id} ${priority}`),
    maxDecisions,
  }));
}

describe("the changed set", () => {
  const active = activeSet([policy("a"), policy("b"), policy("c")]);

  // prettier-ignore
  it.each<[says: string, question: Partial<ImpactQuestion>, after: string[]]>([
    ["a new policy is added",                         { documents: [policy("d", { priority: 1 })] },                      ["a 0", "b 0", "c 0", "d 1"]],
    ["a policy takes the place of the one it names",  { documents: [policy("b", { priority: 2 })] },                      ["a 0", "c 0", "b 2"]],
    ["a policy is taken out",                         { deletedIds: ["a"] },                                              ["b 0", "c 0"]],
    ["both at once",                                  { documents: [policy("d")], deletedIds: ["a", "c"] },               ["b 0", "d 0"]],
    ["a policy without an id gets one of its name",   { documents: [policy("", { name: "Night shift" })] },               ["a 0", "b 0", "c 0", "night-shift 0"]],
    ["no change is a change that flips nothing",      {},                                                                 ["a 0", "b 0", "c 0"]],
  ])("%s", async (_says, question, after) => {
    const [asked] = await replayed(question, active);
    expect(asked).toEqual({ before: ["a", "b", "c"], after, maxDecisions: 10_000 });
  });

  it("looks at as many decisions as asked for", async () => {
    expect(await replayed({ maxDecisions: 100_000 }, active)).toMatchObject([
      { maxDecisions: 100_000 },
    ]);
  });
});

describe("a question that cannot be answered says why", () => {
  const many = Array.from({ length: 1001 }, (_, n) => policy(`p${n}`));
  const misspelt = policy("a", { rules: [{ action: "dney" }] });

  // prettier-ignore
  it.each<[says: string, question: Partial<ImpactQuestion>, message: RegExp]>([
    ["too many policies",                    { documents: many },                                      /^REQUEST_INVALID policies must be at most 1000, got 1001$/],
    ["too many decisions",                   { maxDecisions: 100_001 },                                /^REQUEST_INVALID max_decisions must be from 0 \(the default of 10000\) to 100000, got 100001$/],
    ["fewer than no decisions",              { maxDecisions: -1 },                                     /^REQUEST_INVALID max_decisions .*got -1$/],
    ["neither id nor name",                  { documents: [policy("a"), policy("")] },                 /^REQUEST_INVALID policies\[1\]\.id is missing/],
    ["an id that cannot be",                 { documents: [policy("../b")] },                          /^REQUEST_INVALID policies\[0\]\.id must be 1 to 128/],
    ["a policy both put and taken out",      { documents: [policy("a")], deletedIds: ["a"] },          /^REQUEST_INVALID policies\[0\]\.id is in delete_policy_ids too/],
    ["the same policy twice",                { documents: [policy("d"), policy("d")] },                /^POLICY_INVALID .*policies\[1\]/],
    ["an unknown policy to take out",        { deletedIds: ["a", "nope"] },                            /^POLICY_NOT_FOUND policy `nope` not found$/],
    ["a verb that nobody knows",             { documents: [policy("d"), misspelt] },                   /^POLICY_INVALID .*policies\[1\]\.rules\[0\]\.action.*deny/],
    ["code",                                 { documents: [policy("a", { function_code: "x" })] },     /^POLICY_INVALID .*policies\[0\]\.function_code/],
    ["a number that is none",                { documents: [policy("a", { priority: Number.NaN })] },   /^POLICY_INVALID .*policies\[0\]\.priority/],
  ])("%s", async (_says, question, message) => {
    const active = activeSet([policy("a")]);
    expect(await failureOf(replayed(question, active))).toMatch(message);
  });

  it("no active set", async () => {
    expect(await failureOf(replayed({}))).toMatch(/^NO_ACTIVE_POLICY /);
  });
});

describe("questions at the same time", () => {
  const none: PolicyImpact = { decided: 0, flipped: 0, notReplayable: 0, groups: [] };
  const question = { documents: [], deletedIds: [], maxDecisions: 0 };

  it("are worked on two at a time: one more is refused, and may come again", async () => {
    const finish: ((impact: PolicyImpact) => void)[] = [];
    const replay = () => new Promise<PolicyImpact>((resolve) => finish.push(resolve));
    const analyze = analysis(replay, activeSet([policy("a")]));
    const both = [analyze(question), analyze(question)];
    expect(await failureOf(analyze(question))).toMatch(/^OVERLOADED 2 analyses of impact /);
    await vi.waitUntil(() => finish.length === 2);
    for (const one of finish) one(none);
    expect(await Promise.all(both)).toEqual([none, none]);
    const again = analyze(question);
    await vi.waitUntil(() => finish.length === 3);
    finish[2]?.(none);
    expect(await again).toEqual(none);
  });

  it("stop when the caller has gone, and make room for the next", async () => {
    const decisionLog = createMemoryDecisionLog();
    for (let n = 0; n < 5000; n += 1) decisionLog.append(aLoggedDecision());
    const analyze = analysis(
      createDecisionReplay({ decisionLog, clock }),
      activeSet([policy("a")]),
    );
    const caller = new AbortController();
    const gone = [1, 2].map(() => analyze(question, caller.signal));
    caller.abort(new Error("gone"));
    for (const one of await Promise.allSettled(gone)) {
      expect(one).toEqual({ status: "rejected", reason: new Error("gone") });
    }
    expect(await analyze(question)).toMatchObject({ decided: 5000 });
  });
});

describe("the guard", () => {
  // prettier-ignore
  it.each<[says: string, percent: number, flipped: number, decided: number, confirmed: number | undefined, outcome: string]>([
    ["lets through what is within the limit",            10,   10, 100,    undefined, "made"],
    ["refuses what is above it",                         10,   11, 100,    undefined, "IMPACT_TOO_LARGE"],
    ["0 refuses a single flip",                          0,    1,  10_000, undefined, "IMPACT_TOO_LARGE"],
    ["100 refuses nothing",                              100,  9,  9,      undefined, "made"],
    ["takes parts of a percent",                         0.5,  6,  1000,   undefined, "IMPACT_TOO_LARGE"],
    ["lets through where nothing was recorded",          0,    0,  0,      undefined, "made"],
    ["lets through what is confirmed by its number",     10,   50, 99,     50,        "made"],
    ["refuses another number",                           10,   50, 99,     51,        "IMPACT_TOO_LARGE"],
    ["a number that is too small",                       10,   50, 99,     0,         "IMPACT_TOO_LARGE"],
    ["takes a number within one percent of all",         10,   5000, 10_000, 5100,    "made"],
    ["and refuses one beyond it",                        10,   5000, 10_000, 4899,    "IMPACT_TOO_LARGE"],
  ])("%s", async (_says, maxFlippedPercent, flipped, decided, confirmed, outcome) => {
    const replay: ReplayDecisions = () =>
      Promise.resolve({ decided, flipped, notReplayable: 0, groups: [] });
    const guard = createImpactGuard({ replay, maxFlippedPercent });
    const active = activeSet([policy("a")]);
    const set = { policies: [], contentHash: "d", file: "policies.json", issues: [] };
    const said = await failureOf(guard({ active, set }, confirmed));
    expect(said.split(" ")[0]).toBe(outcome);
  });
});

/** `REASON message`, or `made`. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "made";
  } catch (error) {
    if (!(error instanceof PdpError)) throw error;
    return `${error.failure.reason} ${error.message}`;
  }
}
