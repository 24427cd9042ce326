import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";

const POLICIES = {
  version: 7,
  policies: [
    {
      id: "net",
      type: "network_security",
      priority: 5,
      rules: [
        { id: "slow", action: "rate_limit", match: {}, parameters: { kbps: 100 } },
        { id: "note", action: "log", match: { protocol: "udp" } },
        {
          id: "web",
          action: "allow",
          description: "the web is open",
          match: { protocol: "tcp", dst_port: 80 },
        },
        { id: "busy", action: "deny", match: { protocol: "udp", condition: "load > limit" } },
        { id: "rest", action: "deny", match: { src_type: "fl-client" } },
      ],
    },
    {
      id: "fl",
      type: "fl_security",
      rules: [{ id: "big", action: "deny", match: { client_id: "7", condition: "size > 9" } }],
    },
  ],
};

let folder: string;
let file: string;
let engine: TestEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flopynet-policy-"));
  file = join(folder, "policies.json");
  writeFileSync(file, JSON.stringify(POLICIES));
  engine = await startTestEngine({ policies: POLICIES });
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const ways = () => ({
  "a running engine": ["--address", `127.0.0.1:${engine.grpcPort}`],
  "a policy file": ["--policies", file],
});

describe.each(["a running engine", "a policy file"] as const)("check asks %s", (way) => {
  const check = (...argv: string[]) => runCli(["check", ...ways()[way], ...argv]);

  it("allowed: exit 0, the reason and the rule", async () => {
    const { exitCode, stdout, stderr } = await check("--protocol", "tcp", "--dst-port", "80");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(`ALLOWED: allowed by rule \`web\` (allow) of policy \`net\`: the web is open
policy version: 7
determining rules:
  net/web (allow)
parameters:
  kbps = 100
obligations:
  net/slow (rate_limit): kbps = 100
`);
  });

  it("denied: exit 3, the rule that erred and what was missing", async () => {
    const { exitCode, stdout } = await check("--protocol", "udp");
    expect(exitCode).toBe(3);
    expect(stdout).toContain("DENIED (error): ");
    expect(stdout).toContain(
      "could not be evaluated:\n  net/busy (deny): attributes `load`, `limit` are missing\n",
    );
    expect(stdout).toContain("  net/note (log), advice\n");
  });

  it("--policy-type asks CheckPolicy, with the options and --context as its context", async () => {
    const context = ["--client-id", "7", "--context", '{"size": 10}'];
    const { exitCode, stdout } = await check("--policy-type", "fl_security", ...context);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 3,
      stdout: expect.stringContaining("  fl/big (deny)\n") as string,
    });
  });

  it("--explain prints what each field and condition came to", async () => {
    const { stdout } = await check("--protocol", "udp", "--context", '{"load": 1}', "--explain");
    expect(stdout).toContain("policy net (network_security, priority 5): applicable\n");
    expect(stdout).toMatch(
      /rule web \(allow\): not applicable\n {6}- protocol: expected "tcp", got "udp" \(.+\)\n/,
    );
    expect(stdout).toContain(
      "condition load > limit: attribute `limit` is missing\n        load = 1\n",
    );
    expect(stdout).toContain("rule rest (deny): not reached");
  });

  it("a field that breaks its rule is exit 1, in one line", async () => {
    const { exitCode, stdout, stderr } = await check("--dst-port", "70000");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^flopynet-policy: .*dst_port must be .*got 70000.*\n$/);
  });
});

describe("check", () => {
  it("answers the same from an engine and from a file", async () => {
    const ask = async (way: readonly string[]) => {
      const { stdout } = await runCli([
        "check",
        ...way,
        "--protocol=udp",
        "--explain",
        "--format=json",
      ]);
      const { decisionId, ...answer } = JSON.parse(stdout) as Record<string, unknown>;
      expect(decisionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      return answer;
    };
    const [running, offline] = await Promise.all(Object.values(ways()).map(ask));
    expect(running).toEqual(offline);
    expect(running).toMatchObject({ allowed: false, denyKind: "error", policyVersion: 7 });
  });

  it("says how to start an engine where none is reachable", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    await new Promise((resolve) => server.close(resolve));
    const { exitCode, stderr } = await runCli(["check", "--address", `127.0.0.1:${port}`]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `flopynet-policy: engine not reachable at 127.0.0.1:${port}: start it with npm start, or name another with --address\n`,
    });
  });

  it("lists every error of a policy file, and nothing that is only odd", async () => {
    const broken = join(folder, "broken.json");
    writeFileSync(
      broken,
      '{"policies": [{"id": "a", "type": "t", "rules": [\n{"action": "dney"},\n{"action": "alow"}]}]}',
    );
    const { exitCode, stderr } = await runCli(["check", "--policies", broken]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/broken\.json:2:12: .*"dney".*`deny`/);
    expect(stderr).toMatch(/broken\.json:3:12: .*"alow".*`allow`/);
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });

  // prettier-ignore
  it.each<[says: string, argv: string[], message: string]>([
    ["an unknown option",         ["--bogus"],                "unknown option '--bogus'"],
    ["a port that is no number",  ["--src-port", "http"],     "--src-port must be a whole number, got `http`"],
    ["a negative port",           ["--dst-port=-1"],          "--dst-port must be a whole number, got `-1`"],
    ["a context that is not JSON", ["--context", "{a: 1}"],   "--context is not JSON: "],
    ["a context that is no object", ["--context", "[1]"],     "--context must be a JSON object, such as '{\"operation\": \"train\"}'"],
    ["an unknown format",         ["--format", "xml"],        "Allowed choices are text, json."],
  ])("%s is a usage error: exit 2", async (_says, argv, message) => {
    const { exitCode, stdout, stderr } = await runCli(["check", "--policies", file, ...argv]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
