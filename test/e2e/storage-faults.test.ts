import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createGrpcClient, errorOf, type Message, struct } from "../support/grpc-client.js";
import { aSmallDisk } from "../support/small-disk.js";
import { aDataDir } from "../support/sqlite.js";
import { startTestEngine } from "../support/start-engine.js";
import { roundMessages, TRUST_METHOD, WITH_FLIPPER } from "../support/trust-service.js";
import { waitFor } from "../support/wait-for.js";

const SERVICE = "flopynet.policy.v1";
const POLICIES = {
  version: 3,
  policies: {
    net: { type: "network_security", rules: [{ action: "allow", match: { protocol: "tcp" } }] },
  },
};
const NEW_POLICY = { policy: { id: "new", type: "t", rules: [{ action: "deny" }] } };

async function anEngine(settings: Readonly<Record<string, string>>) {
  const engine = await startTestEngine({
    policies: POLICIES,
    settings: { STORAGE: "sqlite", DATA_DIR: aDataDir(), ...settings },
  });
  const client = createGrpcClient(engine.grpcPort);
  onTestFinished(async () => {
    client.close();
    await engine.stop();
  });
  return {
    engine,
    client,
    check: (context: Record<string, unknown> = {}) =>
      client.unary(`${SERVICE}.PolicyDecisionService/CheckConnection`, {
        ...{ protocol: "tcp", context: struct(context) },
      }),
    create: () => client.unary(`${SERVICE}.PolicyAdminService/CreatePolicy`, NEW_POLICY),
    status: () => client.unary(`${SERVICE}.MonitoringService/GetStatus`, {}),
  };
}

type Engine = Awaited<ReturnType<typeof anEngine>>;

async function healthy({ status: ask }: Engine): Promise<Message> {
  return waitFor("the engine is healthy", async () => {
    const now = await ask();
    return now["state"] === "ENGINE_STATE_HEALTHY" && now;
  });
}

/** `decided = recorded + pending + dropped`, as the status says it. */
function accountOf({ decided, recorded, pending, dropped }: Message): readonly number[] {
  const all = Object.values(dropped as Message).map(Number);
  const account = [recorded ?? 0, pending ?? 0, ...all].map(Number);
  return [Number(decided ?? 0), account.reduce((sum, count) => sum + count, 0)];
}

describe("while the disk of DATA_DIR is full", () => {
  it("decisions go on, changes are refused, the health says why; then all is as before by itself", async () => {
    const disk = aSmallDisk(8);
    const engine = await anEngine({ DATA_DIR: join(disk.folder, "data") });
    disk.fill();
    for (let n = 0; n < 300; n += 1) expect(await engine.check()).toMatchObject({ allowed: true });
    const degraded = await waitFor("it is degraded", async () => {
      const now = await engine.status();
      return now["state"] === "ENGINE_STATE_DEGRADED" && now;
    });
    expect(String(degraded["reasons"])).toMatch(/full/);
    expect(await errorOf(engine.create())).toMatchObject({
      code: status.UNAVAILABLE,
      details: { "google.rpc.ErrorInfo": { reason: "STORAGE_UNAVAILABLE" } },
    });

    disk.free();
    await healthy(engine);
    const after = await waitFor("all is recorded", async () => {
      const now = await engine.status();
      return Number(now["recorded"]) === 300 && now;
    });
    expect(accountOf(after)).toEqual([300, 300]);
    await engine.create();
  });

  it("with DECISION_DURABILITY=sync no decision is answered that is not recorded", async () => {
    const disk = aSmallDisk(8);
    const engine = await anEngine({
      ...{ DATA_DIR: join(disk.folder, "data"), DECISION_DURABILITY: "sync" },
    });
    await engine.check();
    disk.fill();
    const refused = async (): Promise<boolean> =>
      engine.check().then(
        () => false,
        () => true,
      );
    // The write-ahead log has a page or two of room yet.
    await waitFor("no decision is answered", refused);
    const error = await errorOf(engine.check());
    expect(error.details["google.rpc.ErrorInfo"]).toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    disk.free();
    await healthy(engine);
    await engine.check();
    const [decided, accounted] = accountOf(await engine.status());
    expect(accounted).toBe(decided);
  });
});

describe("while the folder of the policy file is read-only", () => {
  it("decisions go on, changes are refused with the reason, and are made once it can be written", async () => {
    const disk = aSmallDisk(8);
    const file = join(disk.folder, "policies", "policies.json");
    mkdirSync(join(disk.folder, "policies"));
    writeFileSync(file, JSON.stringify(POLICIES));
    const engine = await anEngine({ POLICY_FILE: file });
    disk.remount("ro");
    expect(await errorOf(engine.create())).toMatchObject({
      code: status.FAILED_PRECONDITION,
      message: expect.stringMatching(/read-only/) as string,
      details: { "google.rpc.ErrorInfo": { reason: "POLICY_FILE_READ_ONLY" } },
    });
    expect(await engine.check()).toMatchObject({ allowed: true, policy_version: "3" });
    await healthy(engine);
    disk.remount("rw");
    expect(await engine.create()).toMatchObject({ policy: { policy_version: "4" } });
  });
});

