import Database from "libsql";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSqliteObservationLog } from "../../src/adapters/sqlite/observation-log.js";
import { createSqliteTrustHistory } from "../../src/adapters/sqlite/trust-history.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import { PdpError } from "../../src/application/errors.js";
import type { ReportedKind } from "../../src/application/trust-report.js";
import { openEngineTrust } from "../../src/engine-trust.js";
import { quietLog } from "../support/events.js";
import { aStore } from "../support/sqlite.js";

const clock = createSystemClock();
const ids = createUuidIds();

async function aLedger(dataDir?: string) {
  const store = await aStore(dataDir);
  const observationLog = createSqliteObservationLog(store);
  const { ledger, useCases } = await openEngineTrust({
    storage: {
      ...{ eventLog: store.eventLog, observationLog },
      trustHistory: createSqliteTrustHistory(store),
    },
    ...{
      activation: { active: () => undefined },
      engineAttributes: () => ({}),
      metrics: createPrometheusMetrics().trust,
      engineState: () => "healthy",
    },
    ...{ makeEvent: createEventMaker({ ids, clock }), ids, clock, log: quietLog },
    settings: {
      ...{ TRUST_MODEL: "flopynet-coupled-1", TRUST_OWN_VIOLATIONS: false },
      ...{ TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: 10, TRUST_PARAMETERS: {} },
    },
  });
  const report = (round: number, ...kinds: readonly ReportedKind[]) =>
    useCases.report(
      kinds.map((seen) => ({ observationId: "", runId: "run", round, seen })),
      "fl-server",
    );
  return { ...store, ledger, useCases, report };
}

const opened: ReportedKind = { kind: "round_opened", selectedClientIds: ["a", "b", "c"] };
const closed: ReportedKind = { kind: "round_closed" };
const updated = (clientId: string): ReportedKind => ({
  ...{ clientId, latencyMs: 0, numExamples: 0, alignmentRatio: 1, normRatio: 1 },
  ...({ kind: "update_reported", outcome: "COMPLETED" } as const),
});
const updates = ["a", "b", "c"].map(updated);

describe("while nothing can be stored", () => {
  it("a report is refused and changes nothing; repeated when it can, all of it is taken", async () => {
    const { ledger, report, dataDir, storage } = await aLedger();
    await report(1, opened, ...updates, closed);
    const before = ledger.reading("a");

    const other = new Database(join(dataDir, "policy-engine.db"));
    other.exec("BEGIN IMMEDIATE");
    // The second rests on the first, and is on its way when that fails.
    const refused = await Promise.allSettled([report(2, opened), report(2, ...updates, closed)]);
    for (const one of refused) {
      expect(one).toMatchObject({ status: "rejected", reason: expect.any(PdpError) as unknown });
    }
    expect(ledger.reading("a")).toEqual(before);
    other.exec("ROLLBACK");
    other.close();

    expect(await report(2, opened)).toMatchObject({ accepted: 1, rejected: [] });
    expect(await report(2, ...updates, closed)).toMatchObject({ accepted: 4, rejected: [] });
    expect(ledger.reading("a")).toMatchObject({ round: 2, roundsObserved: 2 });
    const after = ledger.reading("a");
    await storage.close();
    expect((await aLedger(dataDir)).ledger.reading("a")).toEqual(after);
  }, 30_000);
});

describe("reports that come together", () => {
  it("are taken in their order, each after what it rests on", async () => {
    const { ledger, report } = await aLedger();
    const rounds = Array.from({ length: 30 }, (_, index) => index + 1);
    const answers = await Promise.all(
      rounds.flatMap((round) => [
        report(round, opened),
        ...updates.map((update) => report(round, update)),
        report(round, closed),
      ]),
    );
    expect(answers.every(({ accepted }) => accepted === 1)).toBe(true);
    expect(ledger.reading("a")).toMatchObject({ round: 30, roundsObserved: 30 });
    expect((await ledger.recalculate()).differences).toBe(0);
  });
});

describe("while a round of many clients is closed", () => {
  it("others have their turns, all scores change in one, and what is reported meanwhile comes after", async () => {
    const { ledger, report, storage, dataDir } = await aLedger();
    const many = Array.from({ length: 8000 }, (_, index) => `client-${index}`);
    await report(1, { kind: "round_opened", selectedClientIds: many });
    await report(1, ...many.map(updated));
    const asked = many.filter((_, index) => index % 100 === 0);
    const revision = ledger.revision();
    const states: string[] = [];
    const closing = new AbortController();
    const watched = (async () => {
      while (!closing.signal.aborted) {
        const rounds = new Set(asked.map((id) => ledger.reading(id).roundsObserved));
        states.push(`${[...rounds].join(" and ")} at ${ledger.revision() - revision}`);
        await new Promise(setImmediate);
      }
    })();
    const answers = await Promise.all([
      report(1, closed),
      report(2, { kind: "round_opened", selectedClientIds: many }),
      report(2, updated("client-0"), closed),
    ]);
    closing.abort();
    await watched;
    expect(answers.map(({ accepted }) => accepted)).toEqual([1, 1, 2]);
    expect(states.filter((state) => state === "0 at 0").length).toBeGreaterThan(5);
    expect([...new Set(states)].filter((state) => !/^[012] at \d$/.test(state))).toEqual([]);
    expect(new Set(states.filter((state) => state.startsWith("1 "))).size).toBeLessThanOrEqual(2);
    const after = ledger.reading("client-0");
    expect(after).toMatchObject({ round: 2, roundsObserved: 2 });
    await storage.close();
    expect((await aLedger(dataDir)).ledger.reading("client-0")).toEqual(after);
  }, 60_000);
});

describe("a log that begins anew", () => {
  it("does not take the scores with it", async () => {
    const { ledger, report, storage, dataDir } = await aLedger();
    for (const round of [1, 2, 3]) await report(round, opened, ...updates, closed);
    // As after a database that was set aside.
    const tables = ["observations", "observation_reporters", "evaluations", "trust_points"];
    const forgets = ["trust_checkpoints", "trust_rules", ...tables].map(
      (table) => `DELETE FROM ${table}`,
    );
    const progress = "UPDATE trust_progress SET position = 0, model = ''";
    await storage.transact([...forgets, progress].map((sql) => ({ sql, params: [] })));
    await ledger.storeAnew();
    await report(4, opened, ...updates, closed);
    const after = ledger.reading("a");
    expect(after.roundsObserved).toBe(4);
    expect((await ledger.recalculate()).differences).toBe(0);
    expect(ledger.reading("a")).toEqual(after);
    await storage.close();
    expect((await aLedger(dataDir)).ledger.reading("a")).toEqual(after);
  });
});
