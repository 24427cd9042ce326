import type { FoldStep } from "../core/trust/fold-step.js";
import type { Observation } from "../core/trust/observation.js";
import type { TrustExplanation } from "../core/trust/trust-explanation.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { EventMaker } from "./engine-events.js";
import { PdpError } from "./errors.js";
import { nextTurn } from "./next-turn.js";
import type { Log } from "./ports/log.js";
import type {
  LoggedObservation,
  ObservationLog,
  StoredObservation,
} from "./ports/observation-log.js";
import type { TrustHistory } from "./ports/trust-history.js";
import {
  type ReportAnswer,
  type ReportFacts,
  type SortedReport,
  sortReport,
} from "./trust-admission.js";
import { loggedObservation, observationFrom } from "./trust-log-records.js";
import { createTrustRecorder } from "./trust-recorder.js";
import type { UnderstoodObservation } from "./trust-report.js";
import { keptTrustRules, type TrustRulesNow } from "./trust-rules-in-force.js";
import {
  checkpointOf,
  compareStates,
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
  report(observations: readonly UnderstoodObservation[], facts: ReportFacts): Promise<ReportAnswer>;
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
  readonly makeEvent: EventMaker;
  readonly log: Log;
}

/**
 * Continues where the log ends: the newest checkpoint, and the observations after it.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE.
 */
export async function openTrustLedger(deps: TrustLedgerDeps): Promise<TrustLedger> {
  const { observationLog, history, rulesNow, makeEvent, log } = deps;
  const policyVersion = (): number => rulesNow().record.policyVersion;
  const recorder = createTrustRecorder({ history, policyVersion, makeEvent, log });
  const knownRules = new Map<string, TrustRules>();
  const listeners: ((observations: readonly Observation[]) => void)[] = [];
  let state = emptyTrustState(deps);
  let revision = 0;
  /** The door knows of observations that were never stored. */
  let isAhead = false;
  let queue: Promise<unknown> = Promise.resolve();
  /** What was sent to the log is applied in its order, while the next is made ready. */
  let applying: Promise<unknown> = Promise.resolve();

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
    onStep?: (step: FoldStep, stored: StoredObservation) => Promise<void> | undefined,
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

  /** Resolves, once the report is on its way to the log, to what is going to be answered. */
  async function take(
    observations: readonly UnderstoodObservation[],
    { receivedMs, note }: ReportFacts,
  ): Promise<{ readonly answered: Promise<ReportAnswer> }> {
    await mended();
    const now = rulesNow();
    const { answer, kept } = await sortReport(observations, {
      ...{ door: state.door, observationLog: settledLog, nowMs: receivedMs },
    });
    if (kept.length === 0) return { answered: applying.then(() => answer) };
    const { hash } = now.record;
    const logged = kept.map(({ understood, late }) => {
      const closes = understood.observation.kind === "round_closed";
      return loggedObservation(understood, {
        ...{ receivedMs, late, note },
        ...(closes && { rulesHash: hash }),
      });
    });
    const closes = logged.some(({ rulesHash }) => rulesHash !== undefined);
    if (closes) knownRules.set(hash, now.rules);
    const rules = closes ? [now.record] : [];
    const stored = observationLog.append({ observations: logged, rules });
    stored.catch(() => {
      isAhead = true;
    });
    const work = async (): Promise<ReportAnswer> => {
      const last = await stored;
      // One before it was not stored, and this may rest on it: whoever sent it sends it again.
      if (isAhead) throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation" });
      await applyStored(kept, { logged, first: last - logged.length + 1, rules: now.rules });
      return answer;
    };
    const answered = applying.then(work);
    applying = answered.catch(() => undefined);
    return { answered };
  }

  /** What the log says once everything that is on its way is there. */
  const settledLog: Pick<ObservationLog, "ofRound"> = {
    ofRound: (...round) => applying.then(() => observationLog.ofRound(...round)),
  };

  /** Lets what is on its way come to its end; what the door remembers of what failed is forgotten. */
  async function mended(): Promise<void> {
    if (!isAhead) return;
    await applying;
    await restore();
  }

  async function applyStored(
    kept: SortedReport["kept"],
    stored: {
      readonly logged: readonly LoggedObservation[];
      /** Position of the first. */
      readonly first: number;
      readonly rules: TrustRules;
    },
  ): Promise<void> {
    const before = state.evaluation;
    const accepted: Observation[] = [];
    for (const [index, { understood, late }] of kept.entries()) {
      state.position = stored.first + index;
      const logged = stored.logged[index];
      if (late || !logged) continue;
      const { observation } = understood;
      accepted.push(observation);
      state.openRounds.apply(observation);
      const step = state.fold.apply(observation, stored.rules);
      if (step.evaluated) state.evaluation += 1;
      const collecting = recorder.collect(step, logged, state.evaluation, { isTold: false });
      if (collecting) await collecting;
    }
    revision += 1;
    await recorder.record(state.position);
    const due = Math.floor(state.evaluation / CHECKPOINT_EVALUATIONS);
    if (due > Math.floor(before / CHECKPOINT_EVALUATIONS)) await saveCheckpoint();
    for (const listener of listeners) listener(accepted);
  }

  async function recalculate(): Promise<Recalculation> {
    await applying;
    await mended();
    const fresh = emptyTrustState(deps);
    const observations = await replay(fresh);
    const { clients, differences } = compareStates(state, fresh);
    if (differences > 0) {
      log.error({ differences }, "trust computed anew is not what it was: the new one is used");
    }
    state = fresh;
    revision += 1;
    return { clients, observations, differences };
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
    report: async (observations, facts) => (await inTurn(() => take(observations, facts))).answered,
    recalculate: () => inTurn(recalculate),
    storeAnew: () =>
      inTurn(async () => {
        await applying;
        await history.begin(deps.model.version);
        state.position = 0;
        await saveCheckpoint();
      }),
    onAccepted(listener) {
      listeners.push(listener);
    },
  };
}