describe("a database that is damaged while the engine runs", () => {
  it("is set aside, told by an event and to its subscribers, and everything goes on with a new one", async () => {
    const dataDir = aDataDir();
    const engine = await anEngine({ DATA_DIR: dataDir, STREAM_BOOKMARK_S: "0.05" });
    const events = `${SERVICE}.EventService`;
    const { cursor } = await firstOf(engine, {}, () => true);
    // More than is kept in memory of the file.
    const text = "x".repeat(8000);
    await Promise.all(Array.from({ length: 1000 }, () => engine.check({ text })));
    const first = await waitFor("the decisions are told", async () => {
      const page = await engine.client.unary(`${events}/ListEvents`, { page_size: 1 });
      const status = await engine.status();
      return Number(status["recorded"]) === 1000 && (page["events"] as Message[]);
    });
    expect(first).toMatchObject([{ sequence: "1" }]);
    const ask = (method: string, request: Message = {}) =>
      engine.client.unary(TRUST_METHOD(method), request);
    const report = (round: number) =>
      ask("ReportObservations", { observations: roundMessages("run", round, WITH_FLIPPER) });
    for (let round = 1; round <= 6; round += 1) await report(round);
    const excluded = await ask("EvaluateTrust", { client_id: "a" });
    expect(excluded).toMatchObject({ state: "TRUST_STATE_EXCLUDED" });
    damage(join(dataDir, "policy-engine.db"));

    // Whatever reads or writes what is damaged finds it out.
    await waitFor("it is found out", async () => {
      const decisions = engine.client.unary(`${SERVICE}.MonitoringService/ListDecisions`, {
        page_size: 1000,
      });
      return decisions.then(
        () => false,
        () => true,
      );
    });
    const told = await waitFor("an event tells", async () => {
      const filter = { event_types: ["DATABASE_SET_ASIDE"] };
      const page = await engine.client.unary(`${events}/ListEvents`, { filter });
      return ((page["events"] ?? []) as Message[])[0];
    });
    expect(told).toMatchObject({ severity: "EVENT_SEVERITY_CRITICAL" });
    expect(Number(told["sequence"])).toBeGreaterThan(1000);

    const { lost } = await firstOf(engine, { after_cursor: cursor }, (message) => message["lost"]);
    expect(lost).toMatchObject({ cause: "LOSS_CAUSE_RETENTION" });

    await healthy(engine);
    // Nobody who is excluded is admitted by it.
    expect((await ask("RecalculateTrust"))["differences"] ?? 0).toBe(0);
    expect(await ask("EvaluateTrust", { client_id: "a" })).toEqual(excluded);
    expect(await report(7)).toEqual({ accepted: 6 });
    await engine.check();
    const versions = await waitFor("the active set is in the history again", async () => {
      const page = await engine.client.unary(
        `${SERVICE}.PolicyAdminService/ListPolicyVersions`,
        {},
      );
      const list = (page["versions"] ?? []) as Message[];
      return list.length > 0 && list;
    });
    expect(versions).toMatchObject([{ policy_version: "3" }]);
    expect(await engine.create()).toMatchObject({ policy: { policy_version: "4" } });
    const [decided, accounted] = accountOf(await engine.status());
    expect([decided, accounted]).toEqual([1001, 1001]);
  });
});

describe("a clock that steps back one hour", () => {
  it("disturbs nothing: decisions, events, pages and policy versions go on", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now(), shouldAdvanceTime: true });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const engine = await anEngine({ DECISION_EVENTS_PER_S: "2" });
    for (let n = 0; n < 5; n += 1) await engine.check();
    vi.setSystemTime(Date.now() - 3_600_000);
    for (let n = 0; n < 5; n += 1) await engine.check();
    expect(await engine.create()).toMatchObject({ policy: { policy_version: "4" } });
    await waitFor(
      "all is recorded",
      async () => Number((await engine.status())["recorded"]) === 10,
    );

    const ids = new Set<unknown>();
    let page_token = "";
    do {
      const page = await engine.client.unary(`${SERVICE}.MonitoringService/ListDecisions`, {
        ...{ page_size: 3, page_token },
      });
      for (const decision of page["decisions"] as Message[]) ids.add(decision["decision_id"]);
      page_token = (page["next_page_token"] ?? "") as string;
    } while (page_token !== "");
    expect(ids.size).toBe(10);

    const filter = { event_types: ["POLICY_APPLIED"] };
    // What is more than two in a second becomes one event with its count, an hour back as well.
    const counted = await waitFor("every decision is told", async () => {
      const page = await engine.client.unary(`${SERVICE}.EventService/ListEvents`, { filter });
      const events = (page["events"] ?? []) as EventWithCount[];
      const count = events.reduce((sum, { details }) => sum + countIn(details), 0);
      return count >= 10 && { count, sequences: events.map(({ sequence }) => Number(sequence)) };
    });
    expect(counted.count).toBe(10);
    expect(counted.sequences).toEqual(counted.sequences.toSorted((left, right) => left - right));
  });
});

interface EventWithCount {
  readonly sequence: string;
  readonly details: { readonly fields: Readonly<Record<string, { numberValue?: number }>> };
}

/** Of how many decisions one event tells. */
function countIn({ fields }: EventWithCount["details"]): number {
  return fields["count"]?.numberValue ?? 1;
}

/** The first message of a new event stream for which `isWanted` holds. */
async function firstOf(
  { client }: Engine,
  request: Message,
  isWanted: (message: Message) => unknown,
): Promise<Message> {
  const stream = client.serverStream(`${SERVICE}.EventService/StreamEvents`, request);
  try {
    return await new Promise((resolve, reject) => {
      stream.on("error", reject);
      stream.on("data", (message: Message) => {
        if (isWanted(message)) resolve(message);
      });
    });
  } finally {
    stream.on("error", () => undefined); // It is cancelled.
    stream.cancel();
  }
}

/** All but the first page of the database, and its write-ahead log, become what no program wrote. */
function damage(file: string): void {
  for (const [path, from] of [
    [file, 4096],
    [`${file}-wal`, 32],
  ] as const) {
    const descriptor = openSync(path, "r+");
    writeSync(
      descriptor,
      Buffer.alloc(Math.max(0, statSync(path).size - from), 0xff),
      0,
      null,
      from,
    );
    closeSync(descriptor);
  }
}
