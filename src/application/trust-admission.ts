import type { ObservationDoor } from "../core/trust/admission.js";
import type { Observation } from "../core/trust/observation.js";
import type { ValueMap } from "../core/values.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { ObservationLog } from "./ports/observation-log.js";
import { startInSlices } from "./run-in-slices.js";
import { createOldObservations } from "./trust-old-observations.js";
import type { UnderstoodObservation } from "./trust-report.js";

/** Observations: two milliseconds or so. */
const SORTED_AT_ONCE = 500;

/** What holds for every observation of a report. */
export interface ReportFacts {
  /** The time of those that have none of their own. */
  readonly receivedMs: number;
  /** What is kept with them for people. */
  readonly note?: ValueMap | undefined;
}

/** An observation that was not taken. */
export interface RejectedReport {
  /** From 0. */
  readonly index: number;
  readonly reason: string;
  readonly message: string;
}

/** What became of a report; the numbers and the rejected ones add up to its observations. */
export interface ReportAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly late: number;
  readonly rejected: readonly RejectedReport[];
}

/** What is to be kept of a report, and what is answered to it. */
export interface SortedReport {
  readonly answer: ReportAnswer;
  readonly kept: readonly { readonly understood: UnderstoodObservation; readonly late: boolean }[];
}

/** What becomes of each observation, as far as the door and the log know. */
export async function sortReport(
  observations: readonly UnderstoodObservation[],
  deps: {
    readonly door: ObservationDoor;
    readonly observationLog: Pick<ObservationLog, "ofRound">;
    readonly clock: Pick<Clock, "monotonicMs">;
    readonly nowMs: number;
  },
): Promise<SortedReport> {
  const { door, observationLog, clock, nowMs } = deps;
  const kept: { understood: UnderstoodObservation; late: boolean }[] = [];
  const rejected: RejectedReport[] = [];
  const counts = { accepted: 0, duplicates: 0, late: 0 };
  const old = createOldObservations(observationLog);
  for (const [index, understood] of observations.entries()) {
    const { observation } = understood;
    const own = reportsItself(observation);
    if (index % SORTED_AT_ONCE === SORTED_AT_ONCE - 1) await nextTurn();
    const admitting = own ?? startInSlices(door.admitSteps(observation, nowMs), clock);
    const admission = admitting instanceof Promise ? await admitting : admitting;
    const verdict = admission.verdict === "late" ? await old.verdictOf(observation) : admission;
    switch (verdict.verdict) {
      case "accepted":
        counts.accepted += 1;
        kept.push({ understood, late: false });
        break;
      case "late":
        counts.late += 1;
        kept.push({ understood, late: true });
        break;
      case "duplicate":
        counts.duplicates += 1;
        break;
      case "rejected":
        rejected.push({ index, reason: verdict.reason, message: verdict.message });
    }
  }
  return { answer: { ...counts, rejected }, kept };
}

type SelfReport = {
  readonly verdict: "rejected";
  readonly reason: "REPORTER_IS_CLIENT";
  readonly message: string;
};

/** A reporter says nothing about itself. A pardon is no report: an operator may be called as a client. */
function reportsItself(observation: Observation): SelfReport | undefined {
  if (observation.kind === "client_pardoned") return undefined;
  if (!("clientId" in observation) || observation.clientId !== observation.reporter)
    return undefined;
  const message = "`reporter` is the client itself: only the FL server may report what it saw";
  return { verdict: "rejected", reason: "REPORTER_IS_CLIENT", message };
}
