import { describe, expect, it } from "vitest";
import type { ClientStanding, Decision } from "../../src/core/decision.js";
import { type Asked, netPolicy, trustDecision, trustPolicy } from "../support/trust-decisions.js";

const LOW = { id: "low", action: "exclude_client", condition: "client.trust_score < 0.3" };
const HALF = {
  ...{ id: "half", action: "weight_reduction", condition: "client.trust_score < 0.6" },
  parameters: { weight_multiplier: 0.5, note: "look after it" },
};
/** Asked at each request, since it reads what the caller sends. */
const ON_PORT = {
  ...{ id: "port", action: "deny", match: { dst_port: 9000 } },
  condition: "client.trust_score < 0.9",
};
const ERRING = { id: "erring", action: "exclude_client", condition: "client.factors.none < 1" };

const EXCLUDED: Partial<ClientStanding> = {
  ...{ state: "EXCLUDED", trustScore: 0.2, weightMultiplier: 0 },
};
const REDUCED: Partial<ClientStanding> = {
  ...{ state: "REDUCED", trustScore: 0.5, weightMultiplier: 0.5 },
};
const LITERAL: Partial<ClientStanding> = { isLiteral: true, trustScore: 0.2 };
const PORT = { dst_port: 9000 };

/** `allowed`, or the kind of denial with the rules that made it; what erred after `!`. */
function said({ allowed, denyKind, determiningRules, erringRules }: Decision): string {
  const denied = determiningRules.map(({ ruleId }) => ruleId).join(" ");
  const erred = erringRules.map(({ rule }) => ` !${rule.ruleId}`).join("");
  return `${allowed ? "allowed" : `${denyKind ?? ""}: ${denied}`}${erred}`;
}

