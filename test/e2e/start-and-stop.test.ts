import { status } from "@grpc/grpc-js";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type EngineProcess, startProcess } from "../support/engine-process.js";
import { protoClient } from "../support/proto-client.js";
import { waitFor } from "../support/wait-for.js";

const running: EngineProcess[] = [];
afterEach(async () => {
  for (const engine of running.splice(0)) {
    engine.child.kill("SIGKILL");
    await engine.exited;
  }
});

function start(env: Record<string, string>, args: string[] = []): EngineProcess {
  const engine = startProcess(env, args);
  running.push(engine);
  return engine;
}

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-e2e-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const ALLOW_ALL = JSON.stringify({
  policies: [{ id: "a", type: "network_security", rules: [{ action: "allow" }] }],
});

async function health(port: number): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("starting", () => {
  it("serves the shipped policies without any setting, and stops with 0 on SIGTERM", async () => {
    const engine = start({});
    const ports = await engine.listening();
    expect(await health(ports.rest)).toMatchObject({ status: 200, body: { status: "healthy" } });
    engine.child.kill("SIGTERM");
    expect(await engine.exited).toBe(0);
  });

  it("stops with 0 on SIGINT too", async () => {
    const engine = start({});
    await engine.listening();
    engine.child.kill("SIGINT");
    expect(await engine.exited).toBe(0);
  });

  it("takes flags", async () => {
    const folder = folderWith({ "p.json": ALLOW_ALL });
    const engine = start({}, ["--policy-file", join(folder, "p.json"), "--storage=memory"]);
    const ports = await engine.listening();
    const response = await fetch(`http://127.0.0.1:${ports.rest}/policies`);
    expect(Object.keys(((await response.json()) as { policies: object }).policies)).toEqual(["a"]);
  });

  // prettier-ignore
  it.each<[says: string, env: Record<string, string>, args: string[], code: number, message: string]>([
    ["an unknown flag is a usage error",        {},                                            ["--prot", "1"], 2, "--prot"],
    ["a port out of range is refused",          { GRPC_PORT: "70000" },                        [],              1, "GRPC_PORT must be a whole number from 0 to 65535, got"],
    ["a POLICY_CONFIG that is missing is",      { POLICY_CONFIG: "/nowhere/config.json" },     [],              1, "POLICY_CONFIG"],
    ["a DATA_DIR that cannot be made is",       { DATA_DIR: "/dev/null/data" },                [],              1, "DATA_DIR"],
    ["a DATA_DIR where none can be is",         { DATA_DIR: "/proc/nope/data" },               [],              1, "DATA_DIR /proc/nope/data cannot be used"],
    ["a node address that is none is",          { NODE_IP_FL_SERVER: "10.0.0" },               [],              1, "NODE_IP_FL_SERVER must be an IPv4 or IPv6 address"],
  ])("%s", async (_says, env, args, code, message) => {
    const engine = start(env, args);
    expect(await engine.exited).toBe(code);
    expect(engine.stderr()).toContain(message);
    expect(engine.stderr().trim().split("\n")).toHaveLength(1);
    expect(engine.stdout()).not.toContain("stack");
  });

  it("says of a damaged version file, in one line, how to mend it", async () => {
    const DATA_DIR = folderWith({ "policy-version": "{" });
    const engine = start({ DATA_DIR });
    expect(await engine.exited).toBe(1);
    expect(engine.stderr().trim().split("\n")).toEqual([
      expect.stringMatching(/^flopynet-policy: .* is damaged: restore it, .*: check DATA_DIR$/),
    ]);
    expect(engine.stdout() + engine.stderr()).not.toContain("see the engine's log");
    expect(engine.stdout()).not.toContain("stack");
  });

  it.each(["GRPC_PORT", "POLICY_PORT", "METRICS_PORT"])(
    "says which setting to change when the port of %s is taken",
    async (setting) => {
      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
      const { port } = blocker.address() as AddressInfo;
      const engine = start({ [setting]: String(port) });
      expect(await engine.exited).toBe(1);
      expect(engine.stderr()).toContain(setting);
      blocker.close();
    },
  );

  it("warns of a LOG_FILE that cannot be written, and goes on", async () => {
    const engine = start({ LOG_FILE: "/dev/null/x.log" });
    await engine.listening();
    expect(engine.stdout()).toContain("LOG_FILE cannot be written");
  });

  it("logs to LOG_FILE too", async () => {
    const logFile = join(folderWith({}), "engine.log");
    const engine = start({ LOG_FILE: logFile, LOG_LEVEL: "INFO" });
    await engine.listening();
    expect(readFileSync(logFile, "utf8")).toContain("is active");
  });
});

