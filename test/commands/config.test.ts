import { describe, expect, it } from "vitest";
import { runConfig } from "../../src/commands/config.js";
import { runCli } from "../support/run-cli.js";

describe("config prints the settings in force and where each came from", () => {
  it("as text", async () => {
    const { exitCode, stdout } = await runCli(["config", "--grpc-port", "7"], {
      LOG_LEVEL: "WARNING",
      NODE_IP_FL_SERVER: "10.0.0.1",
      SERVICE_TYPE: "policy-engine",
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^GRPC_PORT +7 {2}\(flag\)$/m);
    expect(stdout).toMatch(/^LOG_LEVEL +warn {2}\(environment\)$/m);
    expect(stdout).toMatch(/^NODE_IP_FL_SERVER +10\.0\.0\.1 {2}\(environment\)$/m);
    expect(stdout).toMatch(/^LOG_FILE +none {2}\(default\)$/m);
    expect(stdout).toMatch(/^SERVICE_TYPE means nothing to this engine: ignored$/m);
  });

  it("as JSON", () => {
    const written: string[] = [];
    runConfig(
      {
        settings: [
          { name: "POLICY_PORT", value: 5000, origin: "default" },
          { name: "LOG_FILE", value: undefined, origin: "default" },
        ],
        ignored: ["SERVICE_TYPE means nothing to this engine: ignored"],
      },
      { format: "json" },
      { write: (text) => written.push(text) },
    );
    expect(JSON.parse(written.join(""))).toEqual({
      settings: {
        POLICY_PORT: { value: 5000, origin: "default" },
        LOG_FILE: { value: null, origin: "default" },
      },
      ignored: ["SERVICE_TYPE means nothing to this engine: ignored"],
    });
  });

  // prettier-ignore
  it.each<[argv: string[], env: Record<string, string>, exitCode: number, message: string]>([
    [["--grpc-prt", "7"], {},                            2, "flopynet-policy: unknown flag `--grpc-prt`: did you mean `--grpc-port`?\n"],
    [[],                  { GRPC_PORT: "x" },            1, "flopynet-policy: GRPC_PORT must be a whole number from 0 to 65535, got `x`\n"],
    [[],                  { POLICY_CONFIG: "/no/such" }, 1, "flopynet-policy: POLICY_CONFIG `/no/such`: cannot be read: ENOENT"],
  ])("%j with %j: exit %i", async (argv, env, exitCode, message) => {
    const result = await runCli(["config", ...argv], env);
    expect(result).toMatchObject({ exitCode, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});

describe("the command line", () => {
  // prettier-ignore
  it.each<[argv: string[], exitCode: number, text: string]>([
    [[],                               2, "Usage: flopynet-policy"],
    [["--help"],                       0, "Usage: flopynet-policy"],
    [["--version"],                    0, "0.1.0"],
    [["serve", "--help"],              0, "--grpc-port <value>"],
    [["serv"],                         2, "Did you mean serve?"],
    [["serve", "--grpc-port", "x"],    2, ""],
  ])("%j: exit %i", async (argv, exitCode, text) => {
    const result = await runCli(argv);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout + result.stderr).toContain(text);
  });
});
