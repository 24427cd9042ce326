import type { Effect } from "../core/verbs.js";
import { type ActivePolicySet, activePolicySet } from "./active-policy-set.js";
import { createPolicyAnnouncer } from "./announce-policies.js";
import type { EventMaker } from "./engine-events.js";
import type { EngineStatus } from "./engine-status.js";
import { type FailureReason, PdpError } from "./errors.js";
import type { ReloadOptions } from "./policy-catalog.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog } from "./ports/event-log.js";
import type { Ids } from "./ports/ids.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import type { PolicyHistory } from "./ports/policy-history.js";
import type { LoadedPolicySet, PolicySource } from "./ports/policy-source.js";
import type { PolicyVersionStore } from "./ports/policy-version-store.js";
import type { PolicyWriter } from "./ports/policy-writer.js";
import {
  createPolicyVersionRecorder,
  type NewPolicyVersion,
  type RecordedVersion,
} from "./record-policy-version.js";

export interface Reloaded {
  readonly policyVersion: number;
  readonly changed: boolean;
}

/** What a change may build on, and how it is made. */
export interface PolicyChangeTurn {
  readonly active: ActivePolicySet;
  /**
   * Intent -> file -> version and events -> swap. All or nothing: of what fails, the next load finds
   * out whether it was made.
   */
  readonly commit: (version: Omit<NewPolicyVersion, "atLeast">) => Promise<ActivePolicySet>;
}

export interface PolicyActivation {
  /** Undefined until a good set was loaded; then always the last good one. */
  active(): ActivePolicySet | undefined;
  status(): EngineStatus;
  /**
   * Loads what the source has now. With content that is already active nothing changes. A bad set
   * changes nothing but `status`; the last good one goes on deciding. Calls run one after the other.
   *
   * @throws {PdpError} POLICY_INVALID, STORAGE_UNAVAILABLE, and with `discardFileChanges` what
   *   writing throws.
   */
  reload(options?: ReloadOptions): Promise<Reloaded>;
  /**
   * Runs `work` when no load and no other change runs. Where it finds an edit on disk that is not
   * loaded yet, it fails, and the edit is loaded next.
   *
   * @throws {PdpError} NO_ACTIVE_POLICY, STORAGE_UNAVAILABLE, or what `work` throws.
   */
  change<Result>(work: (turn: PolicyChangeTurn) => Promise<Result>): Promise<Result>;
  /** The history is another one, and empty: what is active is recorded in it, under its number. */
  recordAgain(): void;
  /** Reloads whenever the source says that it may have changed. @returns A function that stops. */
  watch(): () => void;
  /** Calls `listener` after a set has become active. */
  onActivated(listener: () => void): void;
}

export interface PolicyActivationDeps {
  readonly source: PolicySource;
  readonly writer: PolicyWriter;
  readonly history: PolicyHistory;
  readonly versions: PolicyVersionStore;
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly makeEvent: EventMaker;
  readonly ids: Pick<Ids, "eventId">;
  readonly clock: Clock;
  readonly log: Log;
  readonly unknownTypeEffect: Effect;
}

/** A version that could not be stored is tried again after this time. */
const RETRY_MS = 2000;

