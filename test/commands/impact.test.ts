import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CliResult, runCli } from "../support/run-cli.js";
import { SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const ALLOWED =
  "check --src-type fl-client --dst-type fl-server --protocol tcp --dst-port 8080".split(" ");
const DENY = { id: "d", action: "deny", match: { protocol: "any" } };
const STOP = { id: "stop", type: "network_security", priority: 99, rules: [DENY] };
const { net } = SMALL_POLICY_SET.policies;
const WITHOUT_ALLOW = { policies: { net: { ...net, rules: net.rules.slice(1) } } };

let engine: TestEngine;
beforeEach(async () => {
  engine = await startTestEngine({
    policies: SMALL_POLICY_SET,
    settings: { DECISION_REDACT: "client_id" },
  });
  await run(...ALLOWED);
  await run(...ALLOWED, "--client-id", "client-1");
  await run("check", "--dst-port", "23");
  const file = fileWith(STOP);
  await waitFor("every decision recorded", async () =>
    (await run("diff", "--impact", file)).stdout.includes("of 3 recorded"),
  );
});
afterEach(() => engine.stop());

function run(...args: string[]): Promise<CliResult> {
  return runCli([...args, "--address", `127.0.0.1:${engine.grpcPort}`]);
}

function fileWith(content: unknown): string {
  const file = join(engine.folder, "given.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const UUID = String.raw`[0-9a-f-]{36}`;

describe("flopynet-policy diff --impact", () => {
  // prettier-ignore
  it.each<[says: string, content: unknown, args: string[], stdout: string]>([
    ["a new deny rule", STOP, [],
      `2 of 3 recorded decisions would change:\n  2 allow to deny by rule \`d\` of policy \`stop\`\n    such as ${UUID}, ${UUID}\n`],
    ["an allow rule less, in a policy file", WITHOUT_ALLOW, [],
      `2 of 3 recorded decisions would change:\n  2 allow to deny \\(default\\) by rule \`clients-to-server\` of policy \`net\`\n    such as ${UUID}, ${UUID}\n`],
    ["fewer decisions", STOP, ["--decisions", "2"],
      `1 of 2 recorded decisions would change:\n  1 allow to deny by rule \`d\` of policy \`stop\`\n    such as ${UUID}\n`],
    ["no flip", { ...STOP, enabled: false }, [],
      "none of 3 recorded decisions would change\n"],
    ["a policy taken out beside it", { ...STOP, enabled: false }, ["--delete", "net"],
      `2 of 3 recorded decisions would change:\n  2 allow to deny \\(default\\) by rule \`clients-to-server\` of policy \`net\`\n    such as ${UUID}, ${UUID}\n`],
    ["what was never stored", { ...STOP, rules: [{ ...DENY, match: { client_id: "client-1" } }] }, [],
      "none of 2 recorded decisions would change\n1 more depend on attributes that were not recorded\n"],
  ])("%s", async (_says, content, args, stdout) => {
    const said = await run("diff", "--impact", fileWith(content), ...args);
    expect(said).toMatchObject({ exitCode: 0, stderr: "" });
    expect(said.stdout).toMatch(new RegExp(`^${stdout}$`));
  });

  it("prints the answer as data with --format json", async () => {
    const { stdout } = await run("diff", "--impact", fileWith(STOP), "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ decided: 3, flipped: 2, notReplayable: 0 },
      groups: [{ rule: { policyId: "stop" }, to: "ANSWER_KIND_DENIED_EXPLICIT", count: 2 }],
    });
  });

  // prettier-ignore
  it.each<[says: string, args: string[], exitCode: number, stderr: RegExp]>([
    ["no file",               ["diff"],                                                             2, /--impact FILE or --delete ID must say/],
    ["a file that is not there", ["diff", "--impact", "/nowhere.json"],                             1, /^flopynet-policy: \/nowhere\.json cannot be read\n$/],
    ["too many decisions",    ["diff", "--impact", "x", "--decisions", "100001"],                   2, /must be a whole number from 1 to 100000/],
  ])("%s is said, and the exit code tells", async (_says, args, exitCode, stderr) => {
    const said = await run(...args);
    expect(said.exitCode).toBe(exitCode);
    expect(said.stderr).toMatch(stderr);
  });

  it("an unknown policy to take out is said", async () => {
    const said = await run("diff", "--impact", fileWith(STOP), "--delete", "nope");
    expect(said).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/policy `nope` not found/) as unknown,
    });
  });

  it("a verb that nobody knows is said with its place", async () => {
    const file = fileWith({ ...STOP, rules: [{ action: "dney" }] });
    const said = await run("diff", "--impact", file);
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toMatch(/rules\[0\]\.action/);
  });
});
