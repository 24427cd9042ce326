import type { FieldViolation } from "../core/request.js";
import { PdpError } from "./errors.js";
import type {
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "./ports/decision-log.js";
import { placeOf, tokenOf } from "./opaque-token.js";
import { hashOf } from "./query-hash.js";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
const TOKEN = /^d1:([0-9a-f]{1,8}):(-?[0-9]{1,16}):([0-9]{1,16})$/;

export interface ListDecisionsQuery extends Omit<DecisionQuery, "limit" | "after"> {
  /** 0 means the default of 100; more than 1,000 is served as 1,000. */
  readonly pageSize: number;
  readonly pageToken: string;
}

/** A page, newest first; it may be short, or even empty, and have a token. */
export interface DecisionPage {
  readonly decisions: readonly LoggedDecision[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export type ListDecisions = (query: ListDecisionsQuery) => Promise<DecisionPage>;

/** The decisions that were recorded. Failures: REQUEST_INVALID, STORAGE_UNAVAILABLE. */
export function createListDecisions(deps: {
  readonly decisionLog: Pick<DecisionLog, "list">;
}): ListDecisions {
  return async ({ pageSize, pageToken, ...filters }) => {
    const violations = violationsOf({ pageSize, pageToken, ...filters });
    if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
    const queryHash = hashOf(JSON.stringify(Object.entries(filters).toSorted()));
    const after = pageToken === "" ? undefined : positionOf(pageToken, queryHash);
    const limit = Math.min(pageSize === 0 ? DEFAULT_PAGE : pageSize, MAX_PAGE);
    const page = await deps.decisionLog.list({ ...filters, limit, ...(after && { after }) });
    const { decisions, next } = page;
    return { decisions, nextPageToken: next ? tokenAt(next, queryHash) : "" };
  };
}

function violationsOf(query: ListDecisionsQuery): readonly FieldViolation[] {
  const { pageSize, startTimeMs, endTimeMs } = query;
  const violations: FieldViolation[] = [];
  if (!Number.isInteger(pageSize) || pageSize < 0) {
    const rule = `must be a whole number from 0 (the default of ${DEFAULT_PAGE}), got ${pageSize}`;
    violations.push({ field: "page_size", rule });
  }
  if (startTimeMs !== undefined && endTimeMs !== undefined && startTimeMs > endTimeMs) {
    violations.push({ field: "end_time", rule: "must not be before start_time" });
  }
  return violations;
}

function tokenAt({ timeMs, position }: DecisionPosition, queryHash: string): string {
  return tokenOf(`d1:${queryHash}:${timeMs}:${position}`);
}

function positionOf(token: string, queryHash: string): DecisionPosition {
  const [, ofQuery, timeMs, position] = TOKEN.exec(placeOf(token) ?? "") ?? [];
  if (ofQuery === undefined)
    throw invalidToken("is not a token of this list: start again without it");
  if (ofQuery !== queryHash) {
    throw invalidToken("belongs to another query: send the filters it was given for");
  }
  return { timeMs: Number(timeMs), position: Number(position) };
}

function invalidToken(rule: string): PdpError {
  return new PdpError({
    reason: "REQUEST_INVALID",
    violations: [{ field: "page_token", rule }],
  });
}
