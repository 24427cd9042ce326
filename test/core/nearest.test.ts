import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "../../src/core/nearest.js";

const RULE_KEYS = ["id", "action", "description", "match", "condition", "parameters", "severity"];

describe("nearest", () => {
  // prettier-ignore
  it.each<[says: string, text: string, candidates: string[], meant: string | undefined]>([
    ["one letter missing",                           "condtion", RULE_KEYS, "condition"],
    ["neighbours swapped",                           "mathc", RULE_KEYS, "match"],
    ["one edit per three letters is near",           "paramters2", RULE_KEYS, "parameters"],
    ["more is not",                                  "priority", RULE_KEYS, undefined],
    ["a short word may have one edit",               "di", RULE_KEYS, "id"],
    ["but none of its letters may be another",       "x", ["y"], undefined],
    ["the nearest wins",                             "abcdef", ["abcxyf", "abcdeg"], "abcdeg"],
    ["of equally near ones the first wins",          "abc", ["abd", "abe"], "abd"],
    ["the candidate is answered as it is spelt",     "node_ip", ["NODE_IP"], "NODE_IP"],
    ["a letter missing in front is one edit",        "b", ["ab"], "ab"],
    ["a letter too many in front is one edit",       "zabc", ["abc"], "abc"],
    ["two swaps are two edits",                      "badcef", ["abcdef"], "abcdef"],
    ["three are three",                              "badcfe", ["abcdef"], undefined],
    ["two letters replaced by others are no swap",   "wxyzef", ["abcdef"], undefined],
    ["nor where one of them moved on",               "xaycef", ["abcdef"], undefined],
    ["nor where one of them moved back",             "bxdyef", ["abcdef"], undefined],
    ["a text of 64 letters is compared",             "a".repeat(64), ["a".repeat(63)], "a".repeat(63)],
    ["a longer one is not",                          "a".repeat(65), ["a".repeat(64)], undefined],
    ["without candidates there is none",             "deny", [], undefined],
  ])("%s", (_says, text, candidates, meant) => {
    expect(nearest(text, candidates)).toBe(meant);
  });

  // prettier-ignore
  it.each<[says: string, text: string, most: number, meant: string | undefined]>([
    ["as many edits as are allowed",        "dst_prt", 1, "dst_port"],
    ["not one more",                        "dst_host", 1, undefined],
    ["which is near without a bound",       "dst_host", 8, "dst_port"],
  ])("within a bound: %s", (_says, text, most, meant) => {
    expect(nearest(text, ["dst_port"], most)).toBe(meant);
  });

  it("finds a word again after any one edit", () => {
    const edit = fc.tuple(fc.nat({ max: 8 }), fc.constantFrom("", "z"), fc.boolean());
    fc.assert(
      fc.property(edit, ([at, inserted, removes]) => {
        const word = "condition";
        const edited = word.slice(0, at) + inserted + word.slice(removes ? at + 1 : at);
        expect(nearest(edited, RULE_KEYS)).toBe(word);
      }),
    );
  });
});
