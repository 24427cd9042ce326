import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStorage } from "../src/adapters/sqlite/sqlite-storage.js";
import { createSqliteObservationLog } from "../src/adapters/sqlite/observation-log.js";
import { createPrometheusMetrics } from "../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../src/adapters/system/clock.js";
import { createUuidIds } from "../src/adapters/system/ids.js";
import { createEventMaker } from "../src/application/engine-events.js";
import type { LoggedObservation } from "../src/application/ports/observation-log.js";
import type { Log } from "../src/application/ports/log.js";
import type { ReportedObservation } from "../src/application/trust-report.js";
import { loadConfig } from "../src/config/load-config.js";
import { openEngineStorage } from "../src/engine-storage.js";
import { type EngineTrust, openEngineTrust } from "../src/engine-trust.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";

const BATCH = 1000;
const BATCHES = 20;
/** Reports that are sent before the first of them is answered; 1: strictly one after the other. */
const IN_FLIGHT = [4, 1];
const EVALUATIONS = 20_000;
const PAIRS = 7;

const quiet = (): void => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Reports, durable, beside the storage thread alone; and what a score costs after many rounds. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "trust-report-"));
  try {
    const reports = await reportRatios(folder, print);
    const scores = await scoreRatio(folder);
    print(ratioLine(scores));
    return { batch: BATCH, reports, scores };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface OpenTrust extends EngineTrust {
  close(): Promise<void>;
}

async function openTrust(dataDir: string): Promise<OpenTrust> {
  const { settings } = loadConfig({ argv: [], env: { DATA_DIR: dataDir }, readFile: () => "{}" });
  const clock = createSystemClock();
  const ids = createUuidIds();
  const makeEvent = createEventMaker({ ids, clock });
  const storage = await openEngineStorage({ settings, log, clock });
  const trust = await openEngineTrust({
    ...{ storage, ids, clock, log, settings, makeEvent },
    activation: { active: () => undefined },
    engineAttributes: () => ({}),
    metrics: createPrometheusMetrics().trust,
    engineState: () => "healthy",
  });
  return { ...trust, close: () => storage.close() };
}

const CLIENTS = Array.from({ length: BATCH * BATCHES }, (_, index) => `client-${index}`);

/** Updates per second: through the use case, and the same rows through the storage thread alone. */
async function reportRatios(folder: string, print: (line: string) => void): Promise<Ratio[]> {
  const trust = await openTrust(join(folder, "trust"));
  const storage = await openSqliteStorage({ dataDir: join(folder, "alone"), log });
  const alone = createSqliteObservationLog({ storage });
  let round = 0;
  let roundAlone = 0;
  const ratios: Ratio[] = [];
  for (const inFlight of IN_FLIGHT) {
    const ratio = await interleavedPairs({
      name: `observations reported, durable, ${inFlight} in flight`,
      baselineName: "inserted by the storage thread alone",
      pairs: PAIRS,
      subject: async () => {
        round += 1;
        await trust.useCases.report([opened(round, CLIENTS)], "fl-server");
        return perSecond(inFlight, (start) =>
          trust.useCases.report(
            CLIENTS.slice(start, start + BATCH).map((clientId) => updated(round, clientId)),
            "fl-server",
          ),
        );
      },
      baseline: () => {
        roundAlone += 1;
        return perSecond(inFlight, (start) =>
          alone.append({
            observations: CLIENTS.slice(start, start + BATCH).map((clientId) =>
              logged(roundAlone, clientId),
            ),
            rules: [],
          }),
        );
      },
    });
    ratios.push(ratio);
    print(ratioLine(ratio));
  }
  await trust.close();
  await storage.close();
  return ratios;
}

async function perSecond(
  inFlight: number,
  send: (start: number) => Promise<unknown>,
): Promise<number> {
  const startMs = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let start = 0; start < CLIENTS.length; start += BATCH) {
    sent.push(send(start));
    if (sent.length >= inFlight) await sent.shift();
  }
  await Promise.all(sent);
  return CLIENTS.length / ((performance.now() - startMs) / 1000);
}

/** EvaluateTrust at the use case, of clients with 10,000 and with 10 rounds behind them. */
async function scoreRatio(folder: string) {
  const [old, young] = await Promise.all(
    [10_000, 10].map(async (rounds) => {
      const trust = await openTrust(join(folder, `rounds-${rounds}`));
      const ids = CLIENTS.slice(0, 10);
      for (let round = 1; round <= rounds; round += 1) {
        const updates = ids.map((clientId) => updated(round, clientId));
        await trust.useCases.report([opened(round, ids), ...updates, closed(round)], "fl-server");
      }
      return trust;
    }),
  );
  /** By the median of the calls: a pause of the machine does not count. */
  const rate = (trust: OpenTrust | undefined) => async (): Promise<number> => {
    const tookMs = new Float64Array(EVALUATIONS);
    for (let index = 0; index < EVALUATIONS; index += 1) {
      const clientId = `client-${index % 10}`;
      const startMs = performance.now();
      await trust?.useCases.evaluate({ clientId, explain: false, runId: "", context: {} });
      tookMs[index] = performance.now() - startMs;
    }
    return 1000 / (tookMs.sort()[EVALUATIONS / 2] ?? Number.NaN);
  };
  const ratio = await interleavedPairs({
    ...{ name: "EvaluateTrust, p50, after 10,000 rounds", baselineName: "after 10 rounds" },
    pairs: PAIRS,
    ...{ subject: rate(old), baseline: rate(young) },
  });
  await Promise.all([old?.close(), young?.close()]);
  return ratio;
}

function opened(round: number, selectedClientIds: readonly string[]): ReportedObservation {
  return seen(round, { kind: "round_opened", selectedClientIds });
}

function closed(round: number): ReportedObservation {
  return seen(round, { kind: "round_closed" });
}

function updated(round: number, clientId: string): ReportedObservation {
  return seen(round, {
    ...{ clientId, latencyMs: 1250, numExamples: 233, alignmentRatio: 0.9134, normRatio: 1.0583 },
    kind: "update_reported",
    outcome: "COMPLETED",
    alignmentReference: "ROBUST_CENTRE",
  });
}

function seen(round: number, kind: NonNullable<ReportedObservation["seen"]>): ReportedObservation {
  return { observationId: "", runId: "run", round, seen: kind };
}

function logged(round: number, clientId: string): LoggedObservation {
  return {
    kind: "update_reported",
    ...{ runId: "run", round, clientId, reporter: "fl-server" },
    ...{ receivedMs: 1_750_000_000_000, late: false },
    payload: {
      ...{ outcome: "COMPLETED", latencyMs: 1250, numExamples: 233 },
      ...{ alignmentRatio: 0.9134, normRatio: 1.0583, alignmentReference: "ROBUST_CENTRE" },
    },
  };
}
