import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createGrpcClient } from "../support/grpc-client.js";
import { type CliResult, runCli } from "../support/run-cli.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";

let engine: TestEngine;
beforeEach(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
});
afterEach(() => engine.stop());

function policies(...args: string[]): Promise<CliResult> {
  return runCli(["policies", ...args, "--address", `127.0.0.1:${engine.grpcPort}`]);
}

async function printed(...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await policies(...args);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout;
}

function fileWith(content: unknown): string {
  const file = join(engine.folder, "given.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("flopynet-policy policies", () => {
  it("list prints a line for each policy", async () => {
    expect(await printed("list")).toBe(
      [
        "net     network_security   priority 10  enabled  version 3  file",
        "rounds  fl_server_control  priority 0   enabled  version 3  file",
        "",
      ].join("\n"),
    );
  });

  it("get prints a policy that apply takes back unchanged", async () => {
    const file = fileWith(await printed("get", "net"));
    expect(await printed("apply", file)).toBe("net: unchanged (version 3)\n");
  });

  it("apply creates and updates, and says so", async () => {
    const { net } = SMALL_POLICY_SET.policies;
    const file = fileWith({
      policies: { net: { ...net, priority: 4 }, n: { type: "t", rules: [] } },
    });
    expect(await printed("apply", file)).toBe("net: updated (version 4)\nn: created (version 5)\n");
  });

  it("apply --dry-run prints the difference and changes nothing", async () => {
    const before = readFileSync(engine.policyFile, "utf8");
    const net = JSON.parse(await printed("get", "net")) as object;
    const out = await printed("apply", fileWith({ ...net, priority: 4 }), "--dry-run");
    expect(out).toContain('-  "priority": 10,\n+  "priority": 4,\n');
    expect(readFileSync(engine.policyFile, "utf8")).toBe(before);
  });

  // The documented trust policy has no id, and this one misspells the score.
  const MISSPELT =
    '{"name": "trust_based_participation", "type": "security",\n' +
    ' "rules": [{"condition": "client.trust_scor < 0.3", "action": "exclude_client"}]}';

  it.each([
    ["apply", [], "trust-based-participation: created (version 4)\n"],
    ["apply --dry-run", ["--dry-run"], "+++ policies/trust-based-participation (then)"],
  ])("%s names a policy after its name, and warns of what it puts", async (_says, flags, out) => {
    const { exitCode, stdout, stderr } = await policies("apply", fileWith(MISSPELT), ...flags);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(out)]);
    expect(stderr).toBe(
      "flopynet-policy: warning: 2:13: policies.trust-based-participation.rules[0].condition: `client.trust_scor` is no name of a client's trust: it is absent unless the caller sends it (write `client.trust_score`)\n",
    );
  });

  it("enable, disable, delete, history, diff and rollback", async () => {
    expect(await printed("disable", "net", "--reason", "a drill, tatbikat gereği")).toBe(
      "net: disabled (version 4)\n",
    );
    expect(await printed("enable", "net")).toBe("net: enabled (version 5)\n");
    expect(await printed("delete", "rounds")).toBe("rounds: deleted (version 6)\n");
    expect(await printed("history", "--limit", "3")).toMatch(
      /^version 6 {2}\S+Z {2}api {2}127\.0\.0\.1\nversion 5 .*\nversion 4 {2}\S+ {2}api {2}127\.0\.0\.1 {2}a drill, tatbikat gereği\n$/,
    );
    expect(await printed("diff", "4", "5")).toContain('-  "enabled": false\n+  "enabled": true\n');
    expect(await printed("rollback", "3")).toBe(
      "the policies of version 3 are active as version 7\n",
    );
    expect(await printed("diff", "3")).toBe("no difference\n");
    expect(await printed("get", "net", "--at", "4")).toContain('"enabled": false');
  });

  it("reload takes what was edited, says what is wrong, and puts the last good set back", async () => {
    const { policies: small, ...file } = SMALL_POLICY_SET;
    const edited = { ...file, policies: { ...small, net: { ...small.net, priority: 4 } } };
    writeFileSync(engine.policyFile, JSON.stringify(edited));
    expect(await printed("reload")).toBe("version 4 is active\n");
    expect(await printed("reload")).toBe("unchanged (version 4)\n");
    writeFileSync(engine.policyFile, '{"policies": 7}');
    const { exitCode, stderr } = await policies("reload");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("policies.json:1:14")]);
    expect(await printed("reload", "--discard-file-changes")).toBe("unchanged (version 4)\n");
    expect(JSON.parse(readFileSync(engine.policyFile, "utf8"))).toMatchObject(edited);
  });

  it("what would turn too many decisions is made when that is confirmed", async () => {
    const guarded = await startTestEngine({
      policies: SMALL_POLICY_SET,
      settings: { MAX_FLIPPED_DECISIONS_PERCENT: "50" },
    });
    onTestFinished(() => guarded.stop());
    const ask = (...args: string[]) =>
      runCli([...args, "--address", `127.0.0.1:${guarded.grpcPort}`]);
    const client = createGrpcClient(guarded.grpcPort);
    const check = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";
    expect(await client.unary(check, ALLOWED_CONNECTION)).toMatchObject({ allowed: true });
    client.close();
    expect(await ask("policies", "delete", "net")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("1 of 1 recorded decisions would change") as string,
    });
    expect(await ask("diff", "--delete", "net")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("1 of 1 recorded decisions would change:") as string,
    });
    expect(await ask("policies", "delete", "net", "--confirm-impact", "1")).toEqual({
      exitCode: 0,
      stdout: "net: deleted (version 4)\n",
      stderr: "",
    });
  });

  // prettier-ignore
  it.each<[says: string, args: string[], content: unknown, exitCode: number, stderr: string]>([
    ["a policy that is not there",  ["get", "nobody"],              undefined,                                     1, "policy `nobody` not found"],
    ["a policy of no version",      ["get", "net", "--at", "9"],    undefined,                                     1, "policy version `9` not found"],
    ["an unknown version",          ["rollback", "9"],              undefined,                                     1, "policy version `9` not found"],
    ["a stale etag",                ["disable", "net", "--etag", "x"], undefined,                                  1, "has changed since"],
    ["a version that is none",      ["rollback", "x"],              undefined,                                     2, "whole number"],
    ["a file that is not there",    ["apply", "/nowhere.json"],     undefined,                                     1, "cannot be read"],
    ["a file that is not JSON",     ["apply"],                      "{",                                           1, "1:2"],
    ["a misspelt key of a rule",    ["apply"],                      { id: "n", type: "t", rules: [{ action: "deny", condtion: "x" }] },      1, "condtion"],
    ["neither id nor name",         ["apply"],                      { type: "t", rules: [] },                      1, "needs an `id`, or a `name`"],
    ["a key that cannot be sent",   ["apply"],                      { id: "n", type: "t", rules: [{ action: "deny", match: { x: 1 }, idle_timeout: 1 }] }, 1, "idle_timeout"],
  ])("%s is told", async (_says, args, content, exitCode, stderr) => {
    const file = content === undefined ? [] : [fileWith(content)];
    const result = await policies(...args, ...file);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(stderr);
    expect(engine.status().policyVersion).toBe(3);
  });
});