describe("a connection that the network allows is", () => {
  // prettier-ignore
  it.each<[says: string, rules: readonly object[], asked: Asked, answer: string]>([
    ["denied to an EXCLUDED client", [LOW, HALF], { client: EXCLUDED }, "not_trusted: low"],
    ["allowed to an EXCLUDED client where no rule drives states", [ON_PORT], { client: EXCLUDED }, "allowed"],
    ["denied to an EXCLUDED client where rules only reduce, by none of them", [HALF], { client: EXCLUDED }, "not_trusted: "],
    ["allowed to a client that is not, whatever its score", [LOW], { client: { ...REDUCED, trustScore: 0.1 } }, "allowed"],
    ["allowed to an ACTIVE client, whatever its score", [LOW], { client: { trustScore: 0.1 } }, "allowed"],
    ["denied by a rule that answers each request", [ON_PORT], { context: PORT }, "not_trusted: port"],
    ["allowed where that rule is about another one", [ON_PORT], { context: { dst_port: 9001 } }, "allowed"],
    ["denied by a rule for each request and the state, in the order of the rules", [ON_PORT, LOW], { client: EXCLUDED, context: PORT }, "not_trusted: port low"],
    ["denied by the results of all rules where the model has no states", [LOW], { client: LITERAL }, "not_trusted: low"],
    ["allowed there, whatever the state, where none holds", [LOW], { client: { ...EXCLUDED, isLiteral: true, trustScore: 0.4 } }, "allowed"],
    ["denied by all rules for each request that hold", [ON_PORT, { ...ON_PORT, id: "other" }], { context: PORT }, "not_trusted: port other"],
    ["denied to an EXCLUDED client by the rule whose threshold itself is meant, and not by one that is below", [{ ...LOW, condition: "client.trust_score <= 0.2" }, { ...LOW, id: "lower", condition: "client.trust_score < 0.2" }], { client: EXCLUDED }, "not_trusted: low"],
    ["denied to an EXCLUDED client by rules that compare no score as well", [{ ...LOW, id: "upper", condition: "client.trust_upper < 0.3" }, LOW, { ...LOW, id: "lower", condition: "client.trust_score < 0.1" }], { client: EXCLUDED }, "not_trusted: upper low"],
    ["denied by a rule that errs", [ERRING], {}, "error: erring !erring"],
    ["denied by the one that errs and no other", [LOW, ERRING, ON_PORT], {}, "error: erring !erring"],
    ["denied by two that err, in the order of the rules", [{ ...ON_PORT, condition: "strikes > 3 && client.trust_score < 1" }, ERRING], { context: PORT }, "error: port erring !port !erring"],
    ["denied for the exclusion rather than for an error, which is told", [ERRING, LOW], { client: EXCLUDED }, "not_trusted: low !erring"],
    ["allowed beside a reduction that errs, which is told", [{ ...ERRING, action: "weight_reduction" }], {}, "allowed !erring"],
    ["denied to an EXCLUDED client by rules that hold, and not by one that errs", [{ ...LOW, condition: "client.factors.none < 1 || client.trust_score < 0.1" }, HALF], { client: EXCLUDED }, "not_trusted:  !low"],
    ["denied where a rule names what the client is not known by and the caller does not send", [{ ...LOW, condition: "client.device == 'x' || client.trust_score < 0.1" }], {}, "error: low !low"],
    ["allowed where the caller sends that", [{ ...LOW, condition: "client.device == 'x' || client.trust_score < 0.1" }], { context: { "client.device": "y" } }, "allowed"],
  ])("%s", (_says, rules, asked, answer) => {
    expect(said(trustDecision([trustPolicy(rules)], asked).decision)).toBe(answer);
  });

  it("allowed where the policy skips errors, which are told", () => {
    const { decision } = trustDecision([trustPolicy([ERRING], { on_error: "SKIP" })]);
    expect(said(decision)).toBe("allowed !erring");
  });

  it("denied by the policy that denies, beside one that only errs, which is told", () => {
    const erring = { ...ON_PORT, id: "errs", condition: "strikes > 3 && client.trust_score < 1" };
    const policies = [trustPolicy([erring], { id: "a" }), trustPolicy([ON_PORT], { id: "b" })];
    const { decision } = trustDecision(policies, { context: PORT });
    expect(said(decision)).toBe("not_trusted: port !errs");
    expect(decision.reason).toContain("rule `port` (deny) of policy `b`");
  });

  it("denied by rules of several policies, those of the higher priority first", () => {
    const policies = [
      trustPolicy([{ ...LOW, id: "second" }], { priority: 1 }),
      trustPolicy(
        [
          { ...LOW, id: "first" },
          { ...ON_PORT, id: "last" },
        ],
        { id: "a", priority: 2 },
      ),
    ];
    const { decision } = trustDecision(policies, { client: EXCLUDED, context: PORT });
    expect(said(decision)).toBe("not_trusted: first last second");
  });
});

describe("a connection that the network denies", () => {
  const net = netPolicy([{ id: "telnet", action: "deny", match: { dst_port: 23 } }]);
  const context = { dst_port: 23 };

  it("stays denied for the same reason, beside what the trust rules say", () => {
    const { decision, alone } = trustDecision([trustPolicy([LOW])], {
      net,
      context,
      client: EXCLUDED,
    });
    expect(said(decision)).toBe("explicit: telnet low");
    expect(decision.reason).toBe(
      `${alone.reason}; besides, the client is excluded: trust score 0.200, threshold 0.3, rule \`low\` (exclude_client) of policy \`trust\``,
    );
  });

  it("stays as it is where they say nothing", () => {
    const { decision, alone } = trustDecision([trustPolicy([ON_PORT])], { net, context });
    expect(decision).toEqual(alone);
  });
});

