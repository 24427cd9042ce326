import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createMemoryObservationLog } from "../../src/adapters/memory/observation-log.js";
import { createMemoryTrustHistory } from "../../src/adapters/memory/trust-history.js";
import { PdpError } from "../../src/application/errors.js";
import type {
  ObservationLog,
  StoredObservation,
} from "../../src/application/ports/observation-log.js";
import type { TrustHistory } from "../../src/application/ports/trust-history.js";

/**
 * What becomes of one call of the storage. `fail`: nothing happens. `kill`: the process ends before it;
 * `late kill`: right after it.
 */
export type CallFate = "works" | "fail" | "kill" | "late kill";

/** Calls that are decided on. */
export type StorageCall =
  "append" | "read" | "ofRound" | "saveCheckpoint" | "record" | "checkpoint";

interface Database {
  readonly observationLog: ObservationLog;
  readonly history: TrustHistory;
}

/** Stored observations and what was made of them, on a disk that a test lets fail. */
export interface FailingTrustStorage {
  /** As the next process sees it; what the one before is waiting for never comes. */
  open(fateOf: (call: StorageCall) => CallFate): {
    readonly observationLog: ObservationLog;
    readonly trustHistory: TrustHistory;
    /** Resolves when the process is killed. */
    readonly killed: Promise<void>;
    isKilled(): boolean;
  };
  /** Puts an empty database in the place of the one in use. */
  setAside(): void;
  /** Everything that was ever stored, also in databases that were set aside. */
  everStored(): Promise<readonly StoredObservation[]>;
}

export function createFailingTrustStorage(): FailingTrustStorage {
  const databases: Database[] = [aDatabase()];
  const newest = (): Database => databases.at(-1) ?? aDatabase();

  return {
    open(fateOf) {
      let kill: () => void = () => undefined;
      let isKilled = false;
      const killed = new Promise<void>((resolve) => {
        kill = () => {
          isKilled = true;
          resolve();
        };
      });
      const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
      async function decided<T>(name: StorageCall, call: () => Promise<T>): Promise<T> {
        const fate = isKilled ? "kill" : fateOf(name);
        if (fate === "kill") {
          kill();
          return never();
        }
        if (fate === "fail") {
          await turn();
          throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: `${name} of the test` });
        }
        const result = await call();
        if (fate === "late kill") {
          kill();
          return never();
        }
        await turn();
        return result;
      }
      const alive = <T>(call: () => Promise<T>): Promise<T> => (isKilled ? never() : call());
      return {
        killed,
        isKilled: () => isKilled,
        observationLog: {
          append: (batch) => decided("append", () => newest().observationLog.append(batch)),
          read: (...at) => decided("read", () => newest().observationLog.read(...at)),
          ofRound: (...of) => decided("ofRound", () => newest().observationLog.ofRound(...of)),
          partsOfRound: (...of) => newest().observationLog.partsOfRound(...of),
          rules: (hash) => alive(() => newest().observationLog.rules(hash)),
          reporters: (limit) => alive(() => newest().observationLog.reporters(limit)),
        },
        trustHistory: {
          record: (record) => decided("record", () => newest().history.record(record)),
          progress: () => alive(() => newest().history.progress()),
          points: (...of) => alive(() => newest().history.points(...of)),
          pointAt: (...of) => alive(() => newest().history.pointAt(...of)),
          evaluationOf: (...of) => alive(() => newest().history.evaluationOf(...of)),
          evaluations: (...of) => alive(() => newest().history.evaluations(...of)),
          saveCheckpoint: (checkpoint) =>
            decided("saveCheckpoint", () => newest().history.saveCheckpoint(checkpoint)),
          checkpoint: (...of) => decided("checkpoint", () => newest().history.checkpoint(...of)),
          begin: (model) => alive(() => newest().history.begin(model)),
        },
      };
    },
    setAside() {
      databases.push(aDatabase());
    },
    async everStored() {
      const logs = databases.map(({ observationLog }) => observationLog.read(0, 1_000_000));
      return (await Promise.all(logs)).flat();
    },
  };
}

function aDatabase(): Database {
  const eventLog = createMemoryEventLog({});
  return {
    observationLog: createMemoryObservationLog(),
    history: createMemoryTrustHistory({ eventLog }),
  };
}

/** The time that a disk takes: others have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
