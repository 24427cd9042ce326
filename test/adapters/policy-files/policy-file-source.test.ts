import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../../src/adapters/policy-files/policy-file-source.js";
import type { PolicyLoad } from "../../../src/application/ports/policy-source.js";
import { issuesOf, setOf } from "../../support/policy-texts.js";

const EMPTY = '{"policies": {}}';
let folder: string;
let file: string;
let defaultsFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-source-"));
  file = join(folder, "policies.json");
  defaultsFile = join(folder, "default_policies.json");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function load(options: { requireFile?: boolean } = {}): Promise<PolicyLoad> {
  const conditionCompiler = createConditionCompiler();
  return createPolicyFileSource({ file, conditionCompiler, ...options }).load();
}

describe("which files there are", () => {
  it("a missing main file is an error, also beside defaults", async () => {
    writeFileSync(defaultsFile, EMPTY);
    expect(await load()).toMatchObject({
      ok: false,
      issues: [{ severity: "error", file, path: "", message: "the POLICY_FILE is missing" }],
    });
  });

  it("where the main file is not required, the defaults alone are the set", async () => {
    writeFileSync(defaultsFile, '{"version": 3, "policies": {}}');
    expect(setOf(await load({ requireFile: false })).fileVersion).toBe(3);
  });

  it("with neither file there is no set, required or not", async () => {
    expect((await load({ requireFile: false })).ok).toBe(false);
  });

  it("missing defaults are fine", async () => {
    writeFileSync(file, EMPTY);
    expect(setOf(await load())).toMatchObject({ policies: [], file });
  });

  it("broken defaults refuse the set, and the problem names their file", async () => {
    writeFileSync(file, EMPTY);
    writeFileSync(defaultsFile, "{");
    const issues = issuesOf(await load());
    expect(issues.map((issue) => [issue.severity, issue.file])).toEqual([["error", defaultsFile]]);
  });

  it("a file is read through symlinks", async () => {
    writeFileSync(join(folder, "real.json"), EMPTY);
    symlinkSync("real.json", file);
    expect((await load()).ok).toBe(true);
  });
});

describe("what is no readable text is refused in words", () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(EMPTY, "utf16le")]);
  const latin1 = Buffer.from('{\n "policies": {}, "name": "Jos\u00e9"}', "latin1");

  it.each<[says: string, make: () => void, issue: object]>([
    ["a folder", () => mkdirSync(file), { message: "this is not a file" }],
    ["a pipe", () => execFileSync("mkfifo", [file]), { message: "this is not a file" }],
    [
      "a symlink to itself",
      () => symlinkSync(file, file),
      { message: "this is a symlink that leads to itself" },
    ],
    [
      "UTF-16 with a byte order mark",
      () => writeFileSync(file, utf16),
      { message: "the file is UTF-16" },
    ],
    [
      "UTF-16 without one",
      () => writeFileSync(file, EMPTY, "utf16le"),
      { message: "the file is UTF-16 or UTF-32", suggestion: "save it as UTF-8" },
    ],
    [
      "Latin-1, with the place of the first byte that is no UTF-8",
      () => writeFileSync(file, latin1),
      { message: "the file is not UTF-8: these bytes are no character", line: 2, column: 30 },
    ],
    [
      "more than 64 MiB",
      () => {
        writeFileSync(file, "");
        truncateSync(file, 64 * 1024 * 1024 + 1);
      },
      { message: "the file is larger than 64 MiB, the most that is read" },
    ],
    ["nothing at all", () => writeFileSync(file, ""), { message: "the file is empty", line: 1 }],
  ])("%s", async (_says, make, issue) => {
    make();
    expect(await load()).toMatchObject({
      ok: false,
      issues: [{ severity: "error", file, ...issue }],
    });
  });

  it("a UTF-8 byte order mark is only a warning", async () => {
    writeFileSync(file, `\uFEFF${EMPTY}`);
    expect(setOf(await load()).issues).toMatchObject([
      { severity: "warning", file, message: "the file begins with a byte order mark" },
    ]);
  });
});
