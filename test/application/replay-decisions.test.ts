import { describe, expect, it } from "vitest";
import type { ImpactGroup, PolicyImpact } from "../../src/application/policy-impact.js";
import type { ValueMap } from "../../src/core/values.js";
import { type AskedRequest, impactOn, policiesOf } from "../support/impact.js";

const ALLOW_WEB = { id: "web", action: "allow", match: { dst_port: 80 } };
const ALLOW_ALL = { id: "all", action: "allow", match: { protocol: "any" } };
const DENY_TELNET = { id: "telnet", action: "deny", match: { dst_port: 23 } };
const DENY_WEB = { id: "no-web", action: "deny", match: { dst_port: 80 } };
const ERRING = { id: "score", action: "deny", condition: "score < 1" };

const net = (rules: readonly ValueMap[], more: ValueMap = {}): ValueMap => ({
  ...{ id: "net", type: "network_security", rules, ...more },
});
const other = (rules: readonly ValueMap[]): ValueMap => ({ id: "extra", type: "fl", rules });

const WEB = { type: "network_security", attributes: { dst_port: 80 } };
const TELNET = { type: "network_security", attributes: { dst_port: 23 } };
const TRAIN = { type: "fl", attributes: { operation: "train" } };

/** `POLICY/RULE from -> to xCOUNT`. */
function said({ groups }: PolicyImpact): string[] {
  const nameOf = ({ rule }: ImpactGroup): string =>
    rule ? `${rule.policyId}/${rule.ruleId}` : "default";
  return groups.map((group) => `${nameOf(group)} ${group.from} -> ${group.to} x${group.count}`);
}

describe("decisions that come out differently are grouped by the rule that turns them", () => {
  // prettier-ignore
  it.each<[says: string, before: ValueMap[], after: ValueMap[], asked: AskedRequest[], groups: string[]]>([
    ["a new deny rule is named",
      [net([ALLOW_ALL])], [net([DENY_WEB, ALLOW_ALL])], [WEB, TELNET, WEB],
      ["net/no-web allowed -> explicit x2"]],
    ["a new allow rule is named",
      [net([])], [net([ALLOW_WEB])], [WEB, TELNET],
      ["net/web default -> allowed x1"]],
    ["a deny rule that is gone is named, not the old rule that allows now",
      [net([DENY_TELNET, ALLOW_ALL])], [net([ALLOW_ALL])], [WEB, TELNET],
      ["net/telnet explicit -> allowed x1"]],
    ["an allow rule that is gone is named where only the default answers",
      [net([ALLOW_WEB])], [], [WEB],
      ["net/web allowed -> default x1"]],
    ["a rule that is changed is named",
      [net([DENY_TELNET, ALLOW_ALL])], [net([{ ...DENY_TELNET, match: { dst_port: [23, 80] } }, ALLOW_ALL])], [WEB, TELNET],
      ["net/telnet allowed -> explicit x1"]],
    ["a rule of a policy whose priority has changed is named",
      [net([ALLOW_ALL], { priority: 9 }), net([DENY_WEB], { id: "low" })], [net([ALLOW_ALL], { priority: 9 }), net([DENY_WEB], { id: "low", priority: 10 })], [WEB],
      ["low/no-web allowed -> explicit x1"]],
    ["where rules only changed places, the one that decides now is named",
      [net([ALLOW_ALL, DENY_WEB])], [net([DENY_WEB, ALLOW_ALL])], [WEB],
      ["net/no-web allowed -> explicit x1"]],
    ["without any rule it is the default",
      [net([])], [net([]), { id: "strict", type: "fl", default_effect: "DENY", rules: [] }], [TRAIN],
      ["default allowed -> default x1"]],
    ["a rule that cannot be evaluated denies of its own kind",
      [net([ALLOW_ALL])], [net([ERRING, ALLOW_ALL])], [WEB],
      ["net/score allowed -> error x1"]],
    ["the largest group comes first",
      [net([DENY_TELNET, ALLOW_ALL])], [net([DENY_WEB, ALLOW_ALL])], [TELNET, WEB, WEB],
      ["net/no-web allowed -> explicit x2", "net/telnet explicit -> allowed x1"]],
    ["another kind of denial is no flip",
      [net([])], [net([DENY_WEB])], [WEB],
      []],
    ["another rule that allows is no flip",
      [net([ALLOW_WEB])], [net([ALLOW_ALL])], [WEB],
      []],
    ["a policy that is put as it is flips nothing",
      [net([DENY_TELNET, ALLOW_ALL])], [net([DENY_TELNET, ALLOW_ALL])], [WEB, TELNET],
      []],
    ["a change of another type flips nothing",
      [net([ALLOW_ALL])], [net([ALLOW_ALL]), other([{ action: "deny", match: { operation: "train" } }])], [WEB],
      []],
  ])("%s", async (_says, before, after, asked, groups) => {
    const impact = await impactOn(asked, policiesOf(before), policiesOf(after));
    expect(said(impact)).toEqual(groups);
    expect(impact.decided).toBe(asked.length);
    expect(impact.flipped).toBe(impact.groups.reduce((sum, { count }) => sum + count, 0));
  });
});

