import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../../src/adapters/policy-files/policy-file-source.js";
import { readPolicySet } from "../../../src/adapters/policy-files/read-policy-set.js";
import type { PolicyLoad, PolicySource } from "../../../src/application/ports/policy-source.js";
import { createKeptLog } from "../../support/kept-log.js";
import { issuesOf, setOf } from "../../support/policy-texts.js";
import { waitFor } from "../../support/wait-for.js";

const TRUSTED = '{"name": "trusted", "params": ["score"], "expression": "score >= 0.5"}';
const calling = (condition: string): string =>
  JSON.stringify({ policies: { p: { type: "t", rules: [{ action: "allow", condition }] } } });

function read(policies: string, ...functions: readonly string[]): PolicyLoad {
  return readPolicySet(
    {
      main: { name: "policies.json", text: policies },
      functions: functions.map((text, index) => ({ name: `f${index}.json`, text })),
    },
    createConditionCompiler(),
  );
}

describe("a function file", () => {
  it("makes a function for the conditions of the set", () => {
    const [stored] = setOf(read(calling("trusted(s)"), TRUSTED)).policies;
    expect(stored?.policy.rules[0]?.condition).toMatchObject({
      text: "trusted(s)",
      expression: { kind: "binary", operator: ">=", left: { kind: "name", path: ["s"] } },
    });
  });

  it("needs neither a description nor parameters", () => {
    const night = '{"name": "night", "expression": "engine.hour < 6"}';
    expect(issuesOf(read(calling("night()"), night))).toEqual([]);
  });

  // `▶` stands before the place that the problem must name; it is no part of the file.
  // prettier-ignore
  it.each<[wrong: string, file: string, path: string, message: string, suggestion?: string]>([
    ["empty",                       '▶',                                                                 "", "the file is empty", 'write {"name": "trusted"'],
    ["no JSON",                     '{"name": ▶trusted}',                                                "name", "expected a value"],
    ["a list",                      '▶[]',                                                               "", "must be an object with `name`, `params` and `expression`"],
    ["without a name",              '▶{"expression": "a"}',                                              "name", "`name` is missing"],
    ["without an expression",       '▶{"name": "f"}',                                                    "expression", "`expression` is missing: write a condition"],
    ["with a misspelt key",         '{"name": "f", ▶"param": ["a"], "expression": "a"}',                 "param", "unknown key `param`", "write `params`"],
    ["with code",                   '{"name": "f", "expression": "a",\n ▶"function_code": "return 1"}',  "function_code", "unknown key `function_code`"],
    ["with a key twice",            '{"name": "f", ▶"name": "g", "expression": "a"}',                    "name", "the key `name` is there twice"],
    ["with a number as expression", '{"name": "f", "expression": ▶1}',                                   "expression", "`expression` must be text, got 1"],
    ["with a text as parameters",   '{"name": "f", "params": ▶"a", "expression": "a"}',                  "params", "`params` must be a list of names"],
    ["with a parameter that is no name", '{"name": "f",\n "params": ["a", ▶"b-c"], "expression": "a"}',  "params[1]", "`b-c` cannot be the name of a parameter"],
    ["with a name that is taken",   '{"name": ▶"size", "expression": "a"}',                              "name", "`size` is a word of the language"],
    ["with an expression that does not parse", '{"name": "f",\n "expression": ▶"a && (b"}',              "expression", "at character 8: unexpected end of the condition; expected `)`"],
  ])("%s is refused with its place", (_wrong, marked, path, message, suggestion = "") => {
    const before = marked.slice(0, marked.indexOf("▶")).split("\n");
    const load = read(calling("a"), TRUSTED, marked.replace("▶", ""));
    expect(load.ok).toBe(false);
    expect(issuesOf(load)).toEqual([
      expect.objectContaining({
        ...{ severity: "error", file: "f1.json", path },
        ...{ line: before.length, column: (before.at(-1) ?? "").length + 1 },
        message: expect.stringContaining(message) as string,
        ...(suggestion !== "" && { suggestion: expect.stringContaining(suggestion) as string }),
      }),
    ]);
  });

  it("with a name that another has refuses the set, whatever the order", () => {
    const issues = issuesOf(read(calling("a"), TRUSTED, TRUSTED));
    expect(issues.map(({ file, message }) => [file, message])).toEqual([
      ["f1.json", "there are two functions `trusted`; rename one"],
    ]);
  });

  it("with a problem gives no second one to the conditions that call it", () => {
    const broken = '{"name": "f", "params": ["x"], "expression": "x >"}';
    expect(issuesOf(read(calling("f(a)"), broken)).map(({ file }) => file)).toEqual(["f0.json"]);
  });
});

describe("a condition that calls", () => {
  it("a function wrongly is refused at its place in the policy file", () => {
    expect(issuesOf(read(calling("a && trusted()"), TRUSTED))).toEqual([
      expect.objectContaining({
        ...{ file: "policies.json", path: "policies.p.rules[0].condition" },
        message: "at character 6: `trusted(score)` takes 1 argument, got 0",
      }),
    ]);
  });

  it("a function that reads `client.*` makes a trust rule", () => {
    const load = read(
      calling("reliable()").replace('"t"', '"security"'),
      '{"name": "reliable", "expression": "client.trust > 1"}',
    );
    expect(setOf(load).policies[0]?.policy.rules[0]?.isTrustRule).toBe(true);
  });
});

describe("the content hash", () => {
  const hash = (...functions: readonly string[]): string =>
    setOf(read(calling("a"), ...functions)).contentHash;
  const night = '{"name": "night", "expression": "engine.hour < 6"}';

  it("counts what functions say", () => {
    const changed = TRUSTED.replace("0.5", "0.6");
    expect(new Set([hash(), hash(TRUSTED), hash(changed), hash(TRUSTED, night)]).size).toBe(4);
  });

  it("counts neither their order nor white space", () => {
    expect(hash(night, `${TRUSTED}\n`)).toBe(hash(TRUSTED, night));
  });
});

