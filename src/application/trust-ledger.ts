import type { Observation } from "../core/trust/observation.js";
import type { TrustExplanation } from "../core/trust/trust-explanation.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { EventMaker } from "./engine-events.js";
import { PdpError } from "./errors.js";
import { createLiveTrust } from "./live-trust.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { Log } from "./ports/log.js";
import type { TrustMetrics } from "./ports/metrics.js";
import type { LoggedObservation, ObservationLog } from "./ports/observation-log.js";
import type { TrustHistory } from "./ports/trust-history.js";
import { runInSlices } from "./run-in-slices.js";
import {
  type ReportAnswer,
  type ReportFacts,
  type SortedReport,
  sortReport,
} from "./trust-admission.js";
import { createFrontDoor } from "./trust-front-door.js";
import { notStored } from "./trust-log-queue.js";
import { loggedObservation } from "./trust-log-records.js";
import { createTrustRecorder } from "./trust-recorder.js";
import { createTrustReplay } from "./trust-replay.js";
import type { UnderstoodObservation } from "./trust-report.js";
import type { TrustRulesNow } from "./trust-rules-in-force.js";
import {
  checkpointOf,
  compareSteps,
  copyOfDoorSteps,
  emptyTrustState,
  type Recalculation,
  type TrustState,
  type TrustStateOptions,
} from "./trust-state.js";
import { tryUntilDone } from "./try-until-done.js";

/** Evaluated rounds between two checkpoints: what a start has to compute anew at most. */
const CHECKPOINT_EVALUATIONS = 10;
/** Points that wait at most while a log is replayed. */
const MOST_PENDING_POINTS = 1000;
/** Observations: two milliseconds or so. */
const APPLIED_AT_ONCE = 500;
const STORE_ANEW_RETRY_MS = 200;
const NOTHING = { observations: [], rules: [] };

/** The observations and what they make of trust. Writes run one after the other. */
export interface TrustLedger {
  /** Of any client, now; the prior of one never heard of. */
  reading(clientId: string): TrustReading;
  explain(clientId: string): TrustExplanation;
  clientIds(): Iterable<string>;
  countStates(): ReturnType<TrustState["fold"]["countStates"]>;
  readonly model: string;
  /** Grows whenever a reading may have become another. */
  revision(): number;
  /** The newest open round for which a client is selected. */
  openRoundOf(clientId: string): { readonly runId: string; readonly round: number } | undefined;
  isSelected(runId: string, round: number, clientId: string): boolean;
  /** Durable when it settles. @throws {PdpError} STORAGE_UNAVAILABLE: nothing was taken. */
  report(observations: readonly UnderstoodObservation[], facts: ReportFacts): Promise<ReportAnswer>;
  /** From what the log begins with. @throws {PdpError} STORAGE_UNAVAILABLE: the state is as it was. */
  recalculate(): Promise<Recalculation>;
  /**
   * To be called when another, empty log has taken the place of the one before: it begins with the state
   * of now. No report is taken before that is stored.
   *
   * @returns Resolves when it is: it is tried until then.
   */
  storeAnew(): Promise<void>;
  /** Calls `listener` after a report was taken, with what was accepted of it. */
  onAccepted(listener: (observations: readonly Observation[]) => void): void;
}

export interface TrustLedgerDeps extends TrustStateOptions {
  readonly observationLog: ObservationLog;
  readonly history: TrustHistory;
  readonly rulesNow: () => TrustRulesNow;
  readonly makeEvent: EventMaker;
  readonly metrics: TrustMetrics;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Log;
}

/**
 * Continues where the log ends: the newest checkpoint, and the observations after it.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE.
 */