describe("which decisions are looked at", () => {
  const before = policiesOf([net([ALLOW_ALL])]);
  const after = policiesOf([net([DENY_WEB, ALLOW_ALL])]);
  const seven = Array.from({ length: 7 }, () => WEB);

  it("the newest, and at most 5 of them are examples", async () => {
    const impact = await impactOn(seven, before, after);
    expect(impact).toMatchObject({ decided: 7, flipped: 7, notReplayable: 0 });
    expect(impact.groups[0]?.examples).toEqual(impact.decisionIds.toReversed().slice(0, 5));
  });

  it("as many as asked for", async () => {
    const impact = await impactOn([TELNET, WEB, WEB], before, after, { maxDecisions: 2 });
    expect(impact).toMatchObject({ decided: 2, flipped: 2 });
  });

  it("more than one page of the log", async () => {
    const asked = Array.from({ length: 2500 }, (_, n) => (n % 2 === 0 ? WEB : TELNET));
    expect(await impactOn(asked, before, after)).toMatchObject({ decided: 2500, flipped: 1250 });
  });

  it("none at all", async () => {
    expect(await impactOn([], before, after)).toMatchObject({ decided: 0, flipped: 0, groups: [] });
  });

  it("with the time at which they were asked", async () => {
    const night = (hour: number) => ({ ...WEB, attributes: { dst_port: 80, engine: { hour } } });
    const closed = policiesOf([
      net([{ id: "night", action: "deny", condition: "engine.hour < 6" }, ALLOW_ALL]),
    ]);
    expect(await impactOn([night(3), night(12)], before, closed)).toMatchObject({ flipped: 1 });
  });
});

describe("how the engine was is known of decisions under a set that asked for it", () => {
  const well = { policy_engine: { status: "healthy" } };
  const webOf = (more: ValueMap) => ({ ...WEB, attributes: { dst_port: 80, ...more } });
  const asks = (rule: ValueMap): ValueMap => net([{ id: "e", action: "deny", ...rule }, ALLOW_ALL]);
  const ifWell = asks({ condition: "policy_engine.status == 'healthy'" });

  // prettier-ignore
  it.each<[says: string, asked: AskedRequest, before: ValueMap, after: ValueMap, impact: object]>([
    ["then it is decided again",            webOf(well), ifWell, net([ALLOW_ALL]), { decided: 1, flipped: 1 }],
    ["else a new rule that asks cannot be", webOf({}),   net([ALLOW_ALL]), ifWell, { decided: 0, notReplayable: 1 }],
    ["nor one that matches on it",          webOf({}),   net([ALLOW_ALL]), asks({ match: { "policy_engine.status": "healthy" } }), { decided: 0, notReplayable: 1 }],
    ["but a rule that does not come to it", webOf({}),   net([ALLOW_ALL]), asks({ condition: "dst_port == 1 && policy_engine.status == 'healthy'" }), { decided: 1, flipped: 0 }],
  ])("%s", async (_says, asked, before, after, impact) => {
    const found = await impactOn([asked], policiesOf([before]), policiesOf([after]));
    expect(found).toMatchObject(impact);
  });
});

describe("a redacted decision is decided again only where nothing asks for what is gone", () => {
  const secret = (value: string) => ({
    type: "fl",
    attributes: {
      operation: "train",
      client: { location: value, tier: 1 },
      src_ip: "10.0.0.1",
      devices: [{ serial: value }],
    },
  });
  const deny = (rule: ValueMap): ValueMap => other([{ id: "d", action: "deny", ...rule }]);

  // prettier-ignore
  it.each<[says: string, redact: string, before: ValueMap[], after: ValueMap[], replayable: boolean, flips: number]>([
    ["no rule names it",                         "client.location", [], [deny({ match: { operation: "train" } })],                                            true,  1],
    ["a new rule matches on it",                 "client.location", [], [deny({ match: { "client.location": "x" } })],                                        false, 0],
    ["an active rule matches on it",             "client.location", [deny({ match: { "client.location": "x" } })], [],                                        false, 0],
    ["a condition reads it",                     "client.location", [], [deny({ condition: "client.location == 'x'" })],                                      false, 0],
    ["has() asks for it",                        "client.location", [], [deny({ condition: "has(client.location)" })],                                        false, 0],
    ["a condition reads its sibling",            "client.location", [], [deny({ condition: "client.tier == 1" })],                                            true,  1],
    ["a condition counts what it stood among",   "client.location", [], [deny({ condition: "size(client) == 2" })],                                           false, 0],
    ["a rule that names it cannot match anyway", "client.location", [], [deny({ match: { operation: "test", "client.location": "x" } })],                     true,  0],
    ["a condition that does not come to it",     "client.location", [], [deny({ condition: "operation == 'test' && client.location == 'x'" })],               true,  0],
    ["a parameter of the rule stands before it",  "client.location", [], [deny({ condition: "client.location == 1", parameters: { "client.location": 1 } })],  true,  1],
    ["an address is asked for",                  "src_ip",          [], [deny({ match: { src_ip: "10.0.0.0/8" } })],                                          false, 0],
    ["an address is not asked for",              "src_ip",          [], [deny({ match: { operation: "train" } })],                                            true,  1],
    ["the map around it was left out",           "client",          [], [deny({ condition: "client.tier == 1" })],                                            false, 0],
    ["a list is asked for, inside of which it was", "devices.serial", [], [deny({ condition: "size(devices) == 1" })],                                      false, 0],
    ["such a list is not asked for",             "devices.serial",  [], [deny({ match: { operation: "train" } })],                                            true,  1],
    ["nothing was left out of the request",      "nowhere",         [], [deny({ condition: "has(nowhere) || operation == 'train'" })],                       true,  1],
  ])("%s", async (_says, redact, before, after, replayable, flips) => {
    const options = { redact: [redact] };
    const impact = await impactOn([secret("x")], policiesOf(before), policiesOf(after), options);
    expect(impact).toMatchObject({
      decided: replayable ? 1 : 0,
      notReplayable: replayable ? 0 : 1,
      flipped: flips,
    });
  });
});
