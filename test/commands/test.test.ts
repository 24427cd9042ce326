import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/command-line.js";
import { runCli } from "../support/run-cli.js";
import { waitFor } from "../support/wait-for.js";

const POLICIES = {
  policies: [
    {
      id: "net",
      type: "network_security",
      rules: [
        { id: "web", action: "allow", match: { protocol: "tcp", dst_port: 80 } },
        { id: "busy", action: "deny", match: { protocol: "udp", condition: "load > 9" } },
        { id: "off", action: "deny", enabled: false, match: { protocol: "icmp" } },
      ],
    },
    {
      id: "slow",
      type: "qos",
      rules: [{ id: "k", action: "limit", parameters: { kbps: 9 }, match: {} }],
    },
  ],
};
const WEB = `
  - name: the web is open
    when: { connection: { protocol: tcp, dst_port: 80 } }
    then: { allowed: true, by: [net/web] }`;
const UDP = `
  - name: nothing is known of the load
    when: { connection: { protocol: udp } }
    then: { allowed: false, deny_kind: ERROR, erring: [net/busy], explanation: "dst_port: nothing -> 80" }`;
const QOS = `
  - name: clients are slowed down
    when: { policy_type: qos, context: {} }
    then: { allowed: true, obligations: [slow/k], parameters: { kbps: 9 } }`;
const WRONG = `
  - name: <the web> & more
    when: { connection: { protocol: tcp, dst_port: 80 } }
    then: { allowed: false, deny_kind: DEFAULT, by: [], reason: nobody, parameters: { kbps: 9 } }`;

let folder: string;
let cases: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flopynet-policy-test-"));
  mkdirSync(join(folder, "tests"));
  cases = join(folder, "tests", "net.yaml");
  writeFileSync(join(folder, "policies.json"), JSON.stringify(POLICIES));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (...parts: string[]) => writeFileSync(cases, `cases:${parts.join("")}\n`);

