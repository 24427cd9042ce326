import { describe, expect, it } from "vitest";
import { decide, decideByReference } from "../../src/core/decide.js";
import type { Decision, RuleRef } from "../../src/core/decision.js";
import type { Policy } from "../../src/core/policy.js";
import type { Effect } from "../../src/core/verbs.js";
import { accessRequest } from "../../src/core/request.js";
import { policy, rule, snapshot } from "../support/rules.js";

type Row = [says: string, policies: Policy[], answer: string];

/** `allowed by a/0`, `explicit by a/0 b/1 erring a/2 obliged a/3`: the answer on one line. */
function answerOf(decision: Decision): string {
  const refs = (list: readonly RuleRef[]) => list.map((ref) => `${ref.policyId}/${ref.ruleId}`);
  const part = (word: string, list: string[]) => (list.length > 0 ? [word, ...list] : []);
  return [
    decision.allowed ? `allowed${decision.denyKind ?? ""}` : (decision.denyKind ?? "denied"),
    ...part("by", refs(decision.determiningRules)),
    ...part("erring", refs(decision.erringRules.map((error) => error.rule))),
    ...part("obliged", refs(decision.obligations.map((obligation) => obligation.rule))),
  ].join(" ");
}

/** What the index answers, which has to be what the definition does. */
function ask(
  policies: readonly Policy[],
  policyType: string,
  attributes = {},
  unknownTypeEffect: Effect = "permit",
): Decision {
  const set = snapshot(policies, { unknownTypeEffect });
  const request = accessRequest(policyType, attributes);
  const decision = decide(set, request);
  expect(decideByReference(set, request)).toStrictEqual(decision);
  return decision;
}

const FIRST = { combining: "first-applicable" } as const;
const DENY_OVER = { combining: "deny-overrides" } as const;
const PERMIT_OVER = { combining: "permit-overrides" } as const;
const SKIP = { onError: "skip" } as const;
const DENY = { onError: "deny" } as const;

