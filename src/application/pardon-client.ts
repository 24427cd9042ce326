import type { Observation } from "../core/trust/observation.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import { PdpError } from "./errors.js";
import type { Clock } from "./ports/clock.js";
import type { Ids } from "./ports/ids.js";
import type { TrustLedger } from "./trust-ledger.js";
import { idRule } from "./trust-report.js";

const MOST_REASON = 1024;

/**
 * Admits an excluded client again, durably.
 *
 * @throws {PdpError} REQUEST_INVALID, CLIENT_NOT_FOUND, STORAGE_UNAVAILABLE.
 */
export type PardonClient = (request: {
  readonly clientId: string;
  readonly reason: string;
  /** Who pardons. */
  readonly operator: string;
}) => Promise<TrustReading>;

export function createPardonClient(deps: {
  readonly ledger: TrustLedger;
  readonly ids: Pick<Ids, "eventId">;
  readonly clock: Pick<Clock, "nowMs">;
}): PardonClient {
  const { ledger, ids, clock } = deps;
  return async ({ clientId, reason, operator }) => {
    const rules = [
      { field: "client_id", rule: idRule(clientId) },
      { field: "reason", rule: reasonRule(reason) },
    ];
    const violations = rules.flatMap(({ field, rule }) =>
      rule === undefined ? [] : [{ field, rule }],
    );
    if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
    if (!ledger.reading(clientId).known)
      throw new PdpError({ reason: "CLIENT_NOT_FOUND", clientId });
    const receivedMs = clock.nowMs();
    const observation: Observation = {
      ...{ clientId, reporter: operator, observeTimeMs: receivedMs },
      kind: "client_pardoned",
    };
    // Each pardon is one of its own, so that its id is no name of its key.
    const understood = { observation, observationId: ids.eventId(), hasOwnTime: false };
    const { rejected } = await ledger.report([understood], { receivedMs, note: { reason } });
    const [refused] = rejected;
    if (refused) throw new Error(`the pardon was not taken: ${refused.message}`);
    return ledger.reading(clientId);
  };
}

function reasonRule(reason: string): string | undefined {
  const length = [...reason].length;
  if (length < 1 || length > MOST_REASON) {
    return `must have from 1 to ${MOST_REASON} characters, got ${length}`;
  }
  return /[\p{Cc}\p{Cs}]/u.test(reason) ? "must have printable characters" : undefined;
}