describe("the folder of functions", () => {
  const log = createKeptLog();
  let folder: string;
  let functions: string;
  let source: PolicySource;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-functions-"));
    functions = join(folder, "functions");
    log.lines.length = 0;
    writeFileSync(join(folder, "policies.json"), calling("trusted(s)"));
    source = createPolicyFileSource({
      file: join(folder, "policies.json"),
      conditionCompiler: createConditionCompiler(),
      functions: { folder: functions, log },
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const put = (name: string, text: string): void => {
    writeFileSync(join(functions, name), text);
  };

  it("gives its .json files", async () => {
    mkdirSync(functions);
    put("trusted.json", TRUSTED);
    expect((await source.load()).ok).toBe(true);
    expect(log.lines).toEqual([]);
  });

  it("that is missing has no functions: told once, and a condition that calls one is refused", async () => {
    const issues = issuesOf(await source.load());
    await source.load();
    expect(issues[0]?.message).toContain("there is no function `trusted`");
    expect(log.lines).toEqual([
      `the POLICY_FUNCTIONS_DIR ${functions} is missing: no policy functions`,
    ]);
  });

  it("that is missing refuses nothing that calls no function", async () => {
    writeFileSync(join(folder, "policies.json"), calling("s"));
    expect((await source.load()).ok).toBe(true);
  });

  it("that is a file is refused", async () => {
    writeFileSync(functions, "");
    expect(issuesOf(await source.load())).toContainEqual(
      expect.objectContaining({ file: functions, message: "this is not a folder" }),
    );
  });

  it("with more than 1,000 functions is refused", async () => {
    mkdirSync(functions);
    for (let index = 0; index <= 1000; index++) put(`${index}.json`, TRUSTED);
    expect(issuesOf(await source.load())).toContainEqual(
      expect.objectContaining({
        file: functions,
        message: expect.stringContaining("1000") as string,
      }),
    );
  });

  it.each([
    ["no file", () => mkdirSync(join(functions, "f.json")), "this is not a file"],
    ["not UTF-8", () => writeFileSync(join(functions, "f.json"), Buffer.from([0xe9])), "not UTF-8"],
  ])("with a .json that is %s is refused", async (_says, make, message) => {
    mkdirSync(functions);
    make();
    expect(issuesOf(await source.load())).toContainEqual(
      expect.objectContaining({
        ...{ severity: "error", file: join(functions, "f.json") },
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it("with code names each file once, with what to write instead, and does not execute it", async () => {
    mkdirSync(functions);
    put("trusted.json", TRUSTED);
    for (const name of ["score.py", "rule.js", "rule.ts"]) {
      put(name, `import fs from "node:fs"; fs.writeFileSync("${folder}/executed", "")`);
    }
    await source.load();
    put("late.mjs", "");
    await source.load();
    const told = (name: string): string =>
      `${join(functions, name)} is not executed, code never is: write what it decides as a JSON file, such as {"name": "trusted", "params": ["score"], "expression": "score >= 0.5"}`;
    expect(log.lines).toEqual(["rule.js", "rule.ts", "score.py", "late.mjs"].map(told));
  });

  it("with other files names them in one line, but not the hidden ones", async () => {
    mkdirSync(functions);
    for (const name of ["README.md", "notes.txt", ".gitkeep"]) put(name, "");
    mkdirSync(join(functions, "old"));
    await source.load();
    await source.load();
    expect(log.lines).toEqual([
      `ignored in ${functions}, where functions are .json files: README.md, notes.txt, old`,
    ]);
  });

  describe("is watched", () => {
    let changes = 0;
    let stop = (): void => undefined;
    beforeEach(async () => {
      mkdirSync(functions);
      put("trusted.json", TRUSTED);
      await source.load();
      changes = 0;
      stop = source.watch(() => {
        changes += 1;
      });
    });
    afterEach(() => {
      stop();
    });
    async function isSeen(change: () => void): Promise<void> {
      const before = changes;
      change();
      await waitFor("the change is seen", () => changes > before, 6000);
      await source.load();
    }

    it("a function written in place, then replaced", async () => {
      await isSeen(() => {
        put("trusted.json", TRUSTED.replace("0.5", "0.6"));
      });
      await isSeen(() => {
        put("new", TRUSTED);
        renameSync(join(functions, "new"), join(functions, "trusted.json"));
      });
    });

    it("a function added, then removed", async () => {
      await isSeen(() => {
        put("night.json", '{"name": "night", "expression": "engine.hour < 6"}');
      });
      await isSeen(() => {
        rmSync(join(functions, "night.json"));
      });
    });

    it("a link swapped, as a mounted ConfigMap does", async () => {
      await isSeen(() => {
        mkdirSync(join(functions, "..1"));
        put("..1/trusted.json", TRUSTED.replace("0.5", "0.7"));
        symlinkSync("..1", join(functions, "..data"));
        rmSync(join(functions, "trusted.json"));
        symlinkSync("..data/trusted.json", join(functions, "trusted.json"));
      });
      await isSeen(() => {
        mkdirSync(join(functions, "..2"));
        put("..2/trusted.json", TRUSTED.replace("0.5", "0.8"));
        symlinkSync("..2", join(functions, "..new"));
        renameSync(join(functions, "..new"), join(functions, "..data"));
      });
    });

    it("a folder that goes and comes back", async () => {
      await isSeen(() => {
        rmSync(functions, { recursive: true });
      });
      await isSeen(() => {
        mkdirSync(functions);
        put("trusted.json", TRUSTED);
      });
    });
  });
});
