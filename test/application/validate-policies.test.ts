import { describe, expect, it } from "vitest";
import type { PolicyValidation } from "../../src/application/validate-policies.js";
import { policyValidation } from "../support/lint-texts.js";

const validation = policyValidation();
const RULE = { action: "deny", condition: "a > 1 && b > 2 && c > 3 && d > 4" };

describe("content of a request", () => {
  it("is one of the two, and says which field is wrong", async () => {
    const rejected = async (
      content: Parameters<PolicyValidation["validate"]>[0],
    ): Promise<string> => validation.validate(content).then(String, String);
    expect(await rejected({ policies: [], document: "" })).toContain("document or policies must");
    expect(await rejected({ policies: [{}], document: "{}" })).toContain("document must be left");
    const many = Array.from({ length: 1001 }, () => ({}));
    expect(await rejected({ policies: many, document: "" })).toContain("policies must be at most");
  });

  it("that is not JSON is an issue", async () => {
    expect(await validation.validate({ policies: [], document: "deny all" })).toMatchObject([
      { severity: "error", check: "invalid", line: 1, column: 1 },
    ]);
  });

  // prettier-ignore
  it.each<[says: string, head: object, problems: string[]]>([
    ["may be without an id, which a name gives", { name: "Client trust" }, []],
    ["needs one of the two",                     {},                       ["policies[0]"]],
    ["may not have an id that is no text",       { id: 5, name: "n" },     ["policies[0].id"]],
  ])("a policy %s", async (_says, head, problems) => {
    const policies = [{ ...head, type: "t", rules: [] }];
    const issues = await validation.validate({ policies, document: "" });
    expect(issues.map(({ path }) => path)).toEqual(problems);
  });

  it("of values has paths and no lines, and a number that is not finite is named", async () => {
    const rules = [{ action: "dney", match: { a: Number.NaN } }];
    const issues = await validation.validate({
      policies: [{ id: "p", type: "t", rules }],
      document: "",
    });
    expect(issues.map(({ path, line }) => [path, line])).toEqual([
      ["policies[0].rules[0].match.a", undefined],
      ["policies[0].rules[0].action", undefined],
      ["policies[0].rules[0].match.a", undefined],
    ]);
  });

  it("is answered with errors first, and with at most 1,000 issues of which the last counts the rest", async () => {
    const rules = Array.from({ length: 1200 }, (_, index) => ({
      action: "deny",
      match: { operation: index === 1100 ? null : "x*" },
    }));
    const issues = await validation.validate({
      policies: [
        { id: "p", type: "t", rules },
        ...[{ id: "q", type: "t", rules: rules.slice(0, 1100) }],
      ],
      document: "",
    });
    expect(issues).toHaveLength(1000);
    expect(issues[0]).toMatchObject({
      severity: "error",
      path: expect.stringContaining("1100") as unknown,
    });
    expect(issues.at(-1)?.message).toMatch(/^102 more issues/);
  });
});

describe("work for requests", () => {
  const large = {
    policies: [{ id: "p", type: "t", rules: Array.from({ length: 2000 }, () => RULE) }],
    document: "",
  };
  const small = { policies: [], document: "{}" };

  it("is done for two at a time: one more is refused, and may come again", async () => {
    const both = [validation.validate(large), validation.validate(large)];
    await expect(validation.validate(small)).rejects.toMatchObject({
      failure: { reason: "OVERLOADED", what: "validations", limit: 2 },
    });
    await Promise.all(both);
    expect(await validation.validate(small)).not.toEqual([]);
  });

  it("stops when the caller has gone, and makes room for the next", async () => {
    const caller = new AbortController();
    const gone = [1, 2].map(() => validation.validate(large, caller.signal));
    caller.abort(new Error("gone"));
    for (const one of await Promise.allSettled(gone)) {
      expect(one).toEqual({ status: "rejected", reason: new Error("gone") });
    }
    expect(await validation.validate(small)).not.toEqual([]);
  });
});

it("content may call the functions of the engine", async () => {
  const text = '{"name": "trusted", "params": ["score"], "expression": "score >= 0.5"}';
  const knowing = policyValidation({
    functions: () => Promise.resolve([{ name: "trusted.json", text }]),
  });
  const rules = [{ action: "deny", condition: "!trusted(level)" }];
  const policies = [{ id: "p", type: "t", rules }];
  const document = JSON.stringify({ policies });
  expect(await knowing.validate({ policies, document: "" })).toEqual([]);
  expect(await knowing.validate({ policies: [], document })).toEqual([]);
  expect(await validation.validate({ policies: [], document })).toMatchObject([
    { severity: "error", message: expect.stringContaining("trusted") as unknown },
  ]);
});
