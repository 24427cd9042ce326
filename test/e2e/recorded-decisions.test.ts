import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { askHttp } from "../support/ask-http.js";
import { createGrpcClient, type GrpcClient, type Message } from "../support/grpc-client.js";
import { aDataDir } from "../support/sqlite.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const POLICIES = {
  version: 3,
  policies: {
    net: {
      name: "net",
      type: "network_security",
      rules: [
        { id: "web", action: "allow", match: { protocol: "tcp", dst_port: 80 } },
        { id: "rest", action: "deny", match: { protocol: "tcp" } },
      ],
    },
  },
};
const CHECK = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";
const BATCH = "flopynet.policy.v1.PolicyDecisionService/BatchCheckConnections";
const LIST = "flopynet.policy.v1.MonitoringService/ListDecisions";
const STATUS = "flopynet.policy.v1.MonitoringService/GetStatus";
const EVENTS = "flopynet.policy.v1.EventService/ListEvents";

const web = { protocol: "tcp", dst_port: 80, client_id: "c1", request_id: "r1" };
const ssh = {
  protocol: "tcp",
  dst_port: 22,
  context: { fields: { secret: { stringValue: "s3" } } },
};

async function aDurableEngine(
  settings: Record<string, string> = {},
): Promise<{ engine: TestEngine; client: GrpcClient; dataDir: string; stop: () => Promise<void> }> {
  const dataDir = settings["DATA_DIR"] ?? aDataDir();
  const engine = await startTestEngine({
    policies: POLICIES,
    settings: { STORAGE: "sqlite", DATA_DIR: dataDir, ...settings },
  });
  const client = createGrpcClient(engine.grpcPort);
  const stop = async (): Promise<void> => {
    client.close();
    await engine.stop();
  };
  onTestFinished(stop);
  return { engine, client, dataDir, stop };
}

const recorded = (client: GrpcClient, count: number): Promise<Message[]> =>
  waitFor(`${count} recorded decisions`, async () => {
    const { decisions } = await client.unary(LIST, {});
    const list = decisions as Message[];
    return list.length >= count ? list : undefined;
  });

/** What is 0 is not on the wire. */
function countsOf(status: Message) {
  const { decided, recorded: kept, pending, dropped } = status;
  const count = (value: unknown): number => Number(value ?? 0);
  return {
    decided: count(decided),
    recorded: count(kept),
    pending: count(pending),
    dropped: Object.values(dropped as Message).map(count),
  };
}

describe("a decision of an engine", () => {
  it("is listed with what was asked and what was answered, newest first", async () => {
    const { client } = await aDurableEngine();
    const answer = await client.unary(CHECK, web);
    await client.unary(CHECK, ssh);
    const [second, first] = await recorded(client, 2);
    expect(second).toMatchObject({
      response: { deny_kind: "DENY_KIND_EXPLICIT", rule_id: "rest" },
    });
    expect(first).toMatchObject({
      decision_id: answer["decision_id"],
      policy_type: "network_security",
      response: answer,
    });
    expect(JSON.stringify(first?.["request"])).toContain("c1");
  });

  it("is listed over REST, filtered", async () => {
    const { engine, client } = await aDurableEngine();
    await client.unary(BATCH, { items: [web, ssh, web] });
    await recorded(client, 3);
    const { status, json } = await askHttp(
      engine.restPort,
      "GET /v1/decisions?allowed=false&policyId=net&pageSize=5",
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({
      decisions: [{ policyType: "network_security", response: { ruleId: "rest" } }],
    });
  });

  it("is kept across a restart, and events go on where they were", async () => {
    const first = await aDurableEngine();
    await first.client.unary(CHECK, web);
    await first.stop();
    const { client } = await aDurableEngine({ DATA_DIR: first.dataDir });
    expect(await recorded(client, 1)).toMatchObject([{ response: { request_id: "r1" } }]);
    const { events } = await client.unary(EVENTS, { page_size: 1000 });
    const types = (events as Message[]).map((event) => event["event_type"]);
    expect(types.filter((type) => type === "ENGINE_START" || type === "ENGINE_STOP")).toEqual([
      "ENGINE_START",
      "ENGINE_STOP",
      "ENGINE_START",
    ]);
    const sequences = (events as Message[]).map((event) => Number(event["sequence"]));
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  });

  it("is recorded before it is answered with DECISION_DURABILITY=sync", async () => {
    const { client } = await aDurableEngine({ DECISION_DURABILITY: "sync" });
    const asked = Array.from({ length: 20 }, () => client.unary(BATCH, { items: [web, ssh] }));
    await Promise.all(asked);
    const status = await client.unary(STATUS, {});
    expect(countsOf(status)).toEqual({ decided: 40, recorded: 40, pending: 0, dropped: [0, 0] });
  });

  it("never holds what DECISION_REDACT names, in the log or in events", async () => {
    const { client } = await aDurableEngine({ DECISION_REDACT: "secret,client_id" });
    await client.unary(CHECK, { ...ssh, client_id: "very-private" });
    const decisions = await recorded(client, 1);
    const events = await client.unary(EVENTS, { page_size: 1000 });
    expect(decisions[0]?.["redacted"]).toBe(true);
    expect(JSON.stringify([decisions, events])).not.toMatch(/s3|very-private/);
  });
});

describe("the status of an engine", () => {
  it("accounts for every decision, here and in the metrics", async () => {
    const { engine, client } = await aDurableEngine();
    await client.unary(BATCH, { items: Array.from({ length: 1000 }, () => web) });
    const status = await client.unary(STATUS, {});
    const { decided, recorded: kept, pending } = countsOf(status);
    expect([decided, kept + pending]).toEqual([1000, 1000]);
    await waitFor("all are recorded", async () => {
      const { text } = await askHttp(engine.metricsPort, "GET /metrics");
      return text.includes('decision_records_total{outcome="recorded"} 1000') || undefined;
    });
    const later = await client.unary(STATUS, {});
    expect(later).toMatchObject({ state: "ENGINE_STATE_HEALTHY", policy_version: "3" });
    expect(countsOf(later)).toEqual({ decided: 1000, recorded: 1000, pending: 0, dropped: [0, 0] });
  });

  it("shows the size of the store, in bytes", async () => {
    const { engine } = await aDurableEngine();
    const { json } = await askHttp(engine.restPort, "GET /v1/status");
    expect(Number((json as Message)["storageBytes"])).toBeGreaterThan(4096);
  });

  it("is degraded while nothing can be stored, and decisions go on", async () => {
    const { engine, client, dataDir } = await aDurableEngine();
    rmSync(`${dataDir}/policy-engine.db`);
    expect(await client.unary(CHECK, web)).toMatchObject({ allowed: true });
    await waitFor("it is degraded", () => engine.status().state === "degraded" || undefined);
    expect(await client.unary(CHECK, web)).toMatchObject({ allowed: true });
    const { json } = await askHttp(engine.restPort, "GET /v1/status");
    expect(json).toMatchObject({
      state: "ENGINE_STATE_DEGRADED",
      reasons: [expect.stringMatching(/^nothing can be stored: .* was removed or replaced/)],
    });
    const health = await askHttp(engine.restPort, "GET /health");
    expect(health.json).toMatchObject({
      status: "degraded",
      storage: {},
    });
  });

  it("refuses checks while nothing can be stored with DECISION_DURABILITY=sync", async () => {
    const { client, dataDir } = await aDurableEngine({ DECISION_DURABILITY: "sync" });
    rmSync(`${dataDir}/policy-engine.db`);
    await expect(client.unary(CHECK, web)).rejects.toThrow(/UNAVAILABLE.*cannot be stored/);
  });
});
