import { describe, expect, it } from "vitest";
import { PdpError } from "../../../src/application/errors.js";
import { createSqliteObservationLog } from "../../../src/adapters/sqlite/observation-log.js";
import { createSqliteTrustHistory } from "../../../src/adapters/sqlite/trust-history.js";
import {
  anObservation,
  describeObservationLog,
  logged,
} from "../../contract/observation-log.contract.js";
import { describeTrustHistory } from "../../contract/trust-history.contract.js";
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
    const evaluation = { evaluation: 1, runId: "run", round: 1, rulesHash: "hash" };
    const batch = { observations: [anObservation()], rules: [] };
    const twice = observationLog.append({ ...batch, evaluations: [evaluation, evaluation] });
    await expect(twice).rejects.toBeInstanceOf(PdpError);
    expect(await observationLog.read(0, 10)).toEqual([]);
    expect(await observationLog.reporters(10)).toEqual([]);
  });
});

describe("the trust history in SQLite", () => {
  describeTrustHistory(async () => trustStore());

  it("has points, events and checkpoints again after a restart", async () => {
    const first = await trustStore();
    const evaluations = [{ evaluation: 1, runId: "run", round: 1, rulesHash: "hash" }];
    await first.observationLog.append({ observations: [], evaluations, rules: [] });
    await first.history.record(1, [{ clientId: "a", point: { score: 0.1 } }], [anEvent()]);
    await first.history.saveCheckpoint({ evaluation: 1, position: 2, model: "m", state: "s" });
    await first.storage.close();

    const { history, eventLog } = await trustStore(first.dataDir);
    expect(await history.lastRecorded()).toBe(1);
    expect((await history.pointAt("a", 1))?.point).toEqual({ score: 0.1 });
    expect(await history.checkpoints()).toHaveLength(1);
    expect(eventLog.newestSequence()).toBe(1);
  });
});
