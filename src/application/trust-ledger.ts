import type { FoldStep } from "../core/trust/fold-step.js";
import type { Observation } from "../core/trust/observation.js";
import type { TrustExplanation } from "../core/trust/trust-explanation.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { ValueMap } from "../core/values.js";
import type { EventMaker } from "./engine-events.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { Digests } from "./ports/digests.js";
import type { Log } from "./ports/log.js";
import type {
  LoggedObservation,
  ObservationLog,
  StoredObservation,
} from "./ports/observation-log.js";
import type { TrustHistory } from "./ports/trust-history.js";
import { type ReportAnswer, sortReport } from "./trust-admission.js";
import { keyOf, loggedObservation, observationFrom, observationIdOf } from "./trust-log-records.js";
import { createTrustRecorder } from "./trust-recorder.js";
import type { UnderstoodObservation } from "./trust-report.js";
import { keptTrustRules, type TrustRulesNow } from "./trust-rules-in-force.js";
import {
  checkpointOf,
  emptyTrustState,
  restoredTrustState,
  rulesHashesOf,
  type TrustState,
  type TrustStateOptions,
} from "./trust-state.js";

/** Evaluated rounds between two checkpoints: what a start has to compute anew at most. */
const CHECKPOINT_EVALUATIONS = 10;
/** Observations read at once. */
const SLICE = 1000;

export interface Recalculation {
  readonly clients: number;
  readonly observations: number;
  /** Clients whose trust was not bit for bit what it was before. */
  readonly differences: number;
}

/** The observations and what they make of trust. Writes run one after the other. */
export interface TrustLedger {
  /** Of any client, now; the prior of one never heard of. */
  reading(clientId: string): TrustReading;
  explain(clientId: string): TrustExplanation;
  clientIds(): Iterable<string>;
  readonly model: string;
  /** Grows whenever a reading may have become another. */
  revision(): number;
  /** The newest open round for which a client is selected. */
  openRoundOf(clientId: string): { readonly runId: string; readonly round: number } | undefined;
  isSelected(runId: string, round: number, clientId: string): boolean;
  /** Durable when it settles. @throws {PdpError} STORAGE_UNAVAILABLE: nothing was taken. */
  report(observations: readonly UnderstoodObservation[], note?: ValueMap): Promise<ReportAnswer>;
  /** @throws {PdpError} STORAGE_UNAVAILABLE. */
  recalculate(): Promise<Recalculation>;
  /** Stores the state where nothing of it is stored any more: the log begins anew. */
  storeAnew(): Promise<void>;
  /** Calls `listener` after a report was taken, with what was accepted of it. */
  onAccepted(listener: (observations: readonly Observation[]) => void): void;
}

