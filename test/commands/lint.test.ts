import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOAD_CHECKS } from "../../src/adapters/policy-files/load-checks.js";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import { LINT_CHECKS } from "../../src/core/lint/lint-checks.js";
import { type CliResult, runCli } from "../support/run-cli.js";

const CLEAN =
  '{"policies": {"p": {"type": "t", "rules": [{"action": "deny", "match": {"a": 1}}]}}}';
const WARNED =
  '{"policies": {"p": {"type": "t", "rules": [\n  {"action": "deny", "match": {"a": "x*"}}\n]}}}';
const INFO =
  '{"policies": {"p": {"type": "network_security", "rules": [{"action": "allow", "match": {"src_type": "gateway"}}]}}}';
const SINGLE =
  '{"name": "A policy", "type": "t", "rules": [{"action": "deny", "match": {"a": 1}}]}';
const BROKEN_SINGLE = '{"id": "p", "type": "t", "rules": [{"action": "dney"}]}';
const BROKEN = '{"policies": {"p": {"type": "t", "rules": [{"action": "dney"}]}}}';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flopynet-lint-"));
  for (const [name, text] of Object.entries({
    CLEAN,
    WARNED,
    INFO,
    BROKEN,
    SINGLE,
    BROKEN_SINGLE,
  })) {
    writeFileSync(at(`${name.toLowerCase()}.json`), text);
  }
  mkdirSync(at("with-defaults"));
  writeFileSync(at("with-defaults/policies.json"), CLEAN);
  writeFileSync(at("with-defaults/more.json"), CLEAN.replaceAll('"p"', '"r"'));
  writeFileSync(at("with-defaults/default_policies.json"), WARNED.replaceAll('"p"', '"q"'));
  writeFileSync(at("utf16.json"), Buffer.from(`\uFEFF${CLEAN}`, "utf16le"));
  writeFileSync(at("text.json"), "deny all");
  writeFileSync(at("clients.json"), '{"component_types": ["gateway"]}');
  writeFileSync(at("bad-clients.json"), '{"component_typs": []}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const lint = (...argv: string[]): Promise<CliResult> => runCli(["lint", ...argv]);

async function issuesOf(...argv: string[]): Promise<readonly PolicyIssue[]> {
  const { stdout } = await lint("--format", "json", ...argv);
  return (JSON.parse(stdout) as { readonly issues: readonly PolicyIssue[] }).issues;
}

describe("the exit code", () => {
  it.each<[says: string, files: string[], flags: string[], exitCode: number]>([
    ["nothing wrong", ["clean.json"], ["--strict"], 0],
    ["a warning", ["warned.json"], [], 0],
    ["a warning, strictly", ["warned.json"], ["--strict"], 1],
    ["an info, strictly", ["info.json"], ["--strict"], 0],
    ["an error", ["broken.json"], [], 2],
    ["one policy alone, as it is applied", ["single.json"], ["--strict"], 0],
    ["an error in one policy alone", ["broken_single.json"], [], 2],
    ["an error beside a warning, strictly", ["warned.json", "broken.json"], ["--strict"], 2],
    ["a file that is not there", ["nowhere.json"], [], 2],
    ["text that is not JSON", ["text.json"], [], 2],
    ["UTF-16", ["utf16.json"], [], 2],
    ["a folder", ["."], [], 2],
    ["no file", [], [], 2],
    ["an unknown format", ["clean.json"], ["--format", "xml"], 2],
    ["a warning in the defaults", ["with-defaults/policies.json"], ["--strict"], 1],
    ["the defaults left out", ["with-defaults/policies.json"], ["--strict", "--no-defaults"], 0],
  ])("%s", async (_says, files, flags, exitCode) => {
    expect((await lint(...flags, ...files.map(at))).exitCode).toBe(exitCode);
  });
});

describe("for people", () => {
  it("a line for each issue, by file, and how many there are", async () => {
    const { stdout } = await lint(at("warned.json"), at("broken.json"));
    const rule = "policies.p.rules[0]";
    expect(stdout.split("\n")).toEqual([
      expect.stringContaining(`${at("warned.json")}:2:32: warning: ${rule}.match.a: "x*" is`),
      "",
      expect.stringContaining(`${at("broken.json")}:1:44: warning: ${rule}: neither`),
      `${at("broken.json")}:1:55: error: ${rule}.action: unknown verb "dney" (write \`deny\`) [invalid]`,
      "",
      "2 files: 1 error, 2 warnings",
      "",
    ]);
  });

  it("a folder is refused with a hint", async () => {
    const { stdout, stderr } = await lint(folder);
    expect([stdout, stderr]).toEqual([
      "",
      `flopynet-policy: \`${folder}\` is a folder: name the files, such as \`${folder}/policies.json\`\n`,
    ]);
  });
});

describe("for scripts", () => {
  it("issues as the API has them, each once though two files share the defaults", async () => {
    const files = ["with-defaults/policies.json", "with-defaults/more.json"].map(at);
    expect((await issuesOf(...files)).map(({ file, line, check }) => [file, line, check])).toEqual([
      [at("with-defaults/default_policies.json"), 2, "dead-wildcard"],
    ]);
  });

  it("of one policy alone, with the places as written", async () => {
    const issues = await issuesOf(at("broken_single.json"));
    const column = BROKEN_SINGLE.indexOf('"action"') + 11;
    expect(issues.at(-1)).toMatchObject({ path: "policies.p.rules[0].action", line: 1, column });
  });

  it("a file of defaults is read alone", async () => {
    const issues = await issuesOf(at("with-defaults/default_policies.json"));
    expect(issues.map(({ check }) => check)).toEqual(["dead-wildcard"]);
  });

  it("--clients adds to what is known", async () => {
    expect(await issuesOf("--clients", at("clients.json"), at("info.json"))).toEqual([]);
  });

  it.each([
    ["bad-clients.json", "unknown key `component_typs`"],
    ["nowhere.json", "ENOENT"],
    ["text.json", "is not JSON"],
  ])("--clients %s: %s", async (clients, problem) => {
    const { exitCode, stderr } = await lint("--clients", at(clients), at("clean.json"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
  });
});

describe("for code scanning", () => {
  interface Sarif {
    readonly version: string;
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
      }[];
    }[];
  }
  let run: Sarif["runs"][number];
  beforeAll(async () => {
    const files = ["warned.json", "broken.json", "info.json"].map(at);
    const { stdout } = await lint("--format", "sarif", ...files);
    const sarif = JSON.parse(stdout) as Sarif;
    expect([sarif.version, sarif.runs.length]).toEqual(["2.1.0", 1]);
    run = sarif.runs[0] as typeof run;
  });

  it("the rules are all checks", () => {
    const ids = run.tool.driver.rules.map(({ id }) => id);
    const checks = [...LOAD_CHECKS, ...LINT_CHECKS].map(({ id }) => id);
    expect(ids).toEqual([...checks, "lint-incomplete"]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("every result names its rule, its level and its place", () => {
    const rules = run.tool.driver.rules;
    expect(run.results.map(({ ruleIndex }) => rules[ruleIndex]?.id)).toEqual(
      run.results.map(({ ruleId }) => ruleId),
    );
    expect(new Set(run.results.map(({ level }) => level))).toEqual(
      new Set(["error", "warning", "note"]),
    );
    expect(run.results[0]).toMatchObject({
      ruleId: "dead-wildcard",
      level: "warning",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: `file://${at("warned.json")}` },
            region: { startLine: 2, startColumn: 32 },
          },
          logicalLocations: [{ fullyQualifiedName: "policies.p.rules[0].match.a" }],
        },
      ],
    });
  });
});

describe("the files of the project and of FLOPY-NET", () => {
  it.each(["policies/policies.json", "policies/default_policies.json"])(
    "%s is clean, strictly, and nothing is even worth knowing",
    async (file) => {
      expect(await issuesOf("--strict", file)).toEqual([]);
    },
  );

  it("FLOPY-NET's own have what is truly odd, and nothing else", async () => {
    const issues = await issuesOf("--no-defaults", "test/fixtures/flopynet/policies.json");
    expect(issues.map(({ check, policyId, ruleIndex }) => [check, policyId, ruleIndex])).toEqual([
      ["dead-wildcard", "default-demo-policy-001", 2], // "resource_type": "all"
      ["sibling-parameter", "security-enhanced-012", 3], // high_threat_threshold
      ["sibling-parameter", "time-based-013", 2], // business_start
      ["sibling-parameter", "time-based-013", 2], // business_end
    ]);
  });
});
