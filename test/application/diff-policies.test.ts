import { describe, expect, it } from "vitest";
import { diffPolicies } from "../../src/application/diff-policies.js";
import type { ValueMap } from "../../src/core/values.js";

const A = { id: "a", action: "allow" };
const B = { id: "b", action: "deny" };
const C = { action: "log" };

const policy = (fields: ValueMap): ValueMap => ({ id: "p", type: "t", rules: [A, B], ...fields });

describe("the fields in which a policy differs", () => {
  // prettier-ignore
  it.each<[says: string, before: ValueMap, after: ValueMap, fields: unknown[]]>([
    ["bookkeeping is no difference",           { updated_at: "x", version: 1 }, { history: [] },            []],
    ["the order of keys is none",              { type: "t", name: "n" },        { name: "n", type: "t" },   []],
    ["a number is not its text",               { note: 1 },                     { note: "1" },              [["note", "", 1, "1"]]],
    ["a default that is written is none",      {},                              { enabled: true, priority: 0, note: 1 }, [["note", "", undefined, 1]]],
    ["a field that came",                      {},                              { priority: 2 },            [["priority", "", undefined, 2]]],
    ["a field that went",                      { priority: 2 },                 {},                         [["priority", "", 2, undefined]]],
    ["a field of a rule",                      {},                              { rules: [A, { ...B, action: "log" }] }, [["rules[1].action", "b", "deny", "log"]]],
    ["a key of a match",                       { rules: [{ ...A, match: { x: 1, y: 1 } }] }, { rules: [{ ...A, match: { x: 2, y: 1 } }] }, [["rules[0].match.x", "a", 1, 2]]],
    ["a rule that came first moves no other",  {},                              { rules: [{ id: "z", action: "log" }, A, B] }, [["rules[0]", "z", undefined, { id: "z", action: "log" }]]],
    ["a rule that went",                       {},                              { rules: [B] },             [["rules[0]", "a", A, undefined]]],
    ["rules that changed places",              {},                              { rules: [B, A] },          [["rules[0].position", "b", 1, 0], ["rules[1].position", "a", 0, 1]]],
    ["a rule without id has its position",     { rules: [C] },                  { rules: [{ ...C, enabled: false }] }, [["rules[0].enabled", "0", undefined, false]]],
  ])("%s", (_says, before, after, fields) => {
    const [difference] = diffPolicies([policy(before)], [policy(after)]);
    const found = (difference?.fields ?? []).map((field) => [
      ...[field.path, field.ruleId, field.before, field.after],
    ]);
    expect(found).toEqual(fields);
  });
});

it("a policy that is in one set only is told whole, by id", () => {
  const [z, a] = [policy({ id: "z" }), policy({ id: "a" })];
  expect(diffPolicies([z], [a])).toEqual([
    { policyId: "a", after: a, fields: [] },
    { policyId: "z", before: z, fields: [] },
  ]);
});