describe("the reason", () => {
  // prettier-ignore
  it.each<[says: string, rules: readonly object[], asked: Asked, reason: string]>([
    ["of an exclusion has score, threshold and rule", [LOW], { client: EXCLUDED }, "the client is excluded: trust score 0.200, threshold 0.3, rule `low` (exclude_client) of policy `trust`"],
    ["of one by another condition has that", [{ ...LOW, condition: "client.trust_upper < 0.3" }], { client: EXCLUDED }, "the client is excluded: trust score 0.200, `client.trust_upper < 0.3`, rule `low` (exclude_client) of policy `trust`"],
    ["of one at the threshold says that it is to be admitted again", [LOW], { client: { ...EXCLUDED, trustScore: 0.3 } }, "the client is excluded: trust score 0.300, threshold 0.3 (and excluded until it is admitted again), rule `low` (exclude_client) of policy `trust`"],
    ["of one at a threshold that is meant itself has that", [{ ...LOW, condition: "client.trust_score <= 0.3" }], { client: { ...EXCLUDED, trustScore: 0.3 } }, "the client is excluded: trust score 0.300, threshold 0.3, rule `low` (exclude_client) of policy `trust`"],
    ["of one above such a threshold says that it is to be admitted again", [{ ...LOW, condition: "client.trust_score <= 0.3" }], { client: { ...EXCLUDED, trustScore: 0.35 } }, "the client is excluded: trust score 0.350, threshold 0.3 (and excluded until it is admitted again), rule `low` (exclude_client) of policy `trust`"],
    ["of one where rules only reduce has the score", [HALF], { client: EXCLUDED }, "the client is excluded: trust score 0.200"],
    ["of a denial by a rule's own result has score, condition and rule", [ON_PORT], { context: PORT }, "the client is not trusted: trust score 0.800, `client.trust_score < 0.9`, rule `port` (deny) of policy `trust`"],
    ["of one without a condition has the score and the rule", [{ id: "none", action: "exclude_client", match: { dst_port: 9000 } }], { context: PORT }, "the client is not trusted: trust score 0.800, rule `none` (exclude_client) of policy `trust`"],
    ["of an error has the rule and what went wrong", [ERRING], {}, "denied because rule `erring` (exclude_client) of policy `trust` could not be evaluated for the client: attribute `client.factors.none` is missing"],
  ])("%s", (_says, rules, asked, reason) => {
    expect(trustDecision([trustPolicy(rules)], asked).decision.reason).toBe(reason);
  });

  it("of a permission is the network's", () => {
    const { decision, alone } = trustDecision([trustPolicy([HALF])], { client: REDUCED });
    expect(decision.reason).toBe(alone.reason);
  });
});

