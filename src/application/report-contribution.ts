import { finish } from "../core/finish.js";
import { contextViolations } from "../core/context-violations.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import type { ValueMap } from "../core/values.js";
import { PdpError } from "./errors.js";
import type { Clock } from "./ports/clock.js";
import type { TrustLedger } from "./trust-ledger.js";
import { readReportSteps, type ReportedUpdate } from "./trust-report.js";

/** An update as FLOPY-NET's pages report it: that it came, and numbers that score nothing. */
export interface Contribution {
  readonly clientId: string;
  readonly runId: string;
  readonly round: number;
  /** Kept for people. */
  readonly note: ValueMap;
}

/**
 * Takes it as a completed update of an open round.
 *
 * @returns What is known of the client: scores move when the round is closed.
 * @throws {PdpError} REQUEST_INVALID, OBSERVATION_CONFLICT, STORAGE_UNAVAILABLE.
 */
export type ReportContribution = (contribution: Contribution) => Promise<TrustReading>;

export function createReportContribution(deps: {
  readonly ledger: Pick<TrustLedger, "report" | "reading" | "isSelected">;
  readonly clock: Pick<Clock, "nowMs">;
}): ReportContribution {
  const { ledger, clock } = deps;
  return async ({ clientId, runId, round, note }) => {
    const violations = contextViolations(note, { refuseConnectionFields: false });
    if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
    const seen: ReportedUpdate = {
      ...{ clientId, latencyMs: 0, numExamples: 0 },
      ...{ kind: "update_reported", outcome: "COMPLETED" },
    };
    const nowMs = clock.nowMs();
    const reported = [{ observationId: "", runId, round, seen }];
    const report = finish(readReportSteps(reported, { reporter: "", nowMs }));
    if (!ledger.isSelected(runId, round, clientId)) {
      const why = `round ${round} of run \`${runId}\` is not open for client \`${clientId}\``;
      throw new PdpError({ reason: "OBSERVATION_CONFLICT", why });
    }
    const { rejected } = await ledger.report(report, { receivedMs: nowMs, note });
    const [refused] = rejected;
    if (refused) throw new PdpError({ reason: "OBSERVATION_CONFLICT", why: refused.message });
    return ledger.reading(clientId);
  };
}
