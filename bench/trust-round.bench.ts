import { credentials } from "@grpc/grpc-js";
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ReportObservationsResponse,
  TrustServiceClient,
} from "../src/gen/flopynet/policy/v1/trust_service.js";
import type { Observation } from "../src/gen/flopynet/policy/v1/trust_types.js";
import { AlignmentReference, UpdateOutcome } from "../src/gen/flopynet/policy/v1/trust_types.js";
import { seededRandom } from "./generate-policies.js";
import type { TrustRoundAnswer, Turns } from "./trust-round-server.js";

const CLIENTS = 100_000;
const ROUNDS = 12;
const BATCH = 1000;
/** Reports that are sent before the first of them is answered. */
const IN_FLIGHT = 4;
const SEED = 1;

interface Phase extends Turns {
  readonly ms: number;
}

/**
 * Rounds of 100,000 clients through the whole service: how long its main thread does nothing else, and
 * what the clients add to its memory.
 */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "trust-round-"));
  const worst = new Map<string, Phase>();
  const note = (name: string, phase: Phase): void => {
    print(`${name}: ${JSON.stringify(phase)}`);
    const before = worst.get(name);
    const of = (key: keyof Phase): number => Math.max(phase[key], before?.[key] ?? 0);
    worst.set(name, {
      ...{ ms: of("ms"), worst_turn_ms: of("worst_turn_ms") },
      worst_turn_cpu_ms: of("worst_turn_cpu_ms"),
    });
  };
  try {
    let engine = await startEngine(folder);
    const phase = async (name: string, work: () => Promise<unknown>): Promise<void> => {
      await engine.turns();
      const startMs = performance.now();
      await work();
      const ms = Math.round(performance.now() - startMs);
      note(name, { ms, ...(await engine.turns()) });
    };
    await phase("a first round of one client", () => firstRound(engine));
    const before = await engine.residentMb();
    const updates = updatesOfRounds();
    for (let round = 1; round <= ROUNDS; round += 1) {
      await phase("opening", () => engine.report([opened(round)]));
      await phase("reporting", () => reportAll(engine, round, updates));
      await phase("closing", () => engine.report([closed(round)]));
    }
    const after = await engine.residentMb();
    const memory = {
      clients: CLIENTS,
      rounds: ROUNDS,
      resident_mb: after - before,
      empty_mb: before,
    };
    print(JSON.stringify(memory));
    await phase("recalculating", () => engine.recalculate());
    await engine.stop();
    const startMs = performance.now();
    engine = await startEngine(folder);
    const ms = Math.round(performance.now() - startMs);
    note("starting again", { ms, ...(await engine.turns()) });
    const restarted = await engine.residentMb();
    await engine.stop();
    print(JSON.stringify({ restarted_mb: restarted - before }));
    return {
      memory: { ...memory, restarted_mb: restarted - before },
      turns: Object.fromEntries(worst),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ids = Array.from({ length: CLIENTS }, (_, index) => `client-${index}`);

interface Engine {
  report(observations: readonly Observation[]): Promise<void>;
  recalculate(): Promise<void>;
  turns(): Promise<Turns>;
  residentMb(): Promise<number>;
  stop(): Promise<void>;
}

async function startEngine(dataDir: string): Promise<Engine> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const child = fork(path("trust-round-server.ts"), {
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      POLICY_FILE: path("../test/fixtures/flopynet/policies.json"),
    },
    execArgv: ["--expose-gc", "--import", "tsx", "--import", path("use-built.mjs")],
  });
  const answer = (): Promise<TrustRoundAnswer> =>
    new Promise((resolve, reject) => {
      child.once("message", resolve as (message: unknown) => void);
      child.once("exit", () => {
        reject(new Error("the engine ended"));
      });
    });
  const ask = async <Key extends string>(
    question: string,
    key: Key,
  ): Promise<Extract<TrustRoundAnswer, Record<Key, unknown>>> => {
    const answered = answer();
    if (question !== "") child.send(question);
    const found = await answered;
    child.removeAllListeners("exit");
    if (!(key in found)) throw new Error(`the engine answered ${JSON.stringify(found)}`);
    return found as Extract<TrustRoundAnswer, Record<Key, unknown>>;
  };
  const { port } = await ask("", "port");
  const client = new TrustServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    report: (observations) =>
      new Promise((resolve, reject) => {
        const request = { observations: [...observations], reporter: "fl-server" };
        client.reportObservations(request, (error, response: ReportObservationsResponse) => {
          if (error) reject(error);
          else if (response.accepted !== observations.length) {
            reject(new Error(JSON.stringify(response)));
          } else resolve();
        });
      }),
    recalculate: () =>
      new Promise((resolve, reject) => {
        client.recalculateTrust({}, (error, response) => {
          if (error) reject(error);
          else if (response.differences > 0) reject(new Error(JSON.stringify(response)));
          else resolve();
        });
      }),
    turns: async () => (await ask("turns", "turns")).turns,
    residentMb: async () => (await ask("resident", "residentMb")).residentMb,
    async stop() {
      const stopped = new Promise((resolve) => child.once("exit", resolve));
      client.close();
      child.send("stop");
      await stopped;
    },
  };
}

async function firstRound(engine: Engine): Promise<void> {
  const run = { ...opened(1), runId: "first" };
  const roundOpened = { selectedClientIds: ["client-0"], deadline: undefined };
  await engine.report([{ ...run, kind: { $case: "roundOpened", value: roundOpened } }]);
  await engine.report([{ ...closed(1), runId: "first" }]);
}

async function reportAll(
  engine: Engine,
  round: number,
  updates: (round: number, clientId: string) => Observation,
): Promise<void> {
  const sent: Promise<void>[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    sent.push(
      engine.report(ids.slice(start, start + BATCH).map((clientId) => updates(round, clientId))),
    );
    if (sent.length >= IN_FLIGHT) await sent.shift();
  }
  await Promise.all(sent);
}

function updatesOfRounds() {
  const random = seededRandom(SEED);
  return (round: number, clientId: string): Observation => ({
    ...{ observationId: "", runId: "run", round },
    kind: {
      $case: "updateReported",
      value: {
        ...{ clientId, latencyMs: 1250, numExamples: "233" },
        outcome: UpdateOutcome.UPDATE_OUTCOME_COMPLETED,
        alignmentRatio: 0.5 + random(),
        normRatio: 0.6 + 0.8 * random(),
        alignmentReference: AlignmentReference.ALIGNMENT_REFERENCE_ROBUST_CENTRE,
      },
    },
  });
}

function opened(round: number): Observation {
  return {
    ...{ observationId: "", runId: "run", round },
    kind: { $case: "roundOpened", value: { selectedClientIds: ids } },
  };
}

function closed(round: number): Observation {
  return { observationId: "", runId: "run", round, kind: { $case: "roundClosed", value: {} } };
}
