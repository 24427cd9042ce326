import { syncBuiltinESMExports } from "node:module";
import workerThreads, { type WorkerOptions } from "node:worker_threads";

// The store starts its thread itself and gives it to nobody: here every new one gets the means to end
// it. Import this before anything opens a store.
const MOMENTS = { never: 0, "before a commit": 1, "after a commit": 2 } as const;
const IO_ERROR = 3;
const endAt = new Int32Array(new SharedArrayBuffer(4));
const END_THREAD = new URL("./end-thread.mjs", import.meta.url).href;
const { Worker } = workerThreads;
const threads: workerThreads.Worker[] = [];

workerThreads.Worker = class extends Worker {
  constructor(file: string | URL, options: WorkerOptions) {
    const workerData = { ...(options.workerData as object), endAt: endAt.buffer };
    super(file, { ...options, workerData, execArgv: ["--import", END_THREAD] });
    threads.push(this);
  }
};
syncBuiltinESMExports();

/** Ends the storage thread of this process that was started last, by a message that is none. */
export function endStorageThread(): Promise<void> {
  const thread = threads.at(-1);
  return new Promise((resolve) => {
    thread?.once("exit", () => {
      resolve();
    });
    thread?.postMessage(null);
  });
}

/** The disk fails, once, at its next commit. */
export function letNextCommitFail(): void {
  Atomics.store(endAt, 0, IO_ERROR);
}

/** It ends by itself, once, at that moment of its next commit. */
export function endStorageThreadAt(moment: keyof typeof MOMENTS): void {
  Atomics.store(endAt, 0, MOMENTS[moment]);
}
