import { describe, expect, it } from "vitest";
import { nearestVerb, VERB_CLASSES, type VerbClass } from "../../src/core/verbs.js";

// prettier-ignore
const CLASSES: [VerbClass, string[]][] = [
  ["deny", ["deny", "block", "reject", "forbid", "quarantine", "isolate", "suspend", "exclude_client", "reject_update"]],
  ["allow", ["allow", "permit", "grant", "authorize", "accept"]],
  ["parameter", [
    "configure", "modify", "adjust", "tune", "set", "throttle", "limit", "restrict", "prioritize", "boost", "elevate",
    "filter", "select", "choose", "enforce", "apply", "implement", "retry", "repeat", "reattempt", "checkpoint", "save",
    "backup", "failover", "fallback", "redirect", "rate_limit", "distribute", "reroute", "scale", "weight_reduction",
  ]],
  ["record", [
    "log", "audit", "record", "track", "monitor", "watch", "observe", "inspect", "verify", "validate", "check",
    "confirm", "simulate", "test", "mock", "alert", "evaluate_trust",
  ]],
];

describe("the verb table", () => {
  it.each(CLASSES.flatMap(([verbClass, verbs]) => verbs.map((verb) => [verb, verbClass] as const)))(
    "%s is of the class %s",
    (verb, verbClass) => {
      expect(VERB_CLASSES.get(verb)).toBe(verbClass);
    },
  );

  it("has no other verb", () => {
    expect([...VERB_CLASSES.keys()].sort()).toEqual(CLASSES.flatMap(([, verbs]) => verbs).sort());
  });

  it.each(["dney", "drop", "Deny", "", "constructor", "__proto__"])("does not know %j", (word) => {
    expect(VERB_CLASSES.has(word)).toBe(false);
  });
});

describe("nearestVerb", () => {
  // prettier-ignore
  it.each<[says: string, written: string, meant: string | undefined]>([
    ["swapped neighbours",         "dney", "deny"],
    ["a missing letter",           "alow", "allow"],
    ["a doubled letter",           "blockk", "block"],
    ["another letter",             "permot", "permit"],
    ["another case",               "DENY", "deny"],
    ["a hyphen",                   "rate-limit", "rate_limit"],
    ["another ending",             "excludeclient", "exclude_client"],
    ["nothing near",               "frobnicate", undefined],
    ["nothing at all",             "", undefined],
    ["a text of any length",       "deny".repeat(100_000), undefined],
  ])("%s", (_says, written, meant) => {
    expect(nearestVerb(written)).toBe(meant);
  });
});
