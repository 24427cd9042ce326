import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../../src/adapters/policy-files/policy-file-source.js";
import type { LoadedPolicySet } from "../../../src/application/ports/policy-source.js";
import { setOf } from "../../support/policy-texts.js";

async function load(file: string): Promise<LoadedPolicySet> {
  const conditionCompiler = createConditionCompiler();
  return setOf(await createPolicyFileSource({ file, conditionCompiler }).load());
}

describe("FLOPY-NET's own files, as they are", () => {
  const flopynet = load("test/fixtures/flopynet/policies.json");

  it("load: 20 policies with 103 rules, 48 of them with a condition", async () => {
    const { policies, fileVersion } = await flopynet;
    const rules = policies.flatMap(({ policy }) => policy.rules);
    expect([policies.length, rules.length, fileVersion]).toEqual([20, 103, 2]);
    expect(rules.filter(({ condition }) => condition !== undefined)).toHaveLength(48);
  });

  it("take every policy from the main file, which has all ids of the defaults", async () => {
    const { policies } = await flopynet;
    expect(new Set(policies.map(({ source }) => source))).toEqual(new Set(["file"]));
  });

  it("are warned about where a rule reads the parameter of another", async () => {
    const { issues, file } = await flopynet;
    const found = issues
      .filter((issue) => issue.file === file)
      .map(({ severity, path, message }) => [severity, path, /`(\w+)`/.exec(message)?.[1]]);
    expect(found).toEqual([
      ["warning", "policies.security-enhanced-012.rules[3]", "high_threat_threshold"],
      ["warning", "policies.time-based-013.rules[2]", "business_start"],
      ["warning", "policies.time-based-013.rules[2]", "business_end"],
    ]);
  });
});

describe("the shipped files", () => {
  const shipped = load("policies/policies.json");
  const typed = async (type: string): Promise<LoadedPolicySet["policies"]> =>
    (await shipped).policies.filter(({ policy }) => policy.type === type);

  it("load without a warning", async () => {
    expect((await shipped).issues).toEqual([]);
  });

  it("describe every policy and rule, and give every rule an id of its own", async () => {
    const { policies } = await shipped;
    const rules = policies.flatMap(({ policy }) => policy.rules);
    const described = [...policies.map(({ policy }) => policy), ...rules];
    expect(described.filter(({ description }) => description === "")).toEqual([]);
    expect(rules.filter(({ id, index }) => id === String(index))).toEqual([]);
  });

  it.each(["network_security", "fl_performance", "trust_reputation", "security"])(
    "have an example of the documented type %s",
    async (type) => {
      expect((await typed(type)).length).toBeGreaterThan(0);
    },
  );

  it("have the documented trust policy, word for word", async () => {
    const trust = (await typed("security")).find(
      ({ policy }) => policy.name === "trust_based_participation",
    );
    expect(trust?.document["rules"]).toMatchObject([
      { condition: "client.trust_score < 0.3", action: "exclude_client", severity: "high" },
      {
        condition: "client.trust_score < 0.6",
        action: "weight_reduction",
        severity: "medium",
        parameters: { weight_multiplier: 0.5 },
      },
    ]);
  });
});
