import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { StorageThreadData } from "./storage-messages.js";

/**
 * Starts the storage thread: the built file, or, where the sources run (tests,
 * benchmarks), the source through `tsx`, a development dependency. `--import` would not do: a
 * worker's own file is loaded without it.
 */
export function startStorageWorker(workerData: StorageThreadData): Worker {
  const options = { workerData, name: "flopynet-storage" };
  if (!import.meta.url.endsWith(".ts")) {
    return new Worker(new URL("./storage-worker.js", import.meta.url), options);
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx/package.json"));
  const api = new URL("./dist/esm/api/index.mjs", tsx).href;
  const worker = new URL("./storage-worker.ts", import.meta.url).href;
  const source = [
    `import { register } from ${JSON.stringify(api)};`,
    "register();",
    `await import(${JSON.stringify(worker)});`,
  ].join("\n");
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), options);
}
