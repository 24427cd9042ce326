import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFilePolicyVersionStore } from "../../src/adapters/policy-version-file/policy-version-store.js";
import { createSqliteDecisionLog } from "../../src/adapters/sqlite/decision-log.js";
import { createSqliteEventLog } from "../../src/adapters/sqlite/event-log.js";
import { createSqlitePolicyHistory } from "../../src/adapters/sqlite/policy-history.js";
import { openSqliteStorage, type SqliteStorage } from "../../src/adapters/sqlite/sqlite-storage.js";
import { quietLog } from "./events.js";

/** An empty folder that is removed after the test. */
export function aDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), "flopynet-data-"));
  onTestFinished(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}

/** The store of `dataDir`; closed after the test at the latest. */
export async function aStorage(dataDir: string): Promise<SqliteStorage> {
  const storage = await openSqliteStorage({ dataDir, log: quietLog });
  onTestFinished(() => storage.close());
  return storage;
}

/** The durable logs and policy history of `dataDir`. */
export async function aStore(dataDir = aDataDir()) {
  const storage = await aStorage(dataDir);
  const eventLog = createSqliteEventLog({ storage, log: quietLog });
  const decisionLog = createSqliteDecisionLog({ storage });
  const mark = createFilePolicyVersionStore({ dataDir });
  const history = await createSqlitePolicyHistory({ storage, eventLog, mark });
  return { dataDir, storage, eventLog, decisionLog, mark, history };
}