describe("without a good policy set", () => {
  // prettier-ignore
  it.each<[says: string, files: Record<string, string>]>([
    ["a file that is missing",   {}],
    ["a file that is not JSON",  { "policies.json": "{" }],
    ["a misspelt verb",          { "policies.json": ALLOW_ALL.replace("allow", "alow") }],
    ["a missing file beside good defaults", { "default_policies.json": ALLOW_ALL }],
  ])("%s: it starts, refuses, and recovers", async (_says, files) => {
    const folder = folderWith(files);
    const engine = start({ POLICY_FILE: join(folder, "policies.json") });
    const ports = await engine.listening();
    expect(engine.stderr()).toContain("NONE");
    expect(await health(ports.rest)).toMatchObject({
      status: 503,
      body: { status: "unhealthy", version: 0 },
    });
    const client = protoClient(ports.grpc);
    expect(await client.health()).toBe("NOT_SERVING");
    expect(await client.failure("CheckConnection", {})).toMatchObject({
      code: status.UNAVAILABLE,
      reason: "NO_ACTIVE_POLICY",
    });

    writeFileSync(join(folder, "policies.json"), ALLOW_ALL);
    await waitFor("it serves", async () => (await health(ports.rest)).status === 200);
    expect(await client.health()).toBe("SERVING");
    expect(await client.call("CheckConnection", {})).toMatchObject({ allowed: true });
    client.close();
  });
});

describe("draining", () => {
  it("ends streams UNAVAILABLE with their cursor after ENGINE_STOP, then exits with 0", async () => {
    const engine = start({});
    const ports = await engine.listening();
    const client = protoClient(ports.grpc);
    const stream = client.events();
    await waitFor("the bookmark", () => stream.messages.length > 0);
    engine.child.kill("SIGTERM");
    const end = await stream.ended;
    expect(end).toMatchObject({ code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
    const events = stream.messages.flatMap(
      (message) => (message["events"] ?? []) as { event_type: string }[],
    );
    expect(events.at(-1)?.event_type).toBe("ENGINE_STOP");
    expect(end.metadata["cursor"]).toBe(stream.messages.at(-1)?.["cursor"]);
    expect(await engine.exited).toBe(0);
    client.close();
  });

  it("a second signal ends it with 1", async () => {
    const engine = start({ SHUTDOWN_GRACE_S: "60" });
    const ports = await engine.listening();
    const half = connect(ports.rest, "127.0.0.1"); // A request that never ends holds the drain.
    half.write("POST /v1/connections:check HTTP/1.1\r\nHost: localhost\r\nContent-Type: ");
    half.write("application/json\r\nContent-Length: 100\r\n\r\n{");
    expect((await health(ports.rest)).status).toBe(200); // Sent later, so the first was accepted.
    engine.child.kill("SIGTERM");
    await waitFor("draining", () => engine.stdout().includes("draining"));
    engine.child.kill("SIGINT");
    expect(await engine.exited).toBe(1);
    half.destroy();
  });
});

describe("the policy version", () => {
  it("survives a restart, and grows when the file changed meanwhile", async () => {
    const folder = folderWith({ "policies.json": ALLOW_ALL });
    const env = { POLICY_FILE: join(folder, "policies.json"), DATA_DIR: join(folder, "data") };
    const versionNow = async (): Promise<unknown> => {
      const engine = start(env);
      const ports = await engine.listening();
      const { version } = (await health(ports.rest)).body;
      engine.child.kill("SIGTERM");
      expect(await engine.exited).toBe(0);
      return version;
    };
    expect(await versionNow()).toBe(1);
    expect(await versionNow()).toBe(1);
    writeFileSync(env.POLICY_FILE, ALLOW_ALL.replace("allow", "deny"));
    expect(await versionNow()).toBe(2);
    writeFileSync(env.POLICY_FILE, ALLOW_ALL.replace('{"policies"', '{"version":1,"policies"'));
    expect(await versionNow()).toBe(3);
  });
});