describe("network_security: first-applicable, default deny, an erring rule denies", () => {
  // prettier-ignore
  it.each<Row>([
    ["nothing applied: default deny",                       [policy("a", "allow- deny-")],                                         "default"],
    ["the first rule that applies answers",                 [policy("a", "allow- deny allow")],                                    "explicit by a/1"],
    ["a later deny does not matter",                        [policy("a", "allow deny")],                                           "allowed by a/0"],
    ["a rule that is switched off has no say",              [policy("a", "deny# allow")],                                          "allowed by a/1"],
    ["a policy that is disabled has no say",                [policy("a", "allow", { enabled: false })],                            "default"],
    ["an erring deny rule stops the walk",                  [policy("a", "deny! allow")],                                          "error by a/0 erring a/0"],
    ["an erring allow rule stops it too",                   [policy("a", "allow! allow")],                                         "error by a/0 erring a/0"],
    ["an error behind the determining rule is not reached", [policy("a", "allow deny!")],                                          "allowed by a/0"],
    ["on_error SKIP goes on and reports",                   [policy("a", "deny! allow", SKIP)],                                    "allowed by a/1 erring a/0"],
    ["a parameter rule never ends the walk",                [policy("a", "configure allow")],                                      "allowed by a/1 obliged a/0"],
    ["a record rule never ends the walk",                   [policy("a", "log allow")],                                            "allowed by a/1 obliged a/0"],
    ["an erring parameter rule is only reported",           [policy("a", "configure! log! allow")],                                "allowed by a/2 erring a/0 a/1"],
    ["obligations behind the determining rule do not count", [policy("a", "allow configure log")],                                 "allowed by a/0"],
    ["obligations come with a denial",                      [policy("a", "configure deny")],                                       "explicit by a/1 obliged a/0"],
    ["obligations come with a default",                     [policy("a", "configure")],                                            "default obliged a/0"],
    ["the higher tier answers first",                       [policy("a", "allow", { priority: 1 }), policy("b", "deny", { priority: 2 })], "explicit by b/0"],
    ["an inapplicable tier passes on",                      [policy("a", "allow", { priority: 1 }), policy("b", "deny- log", { priority: 2 })], "allowed by a/0 obliged b/1"],
    ["an error in the higher tier answers",                 [policy("a", "allow", { priority: 1 }), policy("b", "deny!", { priority: 2 })], "error by b/0 erring b/0"],
    ["tiers below the deciding one are not reached",        [policy("a", "log deny!", { priority: 1 }), policy("b", "allow", { priority: 2 })], "allowed by b/0"],
    ["all policies of the deciding tier are reached",       [policy("a", "allow"), policy("b", "configure! log")],                 "allowed by a/0 erring b/0 obliged b/1"],
    ["in a tier a deny wins over a permit",                 [policy("a", "allow"), policy("b", "deny")],                           "explicit by b/0"],
    ["in a tier an error wins over a permit",               [policy("a", "allow"), policy("b", "allow!")],                         "error by b/0 erring b/0"],
    ["in a tier a deny wins over an error",                 [policy("a", "deny!"), policy("b", "deny")],                           "explicit by b/0 erring a/0"],
    ["a tie names the rules of both, by id",                [policy("b", "allow"), policy("a", "allow")],                          "allowed by a/0 b/0"],
    ["ids are ordered by code unit",                        [policy("a", "allow"), policy("B", "allow"), policy("9", "allow"), policy("10", "allow")], "allowed by 10/0 9/0 B/0 a/0"],
    ["a DENY_OVERRIDES policy reaches all its rules",       [policy("a", "allow log deny configure", DENY_OVER)],                  "explicit by a/2 obliged a/1 a/3"],
    ["a PERMIT_OVERRIDES policy lets a permit win",         [policy("a", "deny allow", PERMIT_OVER)],                              "allowed by a/1"],
    ["an erring allow rule does not count in it",           [policy("a", "allow! deny-", PERMIT_OVER)],                            "default erring a/0"],
    ["default_effect PERMIT never weakens the row",         [policy("a", "allow-", { defaultEffect: "permit" })],                  "default"],
  ])("%s", (_says, policies, answer) => {
    expect(answerOf(ask(policies, "network_security"))).toBe(answer);
    expect(answerOf(ask(policies.toReversed(), "network_security"))).toBe(answer);
  });
});

describe("every other type: deny-overrides, default permit, an erring rule is skipped and reported", () => {
  const other = (id: string, words: string, overrides: Partial<Policy> = {}) =>
    policy(id, words, { type: "fl_client_training", ...overrides });
  // prettier-ignore
  it.each<Row>([
    ["nothing applied: default permit",                    [other("a", "deny-")],                                                  "allowed"],
    ["a deny behind an allow denies",                      [other("a", "allow deny")],                                             "explicit by a/1"],
    ["all applied deny rules determine",                   [other("a", "deny allow deny"), other("b", "deny")],                    "explicit by a/0 a/2 b/0"],
    ["all applied allow rules determine",                  [other("a", "allow allow- allow")],                                     "allowed by a/0 a/2"],
    ["an erring deny rule is skipped and reported",        [other("a", "deny! allow")],                                            "allowed by a/1 erring a/0"],
    ["every erring rule is reported, of any verb class",   [other("a", "deny! allow! configure! log!")],                           "allowed erring a/0 a/1 a/2 a/3"],
    ["on_error DENY makes an erring deny rule an error",   [other("a", "allow deny!", DENY)],                                      "error by a/1 erring a/1"],
    ["on_error DENY leaves an erring allow rule alone",    [other("a", "allow! allow", DENY)],                                     "allowed by a/1 erring a/0"],
    ["a deny wins over an error of the same policy",       [other("a", "deny! deny", DENY)],                                       "explicit by a/1 erring a/0"],
    ["a deny wins over an error of another policy",        [other("a", "deny!", DENY), other("b", "deny")],                        "explicit by b/0 erring a/0"],
    ["an error wins over a permit of higher priority",     [other("a", "deny!", DENY), other("b", "allow", { priority: 9 })],      "error by a/0 erring a/0"],
    ["priority does not weaken a deny",                    [other("a", "deny"), other("b", "allow", { priority: 9 })],             "explicit by a/0"],
    ["determining rules are listed by priority",           [other("a", "deny"), other("b", "deny", { priority: 9 })],              "explicit by b/0 a/0"],
    ["default_effect DENY answers when nothing applied",   [other("a", "allow-", { defaultEffect: "deny" })],                      "default"],
    ["one policy that says DENY is enough",                [other("a", "allow-", { defaultEffect: "permit" }), other("b", "deny-", { defaultEffect: "deny" })], "default"],
    ["a disabled policy does not say it",                  [other("a", "allow-"), other("b", "", { defaultEffect: "deny", enabled: false })], "allowed"],
    ["default_effect does not matter when a rule applied", [other("a", "allow", { defaultEffect: "deny" })],                       "allowed by a/0"],
    ["a FIRST_APPLICABLE policy stops",                    [other("a", "allow log deny configure", FIRST)],                        "allowed by a/0"],
    ["in it, on_error DENY stops at an erring allow rule", [other("a", "allow! deny", { ...FIRST, ...DENY })],                     "error by a/0 erring a/0"],
    ["its permit does not weaken another policy's deny",   [other("a", "allow deny", FIRST), other("b", "deny")],                  "explicit by b/0"],
    ["a PERMIT_OVERRIDES policy says permit",              [other("a", "deny deny! allow", { ...PERMIT_OVER, ...DENY })],          "allowed by a/2 erring a/1"],
    ["it says deny before error",                          [other("a", "deny! deny", { ...PERMIT_OVER, ...DENY })],                "explicit by a/1 erring a/0"],
  ])("%s", (_says, policies, answer) => {
    expect(answerOf(ask(policies, "fl_client_training"))).toBe(answer);
    expect(answerOf(ask(policies.toReversed(), "fl_client_training"))).toBe(answer);
  });
});

