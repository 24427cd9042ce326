import { setTimeout as delay } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import type { Log } from "../../application/ports/log.js";
import { DataDirError } from "./data-dir-lock.js";
import { StorageFault } from "./record-lane.js";
import { startStorageWorker } from "./start-worker.js";
import type {
  LogToContinue,
  OpenedDatabase,
  SqlRow,
  StorageRequest,
  StorageResponse,
  StorageThreadData,
  Unit,
  UnitResult,
} from "./storage-messages.js";

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 2000;

export type CommitOutcome =
  | { readonly ok: true; readonly units: readonly UnitResult[] }
  | { readonly ok: false; readonly message: string };

/**
 * Asks the storage thread. It answers in the order in which it was asked. A thread that ends, or finds
 * the database damaged, is started again until that works; who asks meanwhile is refused.
 */
export interface WorkerConnection {
  readonly opened: OpenedDatabase;
  /** Why nothing can be asked now; undefined while the thread runs. */
  failure(): string | undefined;
  /** `onOutcome` is called when it is on the disk, or nothing of it is. */
  commit(units: readonly Unit[], onOutcome: (outcome: CommitOutcome) => void): void;
  /** @throws {StorageFault} */
  query(sql: string, params: SqlRow): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

type Answer = Exclude<StorageResponse, { readonly kind: "opened" | "not-opened" }>;
type Tell = (answer: Answer) => void;

interface Asked {
  readonly id: number;
  readonly tell: Tell;
}

export interface WorkerConnectionDeps {
  readonly dataDir: string;
  readonly log: Log;
  /** Sequence of the newest event that was acknowledged. */
  readonly newestEvent: () => number;
  /** A thread was started in the place of one that had ended; all that it had been asked is answered. */
  readonly onRestarted: (opened: OpenedDatabase) => void;
}

/** @throws {DataDirError} The database cannot be opened. */
export async function connectWorker(deps: WorkerConnectionDeps): Promise<WorkerConnection> {
  const { dataDir, log, newestEvent, onRestarted } = deps;
  const { opened, worker: first } = await startThread({ dataDir }).catch((error: unknown) => {
    throw new DataDirError(`DATA_DIR ${dataDir} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  });
  // Not a map, whose old tables hold on to newer ones: what was posted would outlive its answer.
  const waiting: Asked[] = [];
  const closing = new AbortController();
  let worker = first;
  let lastId = 0;
  let failure: string | undefined;
  let restarting: Promise<void> | undefined;

  function failedOf(id: number, message: string): Answer {
    return { kind: "failed", id, message, isDamaged: false };
  }

  /** Who asked; he waits no longer. */
  function answered(id: number): Tell | undefined {
    const place = waiting.findIndex((one) => one.id === id); // The first, but after a restart.
    return place < 0 ? undefined : waiting.splice(place, 1)[0]?.tell;
  }

  function refuseWaiting(why: string): void {
    for (const { id } of [...waiting]) answered(id)?.(failedOf(id, why));
  }

  function ask(request: (id: number) => StorageRequest, tell: Tell): void {
    lastId += 1;
    const id = lastId;
    if (failure !== undefined) {
      const message = failure;
      queueMicrotask(() => {
        tell(failedOf(id, message));
      });
      return;
    }
    waiting.push({ id, tell });
    const asked = request(id);
    worker.postMessage(asked, handedOver(asked));
  }

  function serve(started: Worker): void {
    let isSuspect = false;
    started.on("message", (answer: Answer) => {
      const tell = answered(answer.id);
      if (answer.kind === "failed" && answer.isDamaged) {
        isSuspect = true;
        failure = answer.message; // It ends by itself: nothing more is asked of it.
      }
      tell?.(answer);
    });
    started.on("error", (error) => {
      failure ??= `the storage thread ended: ${messageOf(error)}`;
    });
    started.once("exit", () => {
      failure ??= "the storage thread ended";
      if (closing.signal.aborted) refuseWaiting(failure);
      else restarting = restart(failure, isSuspect);
    });
  }

  async function restart(why: string, isSuspect: boolean): Promise<void> {
    log.error({ dataDir, cause: why }, "the storage thread cannot go on: it is started again");
    for (let waitMs = FIRST_RESTART_MS; !closing.signal.aborted; waitMs *= 2) {
      try {
        const toContinue: LogToContinue = {
          ...{ logId: opened.logId, newestEvent: newestEvent(), isSuspect },
        };
        goOn(await startThread({ dataDir, toContinue }));
        return;
      } catch (error) {
        failure = messageOf(error);
        refuseWaiting(failure);
      }
      const waited = delay(Math.min(waitMs, LAST_RESTART_MS), undefined, closing);
      await waited.catch(() => undefined); // It closes.
    }
  }

  function goOn(started: StartedThread): void {
    worker = started.worker;
    serve(worker);
    const { lastCommit } = started.opened;
    if (lastCommit) answered(lastCommit.id)?.({ kind: "committed", ...lastCommit });
    refuseWaiting(failure ?? "");
    failure = undefined;
    log.info({ dataDir }, "the storage thread runs again");
    onRestarted(started.opened);
  }

  const query = (request: (id: number) => StorageRequest): Promise<readonly SqlRow[]> =>
    new Promise((resolve, reject) => {
      ask(request, (answer) => {
        if (answer.kind === "rows") resolve(answer.rows);
        else reject(new StorageFault(answer.kind === "failed" ? answer.message : "no rows"));
      });
    });

  serve(worker);
  return {
    opened,
    failure: () => failure,
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
      closing.abort();
      await restarting;
      // A database that cannot be marked as closed is checked at the next start.
      await query((id) => ({ kind: "close", id })).catch(() => undefined);
      await worker.terminate();
    },
  };
}

/** Memory that need not be copied. */
function handedOver(request: StorageRequest): ArrayBuffer[] {
  if (request.kind !== "commit") return [];
  return request.units.flatMap((unit) =>
    unit.flatMap(({ params }) =>
      params.flatMap((param) => {
        if (typeof param !== "object" || param === null) return [];
        return param.buffer instanceof ArrayBuffer ? param.buffer : [];
      }),
    ),
  );
}

interface StartedThread {
  readonly worker: Worker;
  readonly opened: OpenedDatabase;
}

/** @throws {Error} The thread could not open the database. */
function startThread(data: StorageThreadData): Promise<StartedThread> {
  const worker = startStorageWorker(data);
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => {
      reject(new Error("the storage thread ended while it started"));
    });
    worker.once("message", (response: StorageResponse) => {
      worker.removeAllListeners("error");
      worker.removeAllListeners("exit");
      if (response.kind === "opened") {
        resolve({ worker, opened: response.database });
        return;
      }
      reject(new Error(response.kind === "not-opened" ? response.message : "no answer"));
      void worker.terminate();
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
