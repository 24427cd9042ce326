import { createTrustFold } from "../src/core/trust/fold.js";
import type { Observation } from "../src/core/trust/observation.js";
import { createObservationDoor } from "../src/core/trust/observation-door.js";
import type { TrustFold } from "../src/core/trust/trust-fold.js";
import { DEFAULT_TRUST_RULES } from "../src/core/trust/trust-rules.js";
import { cpuMs, cpuRate } from "./cpu-rate.js";
import { seededRandom } from "./generate-policies.js";
import { interleavedPairs, median } from "./pairs.js";

const SEED = 1;
const RUNS = 5;

/** Folding observations: how fast, what a score costs after many rounds, and what clients weigh. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  print("## 100,000 clients, all selected in each of 12 rounds"); // First: the heap is small yet.
  const memory = memoryFacts();
  print(JSON.stringify(memory));

  print("## folding, observations per second of one core");
  const rates = [
    foldRate("50 clients, 200 rounds", federation(50, 200)),
    foldRate("10,000 clients, 10 rounds", federation(10_000, 10)),
  ];
  for (const rate of rates) print(JSON.stringify(rate));

  print("## one score after 10 and after 10,000 rounds of its client");
  const [young, old] = [folded(federation(10, 10)), folded(federation(10, 10_000))];
  const reading = await interleavedPairs({
    name: "score after 10,000 rounds",
    baselineName: "after 10 rounds",
    pairs: 7,
    subject: () => cpuRate((index) => old.reading(`client-${index % 10}`)),
    baseline: () => cpuRate((index) => young.reading(`client-${index % 10}`)),
  });
  print(`${reading.name} / ${reading.baseline}: ${reading.median}`);

  print("## late observations, each folded anew at its place");
  const late = lateFacts();
  print(JSON.stringify(late));

  return { seed: SEED, rates, reading, late, memory };
}

/** A server's report of `rounds` rounds, all clients selected; every tenth does not come. */
function* federation(clients: number, rounds: number): Generator<Observation> {
  const random = seededRandom(SEED);
  const ids = Array.from({ length: clients }, (_, index) => `client-${index}`);
  for (let round = 1; round <= rounds; round += 1) {
    const common = { runId: "run", round, reporter: "fl-server", observeTimeMs: round * 60_000 };
    yield { ...common, kind: "round_opened", selectedClientIds: ids };
    for (const clientId of ids) {
      yield random() < 0.1
        ? { ...common, kind: "update_reported", clientId, outcome: "DROPPED" }
        : {
            ...common,
            kind: "update_reported",
            clientId,
            outcome: "COMPLETED",
            alignmentRatio: 0.5 + random(),
            normRatio: 0.6 + 0.8 * random(),
          };
    }
    yield { ...common, kind: "round_closed" };
  }
}

function folded(observations: Iterable<Observation>): TrustFold {
  const fold = createTrustFold();
  for (const observation of observations) fold.apply(observation, DEFAULT_TRUST_RULES);
  return fold;
}

function foldRate(name: string, observations: Iterable<Observation>): object {
  const all = [...observations];
  const perSecond = (fold: () => void): number => {
    const start = process.cpuUsage();
    fold();
    return (all.length / cpuMs(start)) * 1_000;
  };
  const rates = { fold: [] as number[], door: [] as number[] };
  for (let run = 0; run < RUNS; run += 1) {
    rates.fold.push(perSecond(() => folded(all)));
    rates.door.push(
      perSecond(() => {
        const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
        for (const observation of all) door.admit(observation, 0);
      }),
    );
  }
  return {
    name,
    observations: all.length,
    folded_per_s: Math.round(median(rates.fold)),
    admitted_per_s: Math.round(median(rates.door)),
  };
}

function lateFacts(): object {
  const clients = 10_000;
  const fold = folded(federation(clients, 5));
  const start = process.cpuUsage();
  for (let client = 0; client < clients; client += 1) {
    fold.apply(
      {
        kind: "update_reported",
        runId: "run",
        round: 3,
        reporter: "second",
        observeTimeMs: 0,
        clientId: `client-${client}`,
        outcome: "COMPLETED",
        alignmentRatio: 1,
        normRatio: 1,
      },
      DEFAULT_TRUST_RULES,
    );
  }
  return { clients, late_per_s: Math.round((clients / cpuMs(start)) * 1_000) };
}

/** Resident memory after a collection, where the process was started with `--expose-gc`. */
function memoryFacts(): object {
  const before = residentMb();
  const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
  const fold = createTrustFold();
  for (const observation of federation(100_000, 12)) {
    door.admit(observation, 0);
    fold.apply(observation, DEFAULT_TRUST_RULES);
  }
  const after = residentMb();
  if (fold.reading("client-99999").roundsObserved === 0) throw new Error("nothing was folded");
  if (door.admit(lastUpdate(), 0).verdict === "accepted") throw new Error("nothing was admitted");
  return { clients: 100_000, resident_mb: Math.round(after - before) };
}

function lastUpdate(): Observation {
  const common = { runId: "run", round: 12, reporter: "fl-server", observeTimeMs: 0 };
  return { ...common, kind: "round_closed" };
}

function residentMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
}