describe("trust rules", () => {
  const trust = { ...rule("exclude_client!"), isTrustRule: true };
  const security = (overrides: Partial<Policy> = {}) =>
    [
      policy("a", "", { type: "security", rules: [trust, rule("deny!", 1)], ...overrides }),
    ] as const;

  // prettier-ignore
  it.each<[says: string, policies: readonly Policy[], type: string, attributes: object, answer: string]>([
    ["a failing deny rule of trust_reputation denies",       [policy("a", "deny!", { type: "trust_reputation" })], "trust_reputation", {}, "error by a/0 erring a/0"],
    ["trust_reputation permits by default",                  [policy("a", "deny-", { type: "trust_reputation" })], "trust_reputation", {}, "allowed"],
    ["a failing trust rule of security denies a named client, and no other rule does", security(), "security", { client_id: "c" }, "error by a/0 erring a/0 a/1"],
    ["without a client it is skipped and reported",          security(),                "security", {},                 "allowed erring a/0 a/1"],
    ["a trust rule of another type is skipped and reported", [policy("a", "", { type: "fl_security", rules: [trust] })], "fl_security", { client_id: "c" }, "allowed erring a/0"],
    ["the policy's own on_error wins",                       security({ onError: "skip" }), "security", { client_id: "c" }, "allowed erring a/0 a/1"],
  ])("%s", (_says, policies, type, attributes, answer) => {
    expect(answerOf(ask(policies, type, attributes))).toBe(answer);
  });
});

describe("a type that no enabled policy has", () => {
  // prettier-ignore
  it.each<[says: string, type: string, unknownTypeEffect: "permit" | "deny", answer: string, hint?: string]>([
    ["network_security denies",               "network_security", "permit", "default"],
    ["every other type permits",              "fl_new",           "permit", "allowed"],
    ["UNKNOWN_POLICY_TYPE=deny tightens it",  "fl_new",           "deny",   "default"],
    ["types are compared with case",          "FL_security",      "deny",   "default", ": was `fl_security` meant?"],
    ["types are compared with dashes",        "fl-security",      "permit", "allowed", ": was `fl_security` meant?"],
    ["types are compared with blanks",        " fl_security ",    "permit", "allowed", ": was `fl_security` meant?"],
    ["a type near that of connections is another", "Network-Security", "permit", "allowed", ": was `network_security` meant?"],
    ["a name of Object is no type",           "constructor",      "deny",   "default"],
  ])("%s", (_says, type, unknownTypeEffect, answer, hint = "") => {
    const policies = [policy("a", "allow", { type: "fl_security" })];
    const decision = ask(policies, type, {}, unknownTypeEffect);
    expect(answerOf(decision)).toBe(answer);
    expect(decision.policyTypeKnown).toBe(false);
    expect(decision.reason).toBe(
      `${decision.allowed ? "allowed" : "denied"} by default: no enabled policy has the type \`${type}\`${hint}`,
    );
  });
});

