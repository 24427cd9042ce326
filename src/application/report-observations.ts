import type { Clock } from "./ports/clock.js";
import type { ReportAnswer } from "./trust-admission.js";
import type { TrustLedger } from "./trust-ledger.js";
import { runInSlices } from "./run-in-slices.js";
import { readReportSteps, type ReportedObservation } from "./trust-report.js";

/**
 * Takes what a reporter saw; durable when it settles.
 *
 * @throws {PdpError} REQUEST_INVALID: nothing of it was taken. STORAGE_UNAVAILABLE: neither.
 */
export type ReportObservations = (
  observations: readonly ReportedObservation[],
  reporter: string,
) => Promise<ReportAnswer>;

export function createReportObservations(deps: {
  readonly ledger: Pick<TrustLedger, "report">;
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
}): ReportObservations {
  const { ledger, clock } = deps;
  let reading: Promise<unknown> = Promise.resolve();
  return async (observations, reporter) => {
    const nowMs = clock.nowMs();
    const steps = readReportSteps(observations, { reporter, nowMs });
    // One after the other, so that a long one is not overtaken by those that rest on it.
    const read = reading.then(() => runInSlices(steps, clock));
    reading = read.catch(() => undefined);
    return ledger.report(await read, { receivedMs: nowMs });
  };
}
