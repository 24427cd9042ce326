import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policyDocument, ruleDocument } from "../../src/adapters/policy-files/policy-document.js";
import { ALIASES } from "../../src/adapters/policy-files/translate-target.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import { policyTypeRow } from "../../src/core/policy-types.js";
import { type VerbClass, VERB_CLASSES } from "../../src/core/verbs.js";
import { rowsOf } from "../support/documentation.js";

const page = readFileSync(new URL("../../docs/policy-language.md", import.meta.url), "utf8");
const table = (...columns: string[]): string[][] => {
  const rows = rowsOf(page, columns);
  expect(rows.length).toBeGreaterThan(0);
  return rows;
};
const firsts = (rows: string[][]): string[] => rows.map(([first = ""]) => first);

describe("the tables of the page are those of the code", () => {
  it("keys of a policy", () => {
    const rows = table("policy key", "value", "when absent");
    expect(firsts(rows)).toEqual(Object.keys(policyDocument.shape));
  });

  it("keys of a rule", () => {
    const rows = table("rule key", "value", "when absent");
    expect(firsts(rows)).toEqual(Object.keys(ruleDocument.shape));
  });

  it("verbs, in the order of the code", () => {
    const rows = table("class", "verbs", "a rule that applies");
    const documented = rows.flatMap(([verbClass = "", verbs = ""]) =>
      verbs.split(/[` ]+/).flatMap((verb) => (verb === "" ? [] : [[verb, verbClass as VerbClass]])),
    );
    expect(documented).toEqual([...VERB_CLASSES]);
  });

  it.each(table("policy type", "combining", "nothing applied", "erring rule"))(
    "policy type %s: %s, %s, %s",
    (type = "", combining, defaultEffect, onError) => {
      const name = type === "every other type" ? "fl_security" : type;
      expect({ ...policyTypeRow(name) }).toEqual({ combining, defaultEffect, onError });
    },
  );

  it("older names", () => {
    expect(table("older name", "means").map(([older, means]) => [older, means])).toEqual([
      ...ALIASES,
    ]);
  });

  /** A value that only this kind of key takes as more than a text. */
  const EXAMPLES: Readonly<Record<string, string>> = {
    "an address or a network": "10.0.0.0/8",
    "first-last": "10.0.0.1-10.0.0.9",
    "a port, a range, or several": "22-79,81",
    "a name in any case, or a number": "TCP",
    "a component type": "fl-client",
  };
  const keys = table("match key", "reads", "value").filter(([key]) => key !== "any other");

  it.each(keys)("match key %s reads %s", (key = "", reads = "", value = "") => {
    const parsed = parseTargetField(key, EXAMPLES[value] ?? "");
    expect(parsed).toMatchObject({
      ok: true,
      value: value === "a component type" ? { path: [reads] } : { attribute: reads },
    });
  });

  it("no other key is more than a text", () => {
    expect(parseTargetField("operation", "10.0.0.0/8")).toMatchObject({
      value: { kind: "equals", path: ["operation"] },
    });
  });
});