describe("a policy with executable code", () => {
  const coded = policy("f", "", {
    type: "fl_security",
    onError: "deny",
    rules: [{ ...rule("deny"), unevaluable: "executable code is never run" }],
  });
  it("errs on every request", () => {
    expect(
      answerOf(ask([coded, policy("a", "allow", { type: "fl_security" })], "fl_security")),
    ).toBe("error by f/0 erring f/0");
  });
  it("gives way to a deny of another policy", () => {
    expect(
      answerOf(ask([coded, policy("a", "deny", { type: "fl_security" })], "fl_security")),
    ).toBe("explicit by a/0 erring f/0");
  });
});

describe("the reason", () => {
  // prettier-ignore
  it.each<Row>([
    ["names the rule and says what it is for", [policy("a", "", { rules: [{ ...rule("deny"), description: "No guests" }] })], "denied by rule `0` (deny) of policy `a`: No guests"],
    ["of a permit names the rule",             [policy("a", "allow")],  "allowed by rule `0` (allow) of policy `a`"],
    ["of an error says what was missing",      [policy("a", "deny!")],  "denied because rule `0` (deny) of policy `a` could not be evaluated: attribute `nowhere` is missing"],
    ["of an error is about the rule that denied", [policy("a", "", { rules: [rule("configure!"), { ...rule("deny", 1), unevaluable: "executable code is never run" }] })], "denied because rule `1` (deny) of policy `a` could not be evaluated: executable code is never run"],
    ["of two policies names the one that answered", [policy("a", "allow"), policy("b", "deny")], "denied by rule `0` (deny) of policy `b`"],
    ["of a default counts what was skipped",   [policy("a", "allow! deny! log!", SKIP)], "denied by default: no allow or deny rule of type `network_security` applied (could not evaluate rule `0` (allow) of policy `a` and 2 more: attribute `nowhere` is missing)"],
    ["of a default says so",                   [policy("a", "allow-")], "denied by default: no allow or deny rule of type `network_security` applied"],
    ["of a default names what was skipped",    [policy("a", "allow!", SKIP)], "denied by default: no allow or deny rule of type `network_security` applied (could not evaluate rule `0` (allow) of policy `a`: attribute `nowhere` is missing)"],
  ])("%s", (_says, policies, reason) => {
    expect(ask(policies, "network_security").reason).toBe(reason);
  });

  it("of a permit by default says that too", () => {
    const policies = [policy("a", "deny-", { type: "fl_security" })];
    expect(ask(policies, "fl_security").reason).toBe(
      "allowed by default: no allow or deny rule of type `fl_security` applied",
    );
  });
});

describe("a combining algorithm that is none, which no policy file can say", () => {
  const UNKNOWN = { combining: "deny-overr\u0131des" } as unknown as Pick<Policy, "combining">;

  // prettier-ignore
  it.each<Row>([
    ["lets through nothing that its rules allow", [policy("a", "allow", UNKNOWN)],                           "error"],
    ["lets through nothing that others allow",    [policy("a", "deny", UNKNOWN), policy("b", "allow")],      "error"],
    ["takes no denial of others away",            [policy("a", "allow", UNKNOWN), policy("b", "deny")],      "explicit by b/0"],
  ])("%s", (_says, policies, answer) => {
    const ofType = policies.map((one) => ({ ...one, type: "fl_security" }));
    expect(answerOf(ask(ofType, "fl_security"))).toBe(answer);
  });
});
