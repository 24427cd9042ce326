import { type PolicySnapshot, snapshotSteps } from "../core/snapshot.js";
import type { Effect } from "../core/verbs.js";
import { runInSlices } from "./run-in-slices.js";
import type { EngineStatus } from "./engine-status.js";
import { issueText, PdpError } from "./errors.js";
import { type EventMaker, policiesLoaded, policiesRejected } from "./engine-events.js";
import type { CatalogPolicy } from "./policy-catalog.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import type { LoadedPolicySet, PolicyIssue, PolicySource } from "./ports/policy-source.js";
import type { PolicyVersionStore } from "./ports/policy-version-store.js";

/** The set that decides. Immutable; replaced whole. */
export interface ActivePolicySet {
  readonly snapshot: PolicySnapshot;
  readonly policies: readonly CatalogPolicy[];
  readonly contentHash: string;
  readonly loadedAtMs: number;
}

export interface PolicyActivation {
  /** Undefined until a good set was loaded; then always the last good one. */
  active(): ActivePolicySet | undefined;
  status(): EngineStatus;
  /**
   * Loads what the source has now. With content that is already active nothing changes. A bad set
   * changes nothing but `status`; the last good one goes on deciding. Calls run one after the other.
   *
   * @throws {PdpError} POLICY_INVALID, STORAGE_UNAVAILABLE.
   */
  reload(): Promise<{ readonly policyVersion: number; readonly changed: boolean }>;
  /** Reloads whenever the source says that it may have changed. @returns A function that stops. */
  watch(): () => void;
  /** Calls `listener` after a set has become active. */
  onActivated(listener: () => void): void;
}

export interface PolicyActivationDeps {
  readonly source: PolicySource;
  readonly versions: PolicyVersionStore;
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly makeEvent: EventMaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly unknownTypeEffect: Effect;
}

/** How many problems of a bad file `/health` and the error tell; the log has all. */
const MAX_TOLD_ISSUES = 20;

/** A loaded set -> version -> snapshot -> swap -> events, all or nothing. */
export function createPolicyActivation(deps: PolicyActivationDeps): PolicyActivation {
  let active: ActivePolicySet | undefined;
  let lastError: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const listeners: (() => void)[] = [];

  async function load(): Promise<{ policyVersion: number; changed: boolean }> {
    const loaded = await deps.source.load();
    if (!loaded.ok) throw refused(loaded.issues);
    const { set } = loaded;
    if (active?.contentHash === set.contentHash) {
      lastError = undefined;
      return { policyVersion: active.snapshot.policyVersion, changed: false };
    }
    const policyVersion = await deps.versions.assign(set);
    const previous = active;
    active = await activeSet(set, policyVersion, previous, deps);
    lastError = undefined;
    tell(set, previous, active);
    return { policyVersion, changed: true };
  }

  function refused(issues: readonly PolicyIssue[]): PdpError {
    const told = issues.filter((issue) => issue.severity === "error");
    const more = told.length - MAX_TOLD_ISSUES;
    lastError =
      told.slice(0, MAX_TOLD_ISSUES).map(issueText).join("; ") +
      (more > 0 ? `; and ${more} more` : "");
    deps.metrics.policyLoadFailed();
    const serving = active && { policyVersion: active.snapshot.policyVersion };
    deps.eventLog.append([policiesRejected(deps.makeEvent, { issues, ...serving })]);
    for (const issue of told) deps.log.error({ issue }, `policy refused: ${issueText(issue)}`);
    return new PdpError({ reason: "POLICY_INVALID", issues: told.slice(0, MAX_TOLD_ISSUES) });
  }

  function tell(
    set: LoadedPolicySet,
    previous: ActivePolicySet | undefined,
    current: ActivePolicySet,
  ): void {
    const { policyVersion } = current.snapshot;
    const before = new Map(previous?.policies.map((stored) => [stored.policy.id, stored.etag]));
    const changed = current.policies.filter(
      (stored) => before.get(stored.policy.id) !== stored.etag,
    );
    const policies = changed.map(({ policy, file }) => ({
      policyId: policy.id,
      policyType: policy.type,
      source: file,
    }));
    deps.eventLog.append(policiesLoaded(deps.makeEvent, { policies, policyVersion }));
    const rules = current.policies.reduce((sum, { policy }) => sum + policy.rules.length, 0);
    deps.metrics.policyLoaded({ policyVersion, policies: current.policies.length, rules });
    for (const issue of set.issues) deps.log.warn({ issue }, `policy: ${issueText(issue)}`);
    if (set.fileVersion !== undefined && set.fileVersion < policyVersion) {
      const facts = { file: set.file, fileVersion: set.fileVersion, policyVersion };
      deps.log.warn(
        facts,
        "the file's version is lower than the policy version, which never goes down",
      );
    }
    const facts = { policyVersion, policies: current.policies.length, rules, file: set.file };
    deps.log.info(facts, `policy version ${policyVersion} is active`);
    for (const listener of listeners) listener();
  }

  function reload(): Promise<{ policyVersion: number; changed: boolean }> {
    const result = queue.then(load).catch((error: unknown) => {
      lastError ??= error instanceof PdpError ? error.message : "internal error: see the log";
      throw error;
    });
    queue = result.catch(() => undefined);
    return result;
  }

  return {
    active: () => active,
    status: () => statusOf(active, lastError),
    reload,
    watch: () =>
      deps.source.watch(() => {
        reload().catch((error: unknown) => {
          if (error instanceof PdpError && error.failure.reason === "POLICY_INVALID") return; // Told.
          deps.log.error({ error }, "the policy file could not be loaded");
        });
      }),
    onActivated: (listener) => {
      listeners.push(listener);
    },
  };
}

async function activeSet(
  set: LoadedPolicySet,
  policyVersion: number,
  previous: ActivePolicySet | undefined,
  deps: PolicyActivationDeps,
): Promise<ActivePolicySet> {
  const nowMs = deps.clock.nowMs();
  const before = new Map(previous?.policies.map((stored) => [stored.policy.id, stored]));
  return {
    snapshot: await runInSlices(
      snapshotSteps(
        set.policies.map(({ policy }) => policy),
        { policyVersion, unknownTypeEffect: deps.unknownTypeEffect },
      ),
      deps.clock,
    ),
    policies: set.policies.map((stored) => {
      const old = before.get(stored.policy.id);
      const changed = old?.etag === stored.etag ? old : { policyVersion, updateTimeMs: nowMs };
      const { policyVersion: version, updateTimeMs } = changed;
      return { ...stored, policyVersion: version, updateTimeMs };
    }),
    contentHash: set.contentHash,
    loadedAtMs: nowMs,
  };
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