export interface TrustLedgerDeps extends TrustStateOptions {
  readonly observationLog: ObservationLog;
  readonly history: TrustHistory;
  readonly rulesNow: () => TrustRulesNow;
  readonly digests: Digests;
  readonly makeEvent: EventMaker;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Continues where the log ends: the newest checkpoint, and the observations after it.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE.
 */
export async function openTrustLedger(deps: TrustLedgerDeps): Promise<TrustLedger> {
  const { observationLog, history, rulesNow, digests, makeEvent, clock, log } = deps;
  const policyVersion = (): number => rulesNow().record.policyVersion;
  const recorder = createTrustRecorder({ history, policyVersion, makeEvent, log });
  const knownRules = new Map<string, TrustRules>();
  const listeners: ((observations: readonly Observation[]) => void)[] = [];
  let state = emptyTrustState(deps);
  let revision = 0;
  /** The door knows of observations that were never stored. */
  let isAhead = false;
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  async function rulesOf(hash: string): Promise<TrustRules> {
    const known = knownRules.get(hash);
    if (known) return known;
    const kept = await observationLog.rules(hash);
    if (!kept) throw new Error(`the observation log names trust rules ${hash} and has none`);
    const { rules } = keptTrustRules(kept);
    knownRules.set(hash, rules);
    return rules;
  }

  /** Applies what the log has after `into.position`; `onStep` is told what each observation changed. */
  async function replay(
    into: TrustState,
    onStep?: (step: FoldStep, stored: StoredObservation) => Promise<void>,
  ): Promise<number> {
    let count = 0;
    const noRules = rulesNow().rules;
    for (;;) {
      const slice = await observationLog.read(into.position, SLICE);
      for (const stored of slice) {
        const { rulesHash } = stored;
        const rules = rulesHash === undefined ? noRules : await rulesOf(rulesHash);
        if (!stored.late) {
          const observation = observationFrom(stored);
          into.door.admit(observation, stored.receivedMs);
          into.openRounds.apply(observation);
          const step = into.fold.apply(observation, rules);
          if (step.evaluated) into.evaluation += 1;
          await onStep?.(step, stored);
        }
        into.position = stored.position;
      }
      count += slice.length;
      if (slice.length < SLICE) return count;
      await nextTurn();
    }
  }

  async function restored(): Promise<TrustState> {
    for (const checkpoint of await history.checkpoints()) {
      const hashes = rulesHashesOf(checkpoint);
      await Promise.all(hashes.map((hash) => rulesOf(hash)));
      const found = restoredTrustState(checkpoint, deps, (hash) => knownRules.get(hash));
      if (found) return found;
    }
    return emptyTrustState(deps);
  }

  /** Brings the state to the end of the log, and records what was not recorded before. */
  async function restore(): Promise<void> {
    const progress = await history.progress();
    const isOtherModel = progress.model !== deps.model.version;
    if (isOtherModel) await history.begin(deps.model.version);
    const recordedThrough = isOtherModel ? 0 : progress.position;
    // Points that were made by another model are made anew; what they told was told.
    const toldThrough = progress.position;
    const fresh = await restored();
    recorder.forget();
    await replay(fresh, async (step, stored) => {
      const { position } = stored;
      if (position <= recordedThrough) return;
      await recorder.collect(step, stored, fresh.evaluation, { isTold: position <= toldThrough });
      if (recorder.pending() >= SLICE) await recorder.record(position);
    });
    state = fresh;
    revision += 1;
    isAhead = false;
    await recorder.record(state.position);
  }

  async function saveCheckpoint(): Promise<void> {
    try {
      await history.saveCheckpoint(checkpointOf(state));
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      log.warn({ cause }, "the state of trust is stored later: a start takes longer until then");
    }
  }

  async function take(
    observations: readonly UnderstoodObservation[],
    note: ValueMap | undefined,
  ): Promise<ReportAnswer> {
    if (isAhead) await restore();
    const now = rulesNow();
    const receivedMs = clock.nowMs();
    const sorted = await sortReport(observations, {
      ...{ door: state.door, observationLog, nowMs: receivedMs },
    });
    const logged = sorted.kept.map(({ understood, late }) => {
      const { observation, observationId, hasOwnTime } = understood;
      return loggedObservation(observation, {
        ...{ receivedMs, late, hasOwnTime, ...(note && { note }) },
        observationId: observationId || observationIdOf(digests, keyOf(observation)),
        ...(observation.kind === "round_closed" && { rulesHash: now.record.hash }),
      });
    });
    if (logged.length > 0) {
      const closes = logged.some(({ rulesHash }) => rulesHash !== undefined);
      await append(logged, closes ? now : undefined);
    }
    return sorted.answer;
  }

  async function append(
    logged: readonly LoggedObservation[],
    now: TrustRulesNow | undefined,
  ): Promise<void> {
    // Until it is known to be stored.
    isAhead = true;
    const last = await observationLog.append({
      observations: logged,
      rules: now ? [now.record] : [],
    });
    isAhead = false;
    const { rules } = now ?? rulesNow();
    if (now) knownRules.set(now.record.hash, rules);
    const before = state.evaluation;
    const accepted: Observation[] = [];
    for (const [index, stored] of logged.entries()) {
      state.position = last - logged.length + index + 1;
      if (stored.late) continue;
      const observation = observationFrom(stored);
      accepted.push(observation);
      state.openRounds.apply(observation);
      const step = state.fold.apply(observation, rules);
      if (step.evaluated) state.evaluation += 1;
      await recorder.collect(step, stored, state.evaluation, { isTold: false });
    }
    revision += 1;
    await recorder.record(state.position);
    const due = Math.floor(state.evaluation / CHECKPOINT_EVALUATIONS);
    if (due > Math.floor(before / CHECKPOINT_EVALUATIONS)) await saveCheckpoint();
    for (const listener of listeners) listener(accepted);
  }

  async function recalculate(): Promise<Recalculation> {
    if (isAhead) await restore();
    const fresh = emptyTrustState(deps);
    const observations = await replay(fresh);
    const ids = new Set([...state.fold.clientIds(), ...fresh.fold.clientIds()]);
    let differences = 0;
    for (const id of ids) {
      const [before, after] = [state, fresh].map(({ fold }) => JSON.stringify(fold.reading(id)));
      if (before !== after) differences += 1;
    }
    if (differences > 0) {
      log.error({ differences }, "trust computed anew is not what it was: the new one is used");
    }
    state = fresh;
    revision += 1;
    return { clients: ids.size, observations, differences };
  }

  await restore();
  return {
    reading: (clientId) => state.fold.reading(clientId),
    explain: (clientId) => state.fold.explain(clientId, rulesNow().rules),
    clientIds: () => state.fold.clientIds(),
    model: deps.model.version,
    revision: () => revision,
    openRoundOf: (clientId) => state.openRounds.roundOf(clientId),
    isSelected: (runId, round, clientId) => state.openRounds.isSelected(runId, round, clientId),
    report: (observations, note) => inTurn(() => take(observations, note)),
    recalculate: () => inTurn(recalculate),
    storeAnew: () =>
      inTurn(async () => {
        await history.begin(deps.model.version);
        state.position = 0;
        await saveCheckpoint();
      }),
    onAccepted(listener) {
      listeners.push(listener);
    },
  };
}
