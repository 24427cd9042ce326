import { describe, expect, it } from "vitest";
import { PdpError } from "../../../src/application/errors.js";
import type { LoggedObservation } from "../../../src/application/ports/observation-log.js";
import { createSqliteObservationLog } from "../../../src/adapters/sqlite/observation-log.js";
import { createSqliteTrustHistory } from "../../../src/adapters/sqlite/trust-history.js";
import {
  anObservation,
  describeObservationLog,
  logged,
} from "../../contract/observation-log.contract.js";
import {
  anEvaluation,
  aTrustRecord,
  checkpointsOf,
  describeTrustHistory,
} from "../../contract/trust-history.contract.js";
import { anEvent } from "../../support/events.js";
import { aStore } from "../../support/sqlite.js";

async function trustStore(dataDir?: string) {
  const store = await aStore(dataDir);
  const observationLog = createSqliteObservationLog(store);
  return { ...store, observationLog, history: createSqliteTrustHistory(store) };
}

describe("the observation log in SQLite", () => {
  describeObservationLog(async () => (await trustStore()).observationLog);

  it("has everything again after a restart, and goes on with the next position", async () => {
    const first = await trustStore();
    await logged(first.observationLog, anObservation());
    const before = await first.observationLog.read(0, 10);
    await first.storage.close();

    const { observationLog } = await trustStore(first.dataDir);
    await logged(observationLog, anObservation({ round: 2 }));
    const [one, two] = await observationLog.read(0, 10);
    expect([[one], two?.position]).toEqual([before, 2]);
  });

  it("keeps nothing of a batch that cannot be stored, and says so", async () => {
    const { observationLog } = await trustStore();
    const wrong = { ...anObservation(), clientId: null } as unknown as LoggedObservation;
    const stored = logged(observationLog, anObservation(), wrong);
    await expect(stored).rejects.toBeInstanceOf(PdpError);
    expect(await observationLog.read(0, 10)).toEqual([]);
    expect(await observationLog.reporters(10)).toEqual([]);
  });
});

describe("the trust history in SQLite", () => {
  describeTrustHistory(async () => trustStore());

  it("has everything again after a restart", async () => {
    const first = await trustStore();
    const points = [{ clientId: "a", evaluation: 1, point: { score: 0.1 } }];
    await first.history.begin("m");
    await first.history.record(
      aTrustRecord({ evaluations: [anEvaluation(1)], points, events: [anEvent()] }),
    );
    await first.history.saveCheckpoint({ position: 1, evaluation: 1, model: "m", state: "s" });
    await first.storage.close();

    const { history, eventLog } = await trustStore(first.dataDir);
    expect(await history.progress()).toEqual({ position: 1, model: "m" });
    expect(await history.pointAt("a", 1)).toEqual(points[0]);
    expect(await history.evaluationOf("run", 1)).toEqual(anEvaluation(1));
    expect(await checkpointsOf(history)).toHaveLength(1);
    expect(eventLog.newestSequence()).toBe(1);
  });
});
