import type { Worker } from "node:worker_threads";
import { DataDirError } from "./data-dir-lock.js";
import { StorageFault } from "./record-lane.js";
import { startStorageWorker } from "./start-worker.js";
import type {
  OpenedDatabase,
  SqlRow,
  StorageRequest,
  StorageResponse,
  Unit,
  UnitResult,
} from "./storage-messages.js";

export type CommitOutcome =
  | { readonly ok: true; readonly units: readonly UnitResult[] }
  | { readonly ok: false; readonly message: string };

/** Asks the storage thread. It answers in the order in which it was asked. */
export interface WorkerConnection {
  readonly opened: OpenedDatabase;
  /** `onOutcome` is called when it is on the disk, or nothing of it is. */
  commit(units: readonly Unit[], onOutcome: (outcome: CommitOutcome) => void): void;
  /** @throws {StorageFault} */
  query(sql: string, params: SqlRow): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

type Answer = Exclude<StorageResponse, { readonly kind: "opened" | "not-opened" }>;

/** @throws {DataDirError} The database cannot be opened. */
export async function connectWorker(dataDir: string): Promise<WorkerConnection> {
  const worker = startStorageWorker(dataDir);
  const opened = await openedBy(worker, dataDir);
  const waiting = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  let ended: string | undefined;

  function end(why: string): void {
    ended ??= why;
    for (const [id, tell] of [...waiting]) {
      waiting.delete(id);
      tell({ kind: "failed", id, message: ended });
    }
  }

  function ask(request: (id: number) => StorageRequest, tell: (answer: Answer) => void): void {
    lastId += 1;
    const id = lastId;
    if (ended !== undefined) {
      const message = ended;
      queueMicrotask(() => {
        tell({ kind: "failed", id, message });
      });
      return;
    }
    waiting.set(id, tell);
    worker.postMessage(request(id));
  }

  worker.on("message", (answer: Answer) => {
    const tell = waiting.get(answer.id);
    waiting.delete(answer.id);
    tell?.(answer);
  });
  worker.on("error", (error) => {
    end(`the storage thread ended: ${error instanceof Error ? error.message : String(error)}`);
  });
  worker.on("exit", () => {
    end("the storage thread has ended");
  });

  const query = (request: (id: number) => StorageRequest): Promise<readonly SqlRow[]> =>
    new Promise((resolve, reject) => {
      ask(request, (answer) => {
        if (answer.kind === "rows") resolve(answer.rows);
        else reject(new StorageFault(answer.kind === "failed" ? answer.message : "no rows"));
      });
    });

  return {
    opened,
    commit(units, onOutcome) {
      ask(
        (id) => ({ kind: "commit", id, units }),
        (answer) => {
          if (answer.kind === "committed") onOutcome({ ok: true, units: answer.units });
          else onOutcome({ ok: false, message: answer.kind === "failed" ? answer.message : "" });
        },
      );
    },
    query: (sql, params) => query((id) => ({ kind: "query", id, sql, params })),
    async close() {
      // A database that cannot be marked as closed is checked at the next start.
      await query((id) => ({ kind: "close", id })).catch(() => undefined);
      await worker.terminate();
    },
  };
}

function openedBy(worker: Worker, dataDir: string): Promise<OpenedDatabase> {
  return new Promise((resolve, reject) => {
    const refuse = (message: string, cause?: unknown): void => {
      reject(new DataDirError(`DATA_DIR ${dataDir} cannot be used: ${message}`, { cause }));
    };
    worker.once("error", (error: unknown) => {
      refuse(error instanceof Error ? error.message : String(error), error);
    });
    worker.once("message", (response: StorageResponse) => {
      if (response.kind === "opened") {
        worker.removeAllListeners("error");
        resolve(response.database);
      } else {
        refuse(response.kind === "not-opened" ? response.message : "no answer");
        void worker.terminate();
      }
    });
  });
}
