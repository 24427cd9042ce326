import type { Clock } from "./ports/clock.js";
import type { ReportAnswer } from "./trust-admission.js";
import type { TrustLedger } from "./trust-ledger.js";
import { readReport, type ReportedObservation } from "./trust-report.js";

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
  readonly clock: Pick<Clock, "nowMs">;
}): ReportObservations {
  return async (observations, reporter) => {
    const nowMs = deps.clock.nowMs();
    return deps.ledger.report(readReport(observations, { reporter, nowMs }), { receivedMs: nowMs });
  };
}
