import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
      rules: [
        { id: "web", action: "allow", match: { protocol: "tcp", dst_port: 80 } },
        { id: "never", action: "deny", match: { src_type: "ghost" } },
      ],
    },
    {
      id: "fl",
      type: "fl_security",
      rules: [
        { id: "big", action: "deny", match: { condition: "size > most" }, parameters: { most: 9 } },
      ],
    },
    { id: "shut", type: "shut", rules: [{ id: "all", action: "deny", match: {} }] },
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

describe.each(["a running engine", "a policy file"] as const)("explain asks %s", (way) => {
  const explain = (...argv: string[]) => runCli(["explain", ...ways()[way], ...argv]);

  it("a denial: the nearest rule with what it expected and got, and the smallest change; exit 0", async () => {
    const { exitCode, stdout } = await explain("--protocol", "tcp", "--dst-port", "81");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`DENIED (default): `);
    expect(stdout).toContain(`the nearest rule that would have it allowed:
  net/web (allow) would have to apply
    - dst_port: expected 80, got 81 (81 is outside 80)
the smallest change that is allowed:
  dst_port: 81 -> 80
explanation:
`);
  });

  it("a condition that denies: its values, and the first value beyond", async () => {
    const { stdout } = await explain("--policy-type", "fl_security", "--context", '{"size": 12}');
    expect(stdout).toContain(`the nearest rule that would have it allowed:
  fl/big (deny) would have to not apply
    condition size > most: true
      size = 12
      most = 9
the smallest change that is allowed:
  size: 12 -> 9
`);
  });

  it("a permit: the nearest rule that would have denied, and no change", async () => {
    const { stdout } = await explain("--protocol", "tcp", "--dst-port", "80");
    expect(stdout).toContain("the nearest rule that would have it denied:\n  net/");
    expect(stdout).not.toContain("the smallest change");
  });

  it("says so where no change helps", async () => {
    const { stdout } = await explain("--policy-type", "shut");
    expect(stdout).toMatch(/would have it allowed:\n {2}none found among \d+ changed requests\n/);
    expect(stdout).toMatch(/change that is allowed:\n {2}none found among \d+ changed requests\n/);
  });

  it("a question that is refused is exit 1, one that cannot be read exit 2", async () => {
    expect((await explain("--dst-port", "70000")).exitCode).toBe(1);
    expect((await explain("--dst-port", "http")).exitCode).toBe(2);
  });
});

describe("explain", () => {
  it("gives the same data from an engine and from a file, and through check --explain", async () => {
    const ask = async (argv: readonly string[]) => {
      const { stdout } = await runCli([...argv, "--protocol=udp", "--format=json"]);
      const { decisionId: _, ...answer } = JSON.parse(stdout) as Record<string, unknown>;
      return answer;
    };
    const [running, offline] = Object.values(ways());
    const expected = await ask(["explain", ...(running ?? [])]);
    expect(expected).toMatchObject({
      explanation: {
        smallestChange: {
          changes: [{ attribute: "protocol", from: "udp", to: "tcp" }, { to: 80 }],
        },
      },
    });
    expect(await ask(["explain", ...(offline ?? [])])).toEqual(expected);
    expect(await ask(["check", "--explain", ...(running ?? [])])).toEqual(expected);
  });
});