export async function openTrustLedger(deps: TrustLedgerDeps): Promise<TrustLedger> {
  const { observationLog, history, rulesNow, metrics, clock, log } = deps;
  const policyVersion = (): number => rulesNow().record.policyVersion;
  const recorder = createTrustRecorder({ ...deps, policyVersion });
  const stored = createTrustReplay(deps);
  const listeners: ((observations: readonly Observation[]) => void)[] = [];
  const live = createLiveTrust(emptyTrustState(deps), clock);
  const front = createFrontDoor(emptyTrustState(deps).door, observationLog);
  /** How often the log was lost, and how many of these times the new one has what it is to begin with. */
  let lostLogs = 0;
  let begunLogs = 0;
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  async function adopt(fresh: TrustState): Promise<void> {
    const door = await runInSlices(copyOfDoorSteps(fresh.door, deps), clock);
    live.adopt(fresh);
    front.begin(door);
  }

  /** Replays into `fresh`. @throws {PdpError} STORAGE_UNAVAILABLE: not the log that made the state. */
  async function replay(
    fresh: TrustState,
    onStep?: Parameters<typeof stored.replay>[1],
  ): Promise<number> {
    const lostBefore = lostLogs;
    const count = await stored.replay(fresh, onStep);
    if (lostBefore !== lostLogs || fresh.position < live.state.position) {
      throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation log" });
    }
    return count;
  }

  /** Brings the state to the end of the log, and records what was not recorded before. */
  async function restore(): Promise<void> {
    const progress = await history.progress();
    const isOtherModel = progress.model !== deps.model.version;
    if (isOtherModel) await history.begin(deps.model.version);
    const recordedThrough = isOtherModel ? 0 : progress.position;
    // Points that were made by another model are made anew; what they told was told.
    const toldThrough = progress.position;
    const fresh = await stored.newest();
    recorder.forget();
    await replay(fresh, async (step, observation) => {
      const { position } = observation;
      if (position <= recordedThrough) return;
      const isTold = position <= toldThrough;
      await recorder.collect(step, observation, fresh.evaluation, { isTold });
      if (recorder.pending() >= MOST_PENDING_POINTS) await recorder.record(position);
    });
    await adopt(fresh);
    await recorder.record(live.state.position);
  }

  /** Resolves, once the report is on its way to the log or waits for it, to what is going to be answered. */
  async function take(
    observations: readonly UnderstoodObservation[],
    { receivedMs, note }: ReportFacts,
    failuresBefore: number,
  ): Promise<{ readonly answered: Promise<ReportAnswer> }> {
    if (front.failures() !== failuresBefore) throw notStored();
    const { answer, kept } = await front.asking(async () => {
      await mended();
      const facts = { observationLog: settledLog, clock, nowMs: receivedMs };
      return sortReport(observations, { ...facts, door: front.door() });
    });
    const now = rulesNow();
    // A repetition of what is on its way is one if that arrives.
    if (kept.length === 0) return { answered: front.pass(NOTHING, () => answer) };
    const { hash } = now.record;
    const logged = kept.map(({ understood, late }) => {
      const closes = understood.observation.kind === "round_closed";
      return loggedObservation(understood, {
        ...{ receivedMs, late, note },
        ...(closes && { rulesHash: hash }),
      });
    });
    const closes = logged.some(({ rulesHash }) => rulesHash !== undefined);
    if (closes) stored.learn(now);
    const rules = closes ? [now.record] : [];
    const answered = front.pass({ observations: logged, rules }, async (last) => {
      const applied = metrics.applying(closes);
      await applyStored(kept, { logged, first: last - logged.length + 1, rules: now.rules });
      applied();
      return answer;
    });
    return { answered };
  }

  /** What the log says once everything that is on its way is there. */
  const settledLog: Pick<ObservationLog, "ofRound"> = {
    ofRound: (...round) => front.settled().then(() => observationLog.ofRound(...round)),
  };

  /** Lets what is on its way come to its end; what the door knows of what failed is forgotten. */
  async function mended(): Promise<void> {
    if (!front.isAstray()) return;
    await front.settled();
    while (begunLogs < lostLogs) await beginLog();
    await restore();
  }

  /** Stores the state as what the log begins with. */
  async function beginLog(): Promise<void> {
    const lost = lostLogs;
    await history.begin(deps.model.version);
    const [anybody] = live.state.fold.clientIds();
    if (anybody !== undefined) {
      const first = checkpointOf({ ...live.state, position: 0 });
      await observationLog.append({ observations: [], rules: stored.rulesIn(first) });
      await history.saveCheckpoint(first);
    }
    if (lost !== lostLogs) return; // And again: this one is lost too.
    live.state.position = 0;
    begunLogs = lost;
    await recorder.record(0); // What the lost log did not take any more.
  }

  async function storeAnew(): Promise<void> {
    lostLogs += 1;
    front.goAstray();
    await tryUntilDone(() => inTurn(mended), {
      retryMs: STORE_ANEW_RETRY_MS,
      onFirstFailure(error) {
        const text =
          "the new database has not got what is known of clients: no report is taken before";
        log.error({ cause: causeOf(error) }, text);
      },
    });
  }

  async function applyStored(
    kept: SortedReport["kept"],
    report: {
      readonly logged: readonly LoggedObservation[];
      /** Position of the first. */
      readonly first: number;
      readonly rules: TrustRules;
    },
  ): Promise<void> {
    const before = live.state.evaluation;
    const accepted: Observation[] = [];
    const { rules } = report;
    for (const [index, { understood, late }] of kept.entries()) {
      if (index % APPLIED_AT_ONCE === APPLIED_AT_ONCE - 1) await nextTurn();
      live.state.position = report.first + index;
      const logged = report.logged[index];
      if (late || !logged) continue;
      const { observation } = understood;
      accepted.push(observation);
      const { receivedMs } = logged;
      const applying = live.apply(observation, { receivedMs, rules });
      const step = applying instanceof Promise ? await applying : applying;
      const collecting = recorder.collect(step, logged, live.state.evaluation, { isTold: false });
      if (collecting) await collecting;
    }
    await recorder.record(live.state.position);
    const due = Math.floor(live.state.evaluation / CHECKPOINT_EVALUATIONS);
    if (due > Math.floor(before / CHECKPOINT_EVALUATIONS))
      await recorder.saveCheckpoint(checkpointOf(live.state));
    for (const listener of listeners) listener(accepted);
  }

  async function recalculate(): Promise<Recalculation> {
    await front.settled();
    await mended();
    const fresh = await stored.beginning();
    const observations = await replay(fresh);
    const { clients, differences } = await runInSlices(compareSteps(live.state, fresh), clock);
    if (differences > 0) {
      log.error({ differences }, "trust computed anew is not what it was: the new one is used");
    }
    await adopt(fresh);
    return { clients, observations, differences };
  }

  await restore();
  return {
    reading: (clientId) => live.state.fold.reading(clientId),
    explain: (clientId) => live.state.fold.explain(clientId, rulesNow().rules),
    clientIds: () => live.state.fold.clientIds(),
    countStates: () => live.state.fold.countStates(),
    model: deps.model.version,
    revision: () => live.revision(),
    openRoundOf: (clientId) => live.state.door.openRoundOf(clientId),
    isSelected: (runId, round, clientId) => live.state.door.isSelected(runId, round, clientId),
    async report(observations, facts) {
      const failures = front.failures();
      return (await inTurn(() => take(observations, facts, failures))).answered;
    },
    recalculate: () => inTurn(recalculate),
    storeAnew,
    onAccepted(listener) {
      listeners.push(listener);
    },
  };
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
