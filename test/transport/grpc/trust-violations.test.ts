import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { struct, type Message } from "../../support/grpc-client.js";
import {
  roundMessages,
  startTrustEngine,
  TRUST_POLICY_SET,
  type TrustEngine,
} from "../../support/trust-service.js";

const CHECK_POLICY = "flopynet.policy.v1.PolicyDecisionService/CheckPolicy";

describe("rules on violations", () => {
  let engine: TrustEngine;
  beforeAll(async () => {
    const violated = (id: string, condition: string) => ({
      ...{ id, action: "deny", condition, parameters: { limit: 3 } },
    });
    const policies = {
      ...TRUST_POLICY_SET.policies,
      // A trust rule by its verb: asked each time, since it reads more than `client.*`.
      many: {
        ...{ name: "many", type: "security" },
        rules: [{ id: "five", action: "exclude_client", condition: "violation.count > 4" }],
      },
      fl: {
        ...{ name: "fl", type: "fl_security" },
        rules: [
          violated("count", "violation.count > limit"),
          violated("severity", "violation.severity == 'critical'"),
        ],
      },
    };
    engine = await startTrustEngine({}, { version: 2, policies });
    const observations = [
      ...roundMessages("run", 1, { bad: {}, worse: {}, c: {}, d: {} }).slice(0, -1),
      {
        ...{ run_id: "run", round: 1 },
        violation: { client_id: "worse", severity: "VIOLATION_SEVERITY_CRITICAL" },
      },
      { run_id: "run", round: 1, round_closed: {} },
    ];
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
    for (let round = 2; round <= 6; round += 1) {
      const updates = { bad: { alignment: -1 }, c: {}, d: {} };
      const more = roundMessages("run", round, updates);
      await engine.ask("ReportObservations", { observations: more, reporter: "fl-server" });
    }
  });
  afterAll(() => engine.stop());

  // prettier-ignore
  it.each<[says: string, context: Readonly<Record<string, unknown>>, rules: readonly string[]]>([
    ["read how many a client was found in, refusals by the gate among them", { client_id: "bad" },                                          ["count"]],
    ["and how grave those of its last round were",                           { client_id: "worse" },                                        ["severity"]],
    ["of a client that was good, none",                                      { client_id: "c" },                                            []],
    ["of one never seen, none",                                              { client_id: "stranger" },                                     []],
    ["a caller cannot say otherwise of a client that it names",              { client_id: "worse", violation: { severity: "low", count: 9 } }, ["severity"]],
    ["nor by flat names",                                                    { client_id: "c", "violation.count": 9 },                      []],
    ["and can of none",                                                      { violation: { severity: "low", count: 9 } },                  ["count"]],
  ])("%s", async (_says, context, rules) => {
    const answer = await engine.client.unary(CHECK_POLICY, {
      policy_type: "fl_security",
      context: struct(context),
    });
    const determining = (answer["determining_rules"] ?? []) as Message[];
    const denied = answer["allowed"] === true ? [] : determining.map((rule) => rule["rule_id"]);
    expect(denied).toStrictEqual(rules);
  });

  it("that exclude answer each connection by themselves", async () => {
    expect(await engine.check({ client_id: "bad" })).toMatchObject({
      determining_rules: [{ policy_id: "many", rule_id: "five" }, { policy_id: "trust" }],
    });
    expect(await engine.check({ client_id: "c" })).toMatchObject({ allowed: true });
  });
});
