import { invalidField, PdpError } from "./errors.js";
import type { DecisionLog, DecisionPosition, LoggedDecision } from "./ports/decision-log.js";

// Source: RFC 9562, section 5.7: the first 48 bits are the time in milliseconds.
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** An id has the time of its decision, or, where the clock was set back, of the decision before it. */
const AROUND_MS = 2000;
const PAGE = 1000;
const MOST_PAGES = 100;

/**
 * One recorded decision, looked for where the time in its id says.
 *
 * @throws {PdpError} REQUEST_INVALID, DECISION_NOT_FOUND, STORAGE_UNAVAILABLE.
 */
export type GetDecision = (decisionId: string) => Promise<LoggedDecision>;

export function createGetDecision(deps: {
  readonly decisionLog: Pick<DecisionLog, "list">;
}): GetDecision {
  return async (decisionId) => {
    if (decisionId === "") throw invalidField("decision_id", "must be given");
    const [, high, low] = UUID_V7.exec(decisionId) ?? [];
    const timeMs = high === undefined ? undefined : Number.parseInt(`${high}${low ?? ""}`, 16);
    const found = timeMs === undefined ? undefined : await near(timeMs, decisionId.toLowerCase());
    if (found) return found;
    throw new PdpError({ reason: "DECISION_NOT_FOUND", decisionId });
  };

  async function near(timeMs: number, decisionId: string): Promise<LoggedDecision | undefined> {
    let after: DecisionPosition | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { decisions, next } = await deps.decisionLog.list({
        ...{ startTimeMs: timeMs - AROUND_MS, endTimeMs: timeMs + AROUND_MS },
        ...{ clientId: "", policyId: "", ruleId: "", policyType: "", limit: PAGE },
        ...(after && { after }),
      });
      const found = decisions.find((one) => one.decisionId === decisionId);
      if (found || !next) return found;
      after = next;
    }
    return undefined;
  }
}
