import type { TrustMetrics } from "./ports/metrics.js";
import type { TrustLedger } from "./trust-ledger.js";

/** `report` of a ledger, counting what becomes of each observation. */
export function countedReports(
  ledger: Pick<TrustLedger, "report">,
  metrics: Pick<TrustMetrics, "pending" | "reported" | "notStored">,
): TrustLedger["report"] {
  return async (observations, facts) => {
    metrics.pending(observations.length);
    try {
      const answer = await ledger.report(observations, facts);
      metrics.reported(answer);
      return answer;
    } catch (error) {
      metrics.notStored(observations.length);
      throw error;
    } finally {
      metrics.pending(-observations.length);
    }
  };
}