/** A loaded or changed set -> version -> snapshot -> swap, all or nothing, one after the other. */
export function createPolicyActivation(deps: PolicyActivationDeps): PolicyActivation {
  const { source, writer, history, eventLog, clock, log } = deps;
  const recorder = createPolicyVersionRecorder(deps);
  const announcer = createPolicyAnnouncer(deps);
  const listeners: (() => void)[] = [];
  let active: ActivePolicySet | undefined;
  let lastError: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let watching = false;
  let retry: NodeJS.Timeout | undefined;

  async function load(): Promise<Reloaded> {
    const loaded = await source.load();
    if (!loaded.ok) {
      const { text, error } = await announcer.refused(loaded.issues, active);
      lastError = text;
      throw error;
    }
    const { set } = loaded;
    const previous = active;
    const { isNew, ...version } = await recorder.versionOf(set, (policyVersion) =>
      announcer.loadedEvents(set, previous, policyVersion),
    );
    const { policyVersion } = version.record;
    const current = await takeOver(set, version);
    lastError = undefined;
    if (previous?.contentHash === set.contentHash) return { policyVersion, changed: false };
    if (!isNew && !previous) {
      eventLog.append(announcer.loadedEvents(set, undefined, policyVersion));
    }
    await announcer.warn(set, policyVersion);
    announce(current);
    return { policyVersion, changed: true };
  }

  async function takeOver(
    set: LoadedPolicySet,
    { record, origins }: RecordedVersion,
  ): Promise<ActivePolicySet> {
    const isSame = active?.contentHash === set.contentHash;
    active = await activePolicySet(set, {
      policyVersion: record.policyVersion,
      ...{ origins, clock, unknownTypeEffect: deps.unknownTypeEffect },
      same: isSame ? active : undefined,
    });
    return active;
  }

  function announce(current: ActivePolicySet): void {
    announcer.activated(current);
    for (const listener of listeners) listener();
  }

  async function loadOrRestore({ discardFileChanges }: ReloadOptions): Promise<Reloaded> {
    try {
      return await load();
    } catch (error) {
      if (!discardFileChanges || !failedWith(error, "POLICY_INVALID")) throw error;
      const newest = active ? undefined : await history.newest();
      const content = newest && (await history.get(newest.policyVersion));
      log.warn({}, "edits of the policy files are discarded: the last good set is put back");
      await writer.restore(content?.documents);
      return load();
    }
  }

  async function commit(version: Omit<NewPolicyVersion, "atLeast">): Promise<ActivePolicySet> {
    const { set } = version;
    try {
      const made = await recorder.append({ ...version, atLeast: active?.fileVersion ?? 1 });
      const previous = active;
      const current = await takeOver({ ...set, fileVersion: made.record.policyVersion }, made);
      lastError = undefined;
      announce(current);
      if (previous) announcer.warnOfChange(set, previous);
      return current;
    } catch (error) {
      // Nobody knows how far it came: what the files hold now decides.
      await load().catch(tellFailedLoad);
      if (active?.contentHash === set.contentHash && recorder.isSettled()) return active;
      throw error;
    }
  }

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  function reload(options: ReloadOptions = { discardFileChanges: false }): Promise<Reloaded> {
    return inTurn(() => loadOrRestore(options)).catch((error: unknown) => {
      lastError ??= error instanceof PdpError ? error.message : "internal error: see the log";
      if (failedWith(error, "STORAGE_UNAVAILABLE")) retryLater();
      throw error;
    });
  }

  // Why: a disk that is full tells nobody when it is so no more.
  function retryLater(): void {
    if (!watching) return;
    clearTimeout(retry);
    retry = setTimeout(reloadSoon, RETRY_MS).unref();
  }

  function reloadSoon(): void {
    reload().catch(tellFailedLoad);
  }

  function tellFailedLoad(error: unknown): void {
    if (failedWith(error, "POLICY_INVALID")) return; // Told.
    log.error({ error }, "the policy file could not be loaded");
  }

  return {
    active: () => active,
    status: () => statusOf(active, lastError),
    reload,
    change: (work) =>
      inTurn(async () => {
        if (active && !recorder.isSettled()) await load().catch(passBrokenFiles);
        if (!active) throw new PdpError({ reason: "NO_ACTIVE_POLICY" });
        return work({ active, commit });
      }).catch((error: unknown) => {
        if (failedWith(error, "FILE_CHANGED_ON_DISK")) reloadSoon();
        if (!recorder.isSettled()) retryLater();
        throw error;
      }),
    recordAgain() {
      recorder.unsettle();
      if (active) reloadSoon();
    },
    watch() {
      watching = true;
      const stop = source.watch(reloadSoon);
      return () => {
        watching = false;
        clearTimeout(retry);
        stop();
      };
    },
    onActivated: (listener) => {
      listeners.push(listener);
    },
  };
}

function failedWith(error: unknown, reason: FailureReason): boolean {
  return error instanceof PdpError && error.failure.reason === reason;
}

// Files that cannot be loaded hold an edit: whoever wants to write is told so.
function passBrokenFiles(error: unknown): void {
  if (!failedWith(error, "POLICY_INVALID")) throw error;
}

function statusOf(
  active: ActivePolicySet | undefined,
  lastError: string | undefined,
): EngineStatus {
  const served = lastError === undefined ? "healthy" : "degraded";
  return {
    state: active ? served : "unhealthy",
    policyVersion: active?.snapshot.policyVersion ?? 0,
    ...(active && { loadedAtMs: active.loadedAtMs }),
    ...(lastError !== undefined && { lastError }),
  };
}
