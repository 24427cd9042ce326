import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { startProcess, type EngineProcess } from "../support/engine-process.js";
import { createGrpcClient, type GrpcClient, type Message } from "../support/grpc-client.js";
import {
  allScores,
  roundMessages,
  TRUST_METHOD,
  TRUST_POLICY_SET,
} from "../support/trust-service.js";

const folder = mkdtempSync(join(tmpdir(), "flopynet-trust-"));
const POLICY_FILE = join(folder, "policies.json");
writeFileSync(POLICY_FILE, JSON.stringify(TRUST_POLICY_SET));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const CLIENTS = ["a", "b", "c", "d", "e"];
const updates = (round: number) =>
  Object.fromEntries(
    CLIENTS.map((id, index) => [
      id,
      {
        alignment: index === 0 ? -0.5 : 1 - ((round * (index + 3)) % 7) / 10,
        norm: 0.8 + index / 7,
      },
    ]),
  );

interface Running {
  readonly process: EngineProcess;
  readonly client: GrpcClient;
  ask(method: string, request?: Message): Promise<Message>;
  /** Kills it at once, or lets it end in order. */
  end(signal: NodeJS.Signals): Promise<void>;
}

async function start(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const engine = startProcess({ POLICY_FILE, DATA_DIR: dataDir, ...env });
  onTestFinished(() => void engine.child.kill("SIGKILL"));
  const { grpc } = await engine.listening();
  const client = createGrpcClient(grpc);
  return {
    process: engine,
    client,
    ask: (method, request = {}) => client.unary(TRUST_METHOD(method), request),
    async end(signal) {
      client.close();
      engine.child.kill(signal);
      await engine.exited;
    },
  };
}

const report = (engine: Running, observations: readonly Message[]): Promise<Message> =>
  engine.ask("ReportObservations", { observations, reporter: "fl-server" });
const eventTypes = async (engine: Running): Promise<unknown[]> => {
  const answer = await engine.client.unary("flopynet.policy.v1.EventService/ListEvents", {
    ...{ filter: { event_types: ["TRUST_CHANGED"] }, page_size: 1000 },
  });
  return ((answer["events"] ?? []) as Message[]).map(({ client_id, details }) => [
    client_id,
    details,
  ]);
};

/** What an engine that was never stopped makes of `rounds`. */
async function undisturbed(rounds: number): Promise<{ scores: unknown; events: unknown }> {
  const engine = await start(join(folder, `undisturbed-${rounds}`));
  for (let round = 1; round <= rounds; round += 1) {
    await report(engine, roundMessages("run", round, updates(round)));
  }
  const found = { scores: await allScores(engine, CLIENTS), events: await eventTypes(engine) };
  await engine.end("SIGTERM");
  return found;
}

it.each<[says: string, signal: NodeJS.Signals]>([
  ["a stop in order", "SIGTERM"],
  ["a kill", "SIGKILL"],
])(
  "%s in the middle of a round keeps every score bit for bit, and tells every change once",
  async (says, signal) => {
    const dataDir = join(folder, says);
    const rounds = 23;
    for (let round = 1; round <= rounds; round += 1) {
      const engine = await (round % 6 === 1 ? start(dataDir) : running());
      current = engine;
      const messages = roundMessages("run", round, updates(round));
      expect(await report(engine, messages.slice(0, 3))).toEqual({ accepted: 3 });
      if (round % 6 === 0) {
        await engine.end(signal);
        current = await start(dataDir);
      }
      expect(await report(running(), messages)).toEqual({
        ...{ accepted: messages.length - 3, duplicates: 3 },
      });
      if (round % 6 === 0) await running().end(signal);
    }
    const last = running();
    const { scores, events } = await undisturbed(rounds);
    expect(await allScores(last, CLIENTS)).toEqual(scores);
    expect(await eventTypes(last)).toEqual(events);
    expect(await last.ask("RecalculateTrust")).toEqual({
      ...{ clients: CLIENTS.length, observations: String(rounds * (CLIENTS.length + 2)) },
    });
    await last.end("SIGTERM");
  },
  120_000,
);

let current: Running | undefined;
function running(): Running {
  if (!current) throw new Error("no engine runs");
  return current;
}

it("what is acknowledged survives a kill at any moment", async () => {
  const dataDir = join(folder, "any-moment");
  const engine = await start(dataDir);
  let acknowledged = 0;
  const sending = (async () => {
    for (let round = 1; ; round += 1) {
      await report(engine, roundMessages("run", round, updates(round)));
      acknowledged = round;
      if (round === 15) engine.process.child.kill("SIGKILL");
    }
  })();
  await expect(sending).rejects.toThrow();
  await engine.end("SIGKILL");

  const again = await start(dataDir);
  const { points } = await again.ask("ListTrustHistory", { client_id: "a", page_size: 1000 });
  expect((points as Message[]).length).toBeGreaterThanOrEqual(acknowledged);
  const before = await allScores(again, CLIENTS);
  expect((await again.ask("RecalculateTrust"))["differences"] ?? 0).toBe(0);
  expect(await allScores(again, CLIENTS)).toEqual(before);
  await again.end("SIGTERM");
}, 60_000);

it("another model computes every score and every point anew, and tells nothing again", async () => {
  const dataDir = join(folder, "models");
  const first = await start(dataDir);
  for (let round = 1; round <= 12; round += 1) {
    await report(first, roundMessages("run", round, updates(round)));
  }
  const [scores, events] = [await allScores(first, CLIENTS), await eventTypes(first)];
  await first.end("SIGTERM");

  const literal = await start(dataDir, { TRUST_MODEL: "seed-literal-1" });
  const [score] = await allScores(literal, ["a"]);
  expect(score).toMatchObject({ trust_model: "seed-literal-1" });
  expect(score?.["trust_score"]).not.toBe(scores[0]?.["trust_score"]);
  const asOf = { client_id: "a", run_id: "run", as_of_round: 12 };
  expect((await literal.ask("EvaluateTrust", asOf))["trust_score"]).toBe(score?.["trust_score"]);
  expect(await eventTypes(literal)).toEqual(events);
  await literal.end("SIGTERM");

  const back = await start(dataDir);
  expect(await allScores(back, CLIENTS)).toEqual(scores);
  await back.end("SIGTERM");
}, 60_000);
