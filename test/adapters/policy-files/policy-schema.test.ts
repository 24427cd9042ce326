import { Ajv } from "ajv";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policySchema } from "../../../src/adapters/policy-files/policy-schema.js";
import { VERB_CLASSES } from "../../../src/core/verbs.js";
import { policySchemaText } from "../../../tools/generate-policy-schema.mjs";
import { readTexts } from "../../support/policy-texts.js";

const isValid = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(
  policySchema(),
);
const loads = (document: unknown): boolean => readTexts(JSON.stringify(document)).ok;

const file = (policy: object): object => ({ policies: { p: { type: "t", rules: [], ...policy } } });
const rule = (members: object): object => file({ rules: [{ action: "deny", ...members }] });

it("policies/policy.schema.json is what the loader's schema gives: run `npm run generate`", () => {
  const text = readFileSync(
    new URL("../../../policies/policy.schema.json", import.meta.url),
    "utf8",
  );
  expect(text).toBe(policySchemaText());
});

describe("the JSON Schema takes what loads", () => {
  it.each([
    "policies/policies.json",
    "policies/default_policies.json",
    "test/fixtures/flopynet/policies.json",
    "test/fixtures/flopynet/default_policies.json",
  ])("%s", (name) => {
    isValid(JSON.parse(readFileSync(name, "utf8")));
    expect(isValid.errors).toBeNull();
  });

  it.each<[fine: string, document: object]>([
    ["no policies", { policies: {} }],
    ["a list of policies with ids", { policies: [{ id: "p", type: "t", rules: [] }] }],
    ["the schema's own name", { $schema: "./policy.schema.json", version: 1, policies: {} }],
    ["keys that nobody knows, in a file and a policy", { ...file({ note: 1 }), note: [] }],
    ["a verb in any case", rule({ action: "Rate_Limit" })],
    ["words in any case", file({ combining: "deny_overrides", default_effect: "Permit" })],
    ["null as match and parameters", rule({ match: null, parameters: null })],
    ["every kind of value in a match", rule({ match: { a: "x", b: 1, c: true, d: ["any", 2] } })],
    ["a condition under match", rule({ match: { condition: "a > 1" } })],
    ["a policy with code instead of rules", { policies: { p: { type: "t", function_id: "f" } } }],
    ["every verb", file({ rules: [...VERB_CLASSES.keys()].map((action) => ({ action })) })],
  ])("%s", (_fine, document) => {
    isValid(document);
    expect(isValid.errors).toBeNull();
    expect(loads(document)).toBe(true);
  });
});

describe("the JSON Schema refuses what the loader refuses", () => {
  it.each<[wrong: string, document: unknown]>([
    ["a list", []],
    ["no policies", { version: 1 }],
    ["version 0", { version: 0, policies: {} }],
    ["deleted that is no list of texts", { policies: {}, deleted: [1] }],
    ["a list of policies without ids", { policies: [{ type: "t", rules: [] }] }],
    ["a policy without a type", { policies: { p: { rules: [] } } }],
    ["a policy without rules", { policies: { p: { type: "t" } } }],
    ["a type with a blank at its end", file({ type: "t " })],
    ["an id with a slash", { policies: [{ id: "a/b", type: "t", rules: [] }] }],
    ["a priority with a fraction", file({ priority: 1.5 })],
    ["a priority beyond 32 bits", file({ priority: 2 ** 31 })],
    ["an unknown combining algorithm", file({ combining: "ALL" })],
    ["an unknown default effect", file({ default_effect: "ALLOW" })],
    ["enabled as text", file({ enabled: "false" })],
    ["a rule without a verb", file({ rules: [{}] })],
    ["an unknown verb", rule({ action: "dney" })],
    ["an unknown key of a rule", rule({ condtion: "a > 1" })],
    ["a severity that nobody knows", rule({ severity: "urgent" })],
    ["a negative timeout", rule({ idle_timeout: -1 })],
    ["null in a match", rule({ match: { a: null } })],
    ["an object in a match", rule({ match: { a: {} } })],
    ["an empty list in a match", rule({ match: { a: [] } })],
    ["a comparison in a match", rule({ match: { a: " >= 3" } })],
    ["a comparison in a list", rule({ match: { src_port: ["!= 3"] } })],
    ["a blank condition", rule({ condition: " " })],
    ["a condition of 4,097 characters", rule({ condition: `a == '${"x".repeat(4090)}'` })],
    ["parameters that are a list", rule({ parameters: [1] })],
  ])("%s", (_wrong, document) => {
    expect([isValid(document), loads(document)]).toEqual([false, false]);
  });

  it("and never what the loader takes", () => {
    const odd = fc.constantFrom<unknown>(
      ...[null, true, 0, -1, 1.5, "", " ", "DENY", "deny", "any", "> 3", "a > 1", "high"],
      ...[[], ["any"], [null], {}, { a: 1 }, { condition: "a > 1" }],
    );
    const keysOf = (keys: string[]): fc.Arbitrary<object> =>
      fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: 4 });
    const anyRule = keysOf(
      "id action match condition parameters severity enabled idle_timeout oops".split(" "),
    ).map((members) => ({ action: "deny", ...members }));
    const anyPolicy = fc
      .tuple(
        keysOf("id name type priority enabled combining default_effect on_error oops".split(" ")),
        fc.array(anyRule, { maxLength: 3 }),
      )
      .map(([members, rules]) => ({ type: "t", rules, ...members }));
    let taken = 0;
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const document = { policies: { p: policy } };
        if (!loads(document)) return;
        taken += 1;
        expect([isValid(document), isValid.errors]).toEqual([true, null]);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

describe("in an editor", () => {
  interface Node {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Node>>;
  }
  const { definitions, properties } = policySchema() as Node & {
    readonly definitions: Readonly<Record<string, Node>>;
  };

  it("every field of a file, a policy and a rule has a description", () => {
    const owners = [properties, definitions["Policy"]?.properties, definitions["Rule"]?.properties];
    const fields = owners.flatMap((owner) => Object.entries(owner ?? {}));
    const silent = fields.filter(([name, { description }]) => name !== "$schema" && !description);
    expect(fields.length).toBeGreaterThan(20);
    expect(silent).toEqual([]);
  });

  it("verbs are offered class by class", () => {
    const text = JSON.stringify(definitions["Rule"]?.properties?.["action"]);
    expect(text).toMatch(
      /"deny class".*"deny","block".*"allow class".*"parameter class".*"record class"/,
    );
  });
});
