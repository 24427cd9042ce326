import { createMemoryDecisionLog } from "./adapters/memory/decision-log.js";
import { createMemoryEventLog } from "./adapters/memory/event-log.js";
import { createMemoryObservationLog } from "./adapters/memory/observation-log.js";
import { createMemoryPolicyHistory } from "./adapters/memory/policy-history.js";
import { createMemoryPolicyVersionStore } from "./adapters/memory/policy-version-store.js";
import { createMemoryTrustHistory } from "./adapters/memory/trust-history.js";
import { createFilePolicyVersionStore } from "./adapters/policy-version-file/policy-version-store.js";
import { createSqliteDecisionLog } from "./adapters/sqlite/decision-log.js";
import { createSqliteEventLog } from "./adapters/sqlite/event-log.js";
import { createSqliteObservationLog } from "./adapters/sqlite/observation-log.js";
import { createSqlitePolicyHistory } from "./adapters/sqlite/policy-history.js";
import { createRetention } from "./adapters/sqlite/retention.js";
import type { SetAsideDatabase } from "./adapters/sqlite/storage-messages.js";
import { openSqliteStorage, type SqliteStorage } from "./adapters/sqlite/sqlite-storage.js";
import { createSqliteTrustHistory } from "./adapters/sqlite/trust-history.js";
import type { Clock } from "./application/ports/clock.js";
import type { DecisionLog } from "./application/ports/decision-log.js";
import type { EventLog } from "./application/ports/event-log.js";
import type { Log } from "./application/ports/log.js";
import type { ObservationLog } from "./application/ports/observation-log.js";
import type { PolicyHistory } from "./application/ports/policy-history.js";
import type { PolicyVersionStore } from "./application/ports/policy-version-store.js";
import type { StorageHealth } from "./application/ports/storage-health.js";
import type { TrustHistory } from "./application/ports/trust-history.js";
import type { Settings } from "./config/settings.js";

/** Everything an engine keeps, in DATA_DIR or in memory. */
export interface EngineStorage {
  readonly eventLog: EventLog;
  readonly decisionLog: DecisionLog;
  readonly history: PolicyHistory;
  readonly observationLog: ObservationLog;
  readonly trustHistory: TrustHistory;
  readonly versions: PolicyVersionStore;
  readonly health: StorageHealth;
  /**
   * Calls `listener` with a database that was damaged and is set aside: one of the start at once, one
   * that is in use after a new one has begun in its place.
   */
  onSetAside(listener: (setAside: SetAsideDatabase) => void): void;
  /** Resolves when everything taken so far is durable, or could not be stored. */
  flush(): Promise<void>;
  /** Stores what it can and lets go of DATA_DIR. Idempotent. */
  close(): Promise<void>;
}

/** @throws {DataDirError} DATA_DIR belongs to another engine, or cannot be used. */
export async function openEngineStorage(deps: {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
}): Promise<EngineStorage> {
  const { settings, log } = deps;
  if (settings.STORAGE === "memory") return memoryStorage();
  const storage = await openSqliteStorage({ dataDir: settings.DATA_DIR, log });
  try {
    return await sqliteStorage(storage, deps);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

function memoryStorage(): EngineStorage {
  const eventLog = createMemoryEventLog({});
  const versions = createMemoryPolicyVersionStore();
  return {
    eventLog,
    decisionLog: createMemoryDecisionLog(),
    history: createMemoryPolicyHistory({ eventLog, mark: versions }),
    observationLog: createMemoryObservationLog(),
    trustHistory: createMemoryTrustHistory({ eventLog }),
    versions,
    health: { failure: () => undefined, bytes: () => Promise.resolve(0) },
    onSetAside: () => undefined,
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function sqliteStorage(
  storage: SqliteStorage,
  { settings, log, clock }: Parameters<typeof openEngineStorage>[0],
): Promise<EngineStorage> {
  const dataDir = settings.DATA_DIR;
  const eventLog = createSqliteEventLog({ storage, log });
  const versions = createFilePolicyVersionStore({ dataDir });
  const history = await createSqlitePolicyHistory({ storage, eventLog, mark: versions });
  const retention = createRetention({
    ...{ dataDir, storage, eventLog, clock },
    limits: {
      eventDays: settings.EVENT_RETENTION_DAYS,
      decisionDays: settings.DECISION_RETENTION_DAYS,
      maxBytes: settings.STORAGE_MAX_BYTES,
    },
  });
  retention.start();
  return {
    eventLog,
    decisionLog: createSqliteDecisionLog({ storage }),
    history,
    observationLog: createSqliteObservationLog({ storage }),
    trustHistory: createSqliteTrustHistory({ storage, eventLog }),
    versions,
    health: { failure: () => storage.failure(), bytes: () => retention.bytes() },
    onSetAside(listener) {
      const tell = (setAside: SetAsideDatabase): void => {
        const { why } = setAside;
        log.error(
          setAside,
          `the database could not be used and is set aside: ${why}; a new one begins`,
        );
        listener(setAside);
      };
      if (storage.opened.setAside) tell(storage.opened.setAside);
      storage.onSetAside(tell);
    },
    flush: () => storage.flush(),
    async close() {
      await retention.stop();
      await storage.close();
    },
  };
}
