import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../adapters/engine-client/engine-client.js";
import {
  type DecisionFilter,
  isPassing,
  type RecordedDecision,
  type RecordsClient,
} from "../adapters/engine-client/records-client.js";

const POLL_MS = 500;
/** Decisions are recorded a moment after they were made, and not quite in order. */
const OVERLAP_MS = 5000;
/** Between two looks; what is beyond it would be skipped. */
const MAX_NEW = 100_000;

export interface ListDecisionsOptions {
  readonly filter: DecisionFilter;
  readonly limit: number;
  readonly format: "text" | "json";
}

export interface DecisionsDeps {
  readonly client: RecordsClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly signal: AbortSignal;
}

/** `decisions list`: one line a decision, newest first. */
export async function listDecisions(
  { filter, limit, format }: ListDecisionsOptions,
  { client, write }: Pick<DecisionsDeps, "client" | "write">,
): Promise<0> {
  for (const decision of await client.decisions(filter, limit)) write(lineOf(decision, format));
  return 0;
}

/**
 * `decisions tail`: the newest, oldest first; with `follow` what is recorded from then on, once each,
 * over restarts of the engine too.
 */
export async function tailDecisions(
  { filter, limit, format, follow }: ListDecisionsOptions & { readonly follow: boolean },
  { client, write, writeError, signal }: DecisionsDeps,
): Promise<0> {
  let seen = new Map<string, number>();
  const tell = (decisions: readonly RecordedDecision[]): void => {
    for (const decision of decisions.toReversed()) {
      if (!seen.has(decision.decisionId)) write(lineOf(decision, format));
      seen.set(decision.decisionId, decision.timeMs);
    }
  };
  tell(await client.decisions(filter, limit));
  let newestMs = Math.max(0, ...seen.values());
  // What is not among the newest asked for is not new either.
  const since = (): number => Math.max(newestMs - OVERLAP_MS, filter.startTimeMs ?? 0);
  if (follow && newestMs > 0) {
    const before = await client.decisions({ ...filter, startTimeMs: since() }, MAX_NEW);
    for (const { decisionId, timeMs } of before) {
      if (timeMs < newestMs) seen.set(decisionId, timeMs);
    }
  }
  let isAway = false;
  while (follow && !signal.aborted) {
    try {
      tell(await client.decisions({ ...filter, startTimeMs: since() }, MAX_NEW));
      isAway = false;
    } catch (error) {
      if (!(error instanceof EngineError && isPassing(error))) throw error;
      if (!isAway) writeError(`${error.message}; trying again`);
      isAway = true;
    }
    newestMs = Math.max(newestMs, ...seen.values());
    seen = new Map([...seen].filter(([, timeMs]) => timeMs >= newestMs - OVERLAP_MS));
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined); // Stopped: the loop ends.
  }
  return 0;
}

function lineOf(decision: RecordedDecision, format: "text" | "json"): string {
  const { timeMs, answer, request, ...rest } = decision;
  const time = new Date(timeMs).toISOString();
  if (format === "json") {
    const { policyTypeKnown: _, ...response } = answer.decision;
    return JSON.stringify({ ...rest, time, request, response });
  }
  const { allowed, denyKind, policyVersion, reason } = answer.decision;
  const client = request["client_id"];
  return [
    time,
    decision.decisionId,
    allowed ? "ALLOWED" : `DENIED (${denyKind ?? ""})`,
    decision.policyType,
    ...(typeof client === "string" ? [`client=${client}`] : []),
    `version ${policyVersion}`,
    `${decision.latencyUs} us`,
    reason,
  ].join("  ");
}
