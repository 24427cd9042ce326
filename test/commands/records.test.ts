import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runCommandLine } from "../../src/command-line.js";
import { createGrpcClient, type GrpcClient, struct } from "../support/grpc-client.js";
import { type CliResult, runCli } from "../support/run-cli.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { aDataDir } from "../support/sqlite.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const CHECK = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";
const PUBLISH = "flopynet.policy.v1.EventService/PublishEvent";

let engine: TestEngine;
let client: GrpcClient;
beforeAll(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
  client = createGrpcClient(engine.grpcPort);
  await client.unary(CHECK, { ...ALLOWED_CONNECTION, client_id: "c1" });
  await client.unary(CHECK, { dst_port: 23, client_id: "c2" });
  await client.unary(CHECK, { dst_port: 24 });
  await publish(client, "ONE");
  await waitFor("the decisions", async () => (await lines("decisions", "list")).length === 3);
});
afterAll(async () => {
  client.close();
  await engine.stop();
});

const publish = (to: GrpcClient, event_type: string) => {
  const details = struct({ round: 3 });
  return to.unary(PUBLISH, {
    event: { source_component: "FL_SERVER", event_type, severity: "EVENT_SEVERITY_ERROR", details },
  });
};

function run(...args: string[]): Promise<CliResult> {
  return runCli([...args, "--address", `127.0.0.1:${engine.grpcPort}`]);
}

async function lines(...args: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await run(...args);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout.split("\n").slice(0, -1);
}

