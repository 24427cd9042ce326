import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { type EngineProcess, startProcess } from "../support/engine-process.js";
import { createGrpcClient, type GrpcClient, type Message } from "../support/grpc-client.js";

/** How often the engine is killed; `CRASH_ROUNDS` raises it. */
const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 4);
const WRITERS = 3;
const LONGEST_MS = 400;
const ADMIN = "flopynet.policy.v1.PolicyAdminService/";

const folder = mkdtempSync(join(tmpdir(), "policy-crash-"));
const file = join(folder, "policies", "policies.json");
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What one writer knows of its own policy, whose priority it counts up. */
interface Writer {
  readonly id: string;
  tried: number;
  acknowledged: number;
}

/** Versions that were answered. */
const answered: number[] = [];

function start(): EngineProcess {
  return startProcess({ POLICY_FILE: file, DATA_DIR: join(folder, "data"), LOG_LEVEL: "error" });
}

async function opened(engine: EngineProcess): Promise<GrpcClient> {
  return createGrpcClient((await engine.listening()).grpc);
}

/** Counts up until the engine is gone. */
async function write(client: GrpcClient, writer: Writer): Promise<void> {
  for (;;) {
    writer.tried += 1;
    const policy = { id: writer.id, type: "t", priority: writer.tried };
    const method = writer.acknowledged === 0 ? "CreatePolicy" : "UpdatePolicy";
    const rules = { rules: [{ action: "deny", condition: "x > 1" }] };
    try {
      const answer = await client.unary(ADMIN + method, { policy: { ...policy, ...rules } });
      writer.acknowledged = writer.tried;
      answered.push(Number((answer["policy"] as Message)["policy_version"]));
    } catch {
      return;
    }
  }
}

async function checkWhatIsThere(client: GrpcClient, writers: readonly Writer[]): Promise<void> {
  const inFile = JSON.parse(readFileSync(file, "utf8")) as {
    policies: Record<string, { priority: number }>;
  };
  const { policies = [] } = (await client.unary(`${ADMIN}ListPolicies`, {})) as {
    policies?: { id: string; priority: number }[];
  };
  const active = new Map(policies.map(({ id, priority }) => [id, priority]));
  for (const writer of writers) {
    const now = active.get(writer.id) ?? 0;
    expect(inFile.policies[writer.id]?.priority ?? 0).toBe(now);
    expect([writer.acknowledged, writer.tried]).toContain(now);
    writer.acknowledged = now; // What was not answered was made whole, or not at all.
    writer.tried = now;
  }
  const { versions = [] } = (await client.unary(`${ADMIN}ListPolicyVersions`, {
    page_size: 1000,
  })) as { versions?: { policy_version: string }[] };
  const numbers = versions.map(({ policy_version: version }) => Number(version));
  expect(numbers).toEqual(expect.arrayContaining(answered.slice(-900)));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers[0]).toBeGreaterThanOrEqual(Math.max(0, ...answered));
  const told = await eventVersions(client);
  expect(told).toEqual(expect.arrayContaining(answered.slice(-900)));
  expect(new Set(told).size).toBe(told.length);
}

/** Versions of the events of changes: exactly one for each. */
async function eventVersions(client: GrpcClient): Promise<number[]> {
  const event_types = ["POLICY_CREATED", "POLICY_UPDATED"];
  const answer = await client.unary("flopynet.policy.v1.EventService/ListEvents", {
    ...{ filter: { event_types }, page_size: 1000, newest_first: true },
  });
  return ((answer["events"] ?? []) as { policy_version: string }[]).map((event) =>
    Number(event.policy_version),
  );
}

it(`loses nothing that was answered, and makes nothing by half, over ${ROUNDS} kills`, async () => {
  mkdirSync(join(folder, "policies"));
  writeFileSync(file, JSON.stringify({ version: 2, policies: {} }));
  const writers = Array.from({ length: WRITERS }, (_, index) => ({
    ...{ id: `w${index}`, tried: 0, acknowledged: 0 },
  }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const engine = start();
    const client = await opened(engine);
    await checkWhatIsThere(client, writers);
    const writing = Promise.all(writers.map((writer) => write(client, writer)));
    // At any moment of a write: nothing is waited for here, the moment is what is tried.
    await delay(Math.random() * LONGEST_MS);
    engine.child.kill("SIGKILL");
    await engine.exited;
    await writing;
    client.close();
  }
  const engine = start();
  const client = await opened(engine);
  await checkWhatIsThere(client, writers);
  client.close();
  engine.child.kill("SIGTERM");
  expect(await engine.exited).toBe(0);
  expect(answered.length).toBeGreaterThan(0);
}, 600_000);