describe("the weight", () => {
  const PARAMETERS = { weight_multiplier: 0.25 };
  const weigh = { id: "weigh", action: "weight_reduction", match: { dst_port: 9000 } };
  const configure = (parameters: object) =>
    netPolicy([
      { id: "set", action: "configure", match: { protocol: "tcp" }, parameters },
      { id: "tcp", action: "allow", match: { protocol: "tcp" } },
    ]);

  // prettier-ignore
  it.each<[says: string, rules: readonly object[], asked: Asked, parameters: object | undefined]>([
    ["of a REDUCED client is told", [HALF], { client: REDUCED }, { weight_multiplier: 0.5 }],
    ["of a REDUCED client is told by the rules that drive states alone", [ON_PORT], { client: REDUCED }, undefined],
    ["of an ACTIVE client is not told", [HALF, ON_PORT], {}, undefined],
    ["of an EXCLUDED client is not told: it is denied", [LOW], { client: EXCLUDED }, undefined],
    ["of a rule for each request is told", [{ ...weigh, parameters: PARAMETERS }], { context: PORT }, PARAMETERS],
    ["is the smaller of both", [HALF, { ...weigh, parameters: PARAMETERS }], { client: REDUCED, context: PORT }, PARAMETERS],
    ["is the smaller of both, whichever it is", [HALF, { ...weigh, parameters: { weight_multiplier: 0.75 } }], { client: REDUCED, context: PORT }, { weight_multiplier: 0.5 }],
    ["is not that of advice", [{ id: "advice", action: "evaluate_trust", match: { dst_port: 9000 }, parameters: PARAMETERS }], { context: PORT }, undefined],
    ["is none where a rule names none", [weigh], { context: PORT }, undefined],
    ["comes beside the network's parameters", [HALF], { client: REDUCED, net: configure({ qos: 1 }) }, { qos: 1, weight_multiplier: 0.5 }],
    ["is the network's where that is smaller", [HALF], { client: REDUCED, net: configure({ weight_multiplier: 0.1 }) }, { weight_multiplier: 0.1 }],
    ["is not the network's where that is larger", [HALF], { client: REDUCED, net: configure({ weight_multiplier: 0.9 }) }, { weight_multiplier: 0.5 }],
    ["is not the network's where that is no number", [HALF], { client: REDUCED, net: configure({ weight_multiplier: "little" }) }, { weight_multiplier: 0.5 }],
    ["leaves the network's parameters alone where there is none", [ON_PORT], { net: configure({ weight_multiplier: 0.9 }) }, { weight_multiplier: 0.9 }],
    ["where the model has no states is that of the rules that hold", [HALF], { client: { ...LITERAL, weightMultiplier: 0.1 } }, { weight_multiplier: 0.5 }],
  ])("%s", (_says, rules, asked, parameters) => {
    const { decision } = trustDecision([trustPolicy(rules)], asked);
    expect(decision.parameters).toEqual(parameters);
  });

  // prettier-ignore
  it.each<[says: string, rules: readonly object[], rule: string, parameters: object]>([
    ["of the first rule that reduces, with its other parameters", [LOW, HALF, { ...HALF, id: "quarter" }], "half", { weight_multiplier: 0.4, note: "look after it" }],
    ["of the first rule that drives states where none reduces", [LOW, { ...LOW, id: "lower" }], "low", { weight_multiplier: 0.4 }],
  ])("is an obligation %s", (_says, rules, rule, parameters) => {
    const client = { ...REDUCED, weightMultiplier: 0.4 };
    const { decision } = trustDecision([trustPolicy(rules)], { client });
    expect(decision.obligations).toMatchObject([
      { rule: { policyId: "trust", ruleId: rule }, action: "weight_reduction", advice: false },
    ]);
    expect(decision.obligations[0]?.parameters).toEqual(parameters);
  });

  it("comes after the obligations of the network and of rules for each request", () => {
    const net = configure({ qos: 1 });
    const rules = [HALF, { ...weigh, parameters: PARAMETERS }];
    const asked = { net, client: REDUCED, context: PORT };
    const { decision } = trustDecision([trustPolicy(rules)], asked);
    expect(decision.obligations.map(({ rule }) => rule.ruleId)).toEqual(["set", "weigh", "half"]);
  });
});

describe("what is asked again", () => {
  it.each<[says: string, rules: readonly object[], client: Partial<ClientStanding>]>([
    ["is the network's answer where nothing is asked of a trusted client", [LOW, HALF], {}],
    ["is the network's answer where there is no trust rule", [], EXCLUDED],
  ])("%s", (_says, rules, client) => {
    const { decision, alone } = trustDecision([trustPolicy(rules)], { client });
    expect(decision).toBe(alone);
  });

  it("is put in words once where no rule is asked about the request", () => {
    const { decision, again } = trustDecision([trustPolicy([LOW])], { client: EXCLUDED });
    expect(again).toBe(decision);
  });

  it("is so, too, where none that is asked has a matching target", () => {
    const { decision, again } = trustDecision([trustPolicy([LOW, ON_PORT])], { client: EXCLUDED });
    expect(again).toBe(decision);
  });

  it("is put in words anew where one is asked", () => {
    const asked = { client: EXCLUDED, context: PORT };
    const { decision, again } = trustDecision([trustPolicy([LOW, ON_PORT])], asked);
    expect(again).not.toBe(decision);
    expect(again).toEqual(decision);
  });
});