/** A command that goes on until `stop`. */
function follow(port: number, ...args: string[]) {
  const stopping = new AbortController();
  const printed = { out: "", err: "" };
  const ended = runCommandLine([...args, "--address", `127.0.0.1:${port}`], {
    env: {},
    stdout: (text) => (printed.out += text),
    stderr: (text) => (printed.err += text),
    signal: stopping.signal,
  });
  const stop = (): Promise<number> => {
    stopping.abort();
    return ended;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { out: () => printed.out, err: () => printed.err, stop, ended };
}

describe("flopynet-policy events tail", () => {
  it("prints the newest events, oldest first, a line each", async () => {
    const printed = await lines("events", "tail", "--last", "2");
    expect(printed).toHaveLength(2);
    expect(printed[0]).toMatch(/ {2}POLICY_ENGINE {2}POLICY_VIOLATION {2}/);
    expect(printed[1]).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}#\d+ {2}ERROR {2}FL_SERVER {2}ONE {2}\{"round":3\}$/,
    );
  });

  it("prints JSON on request", async () => {
    const [line = ""] = await lines("events", "tail", "--last", "1", "--format", "json");
    expect(JSON.parse(line)).toMatchObject({
      ...{ sourceComponent: "FL_SERVER", eventType: "ONE", severity: "error" },
      ...{ policyVersion: 3, details: { round: 3 } },
    });
  });

  // prettier-ignore
  it.each<[filters: string[], types: string[]]>([
    [["severity=error"],                                     ["ONE"]],
    [["severity=WARNING,ERROR", "source_component=POLICY_ENGINE"], ["POLICY_VIOLATION", "POLICY_VIOLATION"]],
    [["event_type=POLICY_APPLIED", "event_type=ONE"],        ["POLICY_APPLIED", "ONE"]],
    [["client_id=c2"],                                       ["POLICY_VIOLATION"]],
    [["policy_id=nobody"],                                   []],
  ])("with --filter %s", async (filters, types) => {
    const given = filters.flatMap((filter) => ["--filter", filter]);
    const printed = await lines("events", "tail", "--format", "json", ...given);
    expect(printed.map((line) => (JSON.parse(line) as { eventType: string }).eventType)).toEqual(types);
  });

  // prettier-ignore
  it.each<[says: string, args: string[], message: string]>([
    ["a field that is none",     ["--filter", "type=X"],        "--filter must be FIELD=VALUE"],
    ["a filter without a value", ["--filter", "event_type="],   "--filter must be FIELD=VALUE"],
    ["a severity that is none",  ["--filter", "severity=BAD"],  "must be INFO, WARNING, ERROR or CRITICAL: got bad"],
    ["an empty cursor",          ["--follow", "--from", ""],    "must be a cursor"],
    ["a cursor without --follow", ["--from", "abc"],            "--from needs --follow"],
    ["--last 0",                 ["--last", "0"],               "must be a whole number from 1 to 1000"],
  ])("refuses %s as usage", async (_says, args, message) => {
    const { exitCode, stderr } = await run("events", "tail", ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it("gives up when its cursor is refused, and when there is no engine", async () => {
    const refused = await run("events", "tail", "--follow", "--from", "abc");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("after_cursor is not a cursor of this engine");
    const away = await runCli(["events", "tail", "--follow", "--address", "127.0.0.1:1"]);
    expect(away).toMatchObject({ exitCode: 1, stdout: "" });
    expect(away.stderr).toContain("engine not reachable at 127.0.0.1:1");
  });

  it("follows over a restart, each event once, and says where to go on", async () => {
    const settings = { STORAGE: "sqlite", DATA_DIR: aDataDir(), SHUTDOWN_GRACE_S: "1" };
    const first = await startTestEngine({ policies: SMALL_POLICY_SET, settings });
    const port = first.grpcPort;
    const wanted = ["--filter", "source_component=FL_SERVER", "--format", "json"];
    const tail = follow(port, "events", "tail", "--follow", ...wanted);
    const published = createGrpcClient(port);
    await publish(published, "BEFORE");
    await waitFor("the first event", () => tail.out().includes("BEFORE"));
    published.close();
    await first.stop();

    const again = { ...settings, GRPC_PORT: String(port) };
    const second = await startTestEngine({ policies: SMALL_POLICY_SET, settings: again });
    onTestFinished(() => second.stop());
    const publishing = createGrpcClient(port);
    await publish(publishing, "AFTER");
    await waitFor("the second event", () => tail.out().includes("AFTER"), 20_000);
    expect(await tail.stop()).toBe(0);

    const printed = tail.out().trim().split("\n");
    const events = printed.map((line) => JSON.parse(line) as { eventType: string; cursor: string });
    expect(events.map(({ eventType }) => eventType)).toEqual(["BEFORE", "AFTER"]);
    expect(tail.err()).toContain("trying again");
    expect(tail.err()).toMatch(/go on with --from \S+\n$/);

    const from = ["--from", events[0]?.cursor ?? ""];
    const resumed = follow(port, "events", "tail", "--follow", ...wanted, ...from);
    await publish(publishing, "LAST");
    publishing.close();
    await waitFor("the last event", () => resumed.out().includes("LAST"));
    expect(resumed.out()).not.toContain("BEFORE");
    expect(resumed.out()).toContain("AFTER");
  }, 60_000);
});

describe("flopynet-policy decisions", () => {
  it("list prints the newest first, a line each", async () => {
    const printed = await lines("decisions", "list");
    expect(printed.map((line) => line.split("  ").slice(2, 4))).toEqual([
      ["DENIED (default)", "network_security"],
      ["DENIED (explicit)", "network_security"],
      ["ALLOWED", "network_security"],
    ]);
    expect(printed[1]).toMatch(/ {2}client=c2 {2}version 3 {2}\d+ us {2}\S/);
  });

  it("tail prints the newest last", async () => {
    const [newest, second] = await lines("decisions", "list");
    expect(await lines("decisions", "tail", "--limit", "2")).toEqual([second, newest]);
  });

  // prettier-ignore
  it.each<[args: string[], count: number]>([
    [["--allowed"],                                 1],
    [["--denied"],                                  2],
    [["--client-id", "c2"],                         1],
    [["--policy-id", "net", "--rule-id", "no-telnet"], 1],
    [["--policy-type", "fl_server_control"],        0],
    [["--since", "2999-01-01"],                     0],
    [["--until", "2999-01-01T00:00:00Z"],           3],
    [["--limit", "2"],                              2],
  ])("list with %s", async (args, count) => {
    expect(await lines("decisions", "list", ...args)).toHaveLength(count);
  });

  it("list prints JSON on request", async () => {
    const printed = await lines(
      "decisions",
      "list",
      "--denied",
      "--client-id",
      "c2",
      "--format",
      "json",
    );
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      policyType: "network_security",
      request: { dst_port: 23, client_id: "c2" },
      response: { allowed: false, denyKind: "explicit", policyVersion: 3 },
    });
  });

  it("tail --follow prints what comes, each once, until it is stopped", async () => {
    const tail = follow(engine.grpcPort, "decisions", "tail", "--follow", "--limit", "1");
    await waitFor("the newest", () => tail.out() !== "");
    await client.unary(CHECK, { dst_port: 25 });
    await client.unary(CHECK, { dst_port: 26 });
    await waitFor("two more", () => tail.out().split("\n").length === 4);
    expect(await tail.stop()).toBe(0);
    expect(new Set(tail.out().split("\n")).size).toBe(4);
  });

  it("tail --follow goes on over a restart, each once", async () => {
    const settings = { STORAGE: "sqlite", DATA_DIR: aDataDir(), SHUTDOWN_GRACE_S: "1" };
    const first = await startTestEngine({ policies: SMALL_POLICY_SET, settings });
    const port = first.grpcPort;
    const asking = createGrpcClient(port);
    await asking.unary(CHECK, { dst_port: 25 });
    asking.close();
    const tail = follow(port, "decisions", "tail", "--follow");
    await waitFor("the first", () => tail.out() !== "");
    await first.stop();
    await waitFor("the loss", () => tail.err().includes("trying again"));

    const again = { ...settings, GRPC_PORT: String(port) };
    const second = await startTestEngine({ policies: SMALL_POLICY_SET, settings: again });
    onTestFinished(() => second.stop());
    const askingAgain = createGrpcClient(port);
    await askingAgain.unary(CHECK, { dst_port: 26 });
    askingAgain.close();
    await waitFor("the second", () => tail.out().split("\n").length === 3, 20_000);
    expect(await tail.stop()).toBe(0);
    expect(new Set(tail.out().split("\n")).size).toBe(3);
    expect(tail.err().match(/trying again/g)).toHaveLength(1);
  }, 60_000);

  it("tail --follow ends where the engine was never there", async () => {
    const away = ["decisions", "tail", "--follow", "--address", "127.0.0.1:1"];
    expect(await runCli(away)).toMatchObject({ exitCode: 1, stdout: "" });
  });

  it.each([
    [["--since", "yesterday"], "must be a time such as"],
    [["--allowed", "--denied"], "cannot be used with"],
  ])("refuses %s as usage", async (args, message) => {
    const { exitCode, stderr } = await run("decisions", "list", ...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
