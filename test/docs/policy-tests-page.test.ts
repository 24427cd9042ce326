import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseTestFile } from "../../src/adapters/policy-tests/parse-test-file.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/policy-tests.md");

/** The first block of a language. */
function blockOf(language: string): string {
  return new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m").exec(PAGE)?.[1] ?? "";
}

/** The keys in the first column of the table under a heading or a line. */
function keysBelow(line: string): string[] {
  const [, rest = ""] = PAGE.split(`\n${line}`);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(rest) ?? [];
  return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key = ""]) => key);
}

/** The keys that are known where an unknown one is refused. */
function knownKeys(text: string): string[] {
  const parsed = parseTestFile("t.yaml", text);
  const problems = parsed.ok ? "" : parsed.problems.join("\n");
  return (/unknown key `\?` \(known are (.*)\)/.exec(problems)?.[1] ?? "").split(", ");
}

describe("docs/policy-tests.md", () => {
  it.each([
    ["json", "docs/examples/clinic/policies.json"],
    ["yaml", "docs/examples/clinic/tests/clinic.yaml"],
  ])("shows the %s file of the example as it is", (language, file) => {
    expect(blockOf(language)).toBe(read(file));
  });

  it.each([
    ["a file", "## A file of cases", '"?": 1'],
    ["a case", "### Cases", 'cases: [{ "?": 1 }]'],
    ["then", "`then` says what must hold", 'cases: [{ then: { "?": 1 } }]'],
  ])("has a row for every key of %s", (_what, place, text) => {
    expect(keysBelow(place)).toEqual(knownKeys(text));
  });
});
