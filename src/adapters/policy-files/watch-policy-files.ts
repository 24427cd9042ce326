import { type FSWatcher, watch } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createFileDigester } from "./file-digester.js";

/** A change is seen within this time even where the system reports none. */
const POLL_MS = 1000;
/** Content counts once it has stood still this long: a write in place is several steps. */
const SETTLE_MS = 50;
/** Content that never stands still counts after this time. */
const RESTLESS_MS = 500;

export interface WatchDeps {
  readonly files: readonly string[];
  /** The folder of policy functions; undefined: there is none. */
  readonly functionsFolder?: string | undefined;
  /** Of what was loaded last (`joinDigests`, in the order of `files`, then `digestOfFunctions`); undefined before the first. */
  readonly loadedDigest: () => string | undefined;
  readonly onChange: () => void;
}

/**
 * Calls `onChange` when the content of a file differs from what was seen and from what was loaded.
 *
 * Watches folders, because a watched file is lost with its first replacement: the folder of each
 * path (renames, ConfigMap links) and that of the file the path leads to (writes in place). Watching
 * only hastens the look: the content is polled as well, so that a lost watch is no lost change.
 *
 * @returns A function that stops; the watch does not keep the process alive.
 */
export function watchPolicyFiles(deps: WatchDeps): () => void {
  const { files, functionsFolder, loadedDigest, onChange } = deps;
  const digest = createFileDigester(files, functionsFolder);
  // Any name in the folder will do: what is watched is the folder.
  const followed = [...files, ...(functionsFolder ? [join(functionsFolder, "any.json")] : [])];
  const folders = createFolderWatch(onFolderEvent);
  let seen = loadedDigest();
  let candidate: { readonly digest: string; readonly sinceMs: number } | undefined;
  let restlessSinceMs: number | undefined;
  let stopped = false;
  let looking = false;
  let events = 0;
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Infinity;

  // Keeps the earliest of the times asked for.
  function lookIn(delayMs: number): void {
    const askedMs = performance.now() + delayMs;
    if (stopped || looking || askedMs >= dueMs) return;
    clearTimeout(timer);
    dueMs = askedMs;
    timer = setTimeout(() => void look(), delayMs).unref();
  }

  function onFolderEvent(): void {
    events++;
    lookIn(SETTLE_MS);
  }

  async function look(): Promise<void> {
    looking = true;
    const eventsBefore = events;
    dueMs = Infinity;
    await folders.follow(followed);
    const isStill = consider(await digest());
    looking = false;
    lookIn(isStill && events === eventsBefore ? POLL_MS : SETTLE_MS);
  }

  /** @returns Whether the content stands still. */
  function consider(now: string): boolean {
    if (stopped) return true;
    const nowMs = performance.now();
    seen ??= now;
    if (now === seen) {
      candidate = undefined;
      restlessSinceMs = undefined;
      return true;
    }
    restlessSinceMs ??= nowMs;
    if (candidate?.digest !== now) candidate = { digest: now, sinceMs: nowMs };
    const isSettled = nowMs - candidate.sinceMs >= SETTLE_MS - 1;
    if (!isSettled && nowMs - restlessSinceMs < RESTLESS_MS) return false;
    candidate = undefined;
    restlessSinceMs = undefined;
    seen = now;
    if (now !== loadedDigest()) onChange();
    return true;
  }

  lookIn(0);
  return () => {
    stopped = true;
    clearTimeout(timer);
    folders.stop();
  };
}

interface FolderWatch {
  /** Watches the folders that the files are in now, and no others. */
  follow(files: readonly string[]): Promise<void>;
  stop(): void;
}

function createFolderWatch(onEvent: () => void): FolderWatch {
  const watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  let stopped = false;

  function drop(folder: string): void {
    watchers.get(folder)?.watcher.close();
    watchers.delete(folder);
  }

  async function arm(folder: string): Promise<void> {
    const identity = await identityOf(folder);
    if (stopped || watchers.get(folder)?.identity === identity) return;
    drop(folder); // Another folder stands there now, or none.
    if (identity === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false }, onEvent);
      watcher.on("error", () => drop(folder));
      watchers.set(folder, { identity, watcher });
    } catch {
      // Too many watches, or the folder has just gone: the poll goes on without.
    }
  }

  return {
    async follow(files) {
      const wanted = new Set((await Promise.all(files.map(foldersOf))).flat());
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
      for (const folder of wanted) await arm(folder);
    },
    stop() {
      stopped = true;
      for (const folder of watchers.keys()) drop(folder);
    },
  };
}

async function foldersOf(file: string): Promise<readonly string[]> {
  const folder = dirname(resolve(file));
  const target = await realpath(file).catch(() => file);
  return [folder, dirname(resolve(target))];
}

async function identityOf(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