describe("test", () => {
  it("exit 0 when every case passes, and says that every rule was reached that is switched on", async () => {
    write(WEB, UDP, QOS);
    expect(await runCli(["test", folder, "--coverage-threshold", "100"])).toEqual({
      exitCode: 0,
      stdout: "3 cases: 3 passed, 0 failed\n3 of 3 rules reached (100 %)\n",
      stderr: "",
    });
  });

  it("exit 1 when a case fails: where it stands, and each thing that differs", async () => {
    write(WEB, WRONG);
    const { exitCode, stdout } = await runCli(["test", folder]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(`FAILED ${cases}:5: <the web> & more
  allowed: expected false, got true (allowed by rule \`web\` (allow) of policy \`net\`)
  deny_kind: expected DEFAULT, got none
  by: expected none, got net/web
  parameters: expected kbps = 9, got nothing
  reason: expected "nobody" in it, got
  allowed by rule \`web\` (allow) of policy \`net\`
2 cases: 1 passed, 1 failed
1 of 3 rules reached (33.3 %)
  not reached: net/busy
  not reached: slow/k
`);
  });

  it("exit 1 when fewer rules are reached than are asked for", async () => {
    write(WEB, UDP);
    const { exitCode, stdout } = await runCli(["test", folder, "--coverage-threshold", "66.7"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("FAILED coverage: at least 66.7 % of the rules must be reached\n");
    expect((await runCli(["test", folder, "--coverage-threshold=66"])).exitCode).toBe(0);
  });

  it("prints JSON for programs", async () => {
    write(WEB, WRONG);
    const { stdout } = await runCli(["test", folder, "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      passed: 1,
      failed: 1,
      cases: [
        { name: "the web is open", file: cases, line: 2, passed: true, problems: [] },
        { name: "<the web> & more", passed: false },
      ],
      coverage: { rules: 3, unreached: ["net/busy", "slow/k"] },
    });
  });

  it("writes JUnit into a file, and the text beside it", async () => {
    write(WEB, WRONG);
    const output = join(folder, "report.xml");
    const argv = ["--format", "junit", "--output", output, "--coverage-threshold", "50"];
    const { exitCode, stdout } = await runCli(["test", folder, ...argv]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("2 cases: 1 passed, 1 failed\n");
    const xml = readFileSync(output, "utf8");
    expect(xml).toContain('<testsuites name="flopynet-policy test" tests="3" failures="2">');
    expect(xml).toContain(`<testcase name="the web is open" classname="${cases}" line="2"/>`);
    expect(xml).toContain('name="&lt;the web&gt; &amp; more"');
    expect(xml).toContain('<testsuite name="coverage" tests="1" failures="1">');
  });

  it("a time may be given for rules that read the engine's clock", async () => {
    const night = {
      id: "n",
      type: "night",
      rules: [{ action: "deny", condition: "engine.hour < 6" }],
    };
    writeFileSync(join(folder, "policies.json"), JSON.stringify({ policies: [night] }));
    const asked = "    when: { policy_type: night }\n";
    writeFileSync(
      cases,
      `at: 2026-01-05T05:59:00Z\ncases:\n  - name: night\n${asked}    then: { allowed: false }\n  - name: day\n    at: 2026-01-05T06:00:00Z\n${asked}    then: { allowed: true }\n`,
    );
    const { exitCode, stdout } = await runCli(["test", folder]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    const zone = { ENGINE_TIME_ZONE: "Asia/Tokyo" };
    expect((await runCli(["test", folder], zone)).exitCode).toBe(1);
  });

  // prettier-ignore
  it.each<[says: string, prepare: () => void, argv: string[], message: RegExp]>([
    ["a folder that is missing",      () => undefined,                        ["--policies", "x.json", "missing"], /missing cannot be read: ENOENT/],
    ["a folder without cases",        () => undefined,                        [],                               /has no tests: write some into .*first\.yaml/],
    ["a file without a case",         () => writeFileSync(cases, "cases: []"), [],                              /net\.yaml:1:1: has no case/],
    ["a misspelt key",                () => write(WEB.replace("allowed", "alowed")), [],                        /net\.yaml:4:13: cases\[0\]\.then: unknown key `alowed` \(write `allowed`\)/],
    ["policies that are missing",     () => write(WEB),                       ["--policies", "missing.json"],   /missing\.json: the POLICY_FILE is missing/],
    ["policies that are wrong",       () => { write(WEB); writeFileSync(join(folder, "policies.json"), "{"); }, [], /policies\.json:1:\d+: /],
    ["a threshold that is no percentage", () => write(WEB),                   ["--coverage-threshold", "101"],  /--coverage-threshold must be a percentage from 0 to 100, got `101`/],
    ["an unknown format",             () => write(WEB),                       ["--format", "xml"],              /Allowed choices are text, json, junit\./],
    ["a report that cannot be written", () => write(WEB),                     ["--output", "/nowhere/x"],       /--output \/nowhere\/x cannot be written: ENOENT/],
  ])("%s is exit 2, with a message", async (_says, prepare, argv, message) => {
    prepare();
    const given = argv.at(-1) === "missing" ? argv : [folder, ...argv];
    const { exitCode, stdout, stderr } = await runCli(["test", ...given]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("--watch runs again when a case, the policies or the list of files changes, until it is ended", async () => {
    write(WEB);
    let told = "";
    const ending = new AbortController();
    const running = runCommandLine(["test", folder, "--watch"], {
      env: {},
      stdout: (text) => (told += text),
      stderr: (text) => (told += text),
      signal: ending.signal,
    });
    const sees = (text: string) => waitFor(text, () => told.includes(text));
    await sees("1 case: 1 passed, 0 failed");
    write(WEB, UDP);
    await sees("2 cases: 2 passed, 0 failed");
    writeFileSync(join(folder, "tests", "qos.yaml"), `cases:${QOS}\n`);
    await sees("3 cases: 3 passed, 0 failed");
    writeFileSync(join(folder, "policies.json"), '{"policies": []}');
    await sees("3 cases: 0 passed, 3 failed");
    ending.abort();
    expect(await running).toBe(1);
  });
});

describe("the shipped policies", () => {
  it("pass their tests, and every rule of them is reached", async () => {
    const shipped = fileURLToPath(new URL("../../policies", import.meta.url));
    const { exitCode, stdout } = await runCli(["test", shipped, "--coverage-threshold", "100"]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/^\d{3} cases: \d+ passed, 0 failed\n/);
  });
});
