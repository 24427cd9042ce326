import type { TrustReading, TrustState } from "../core/trust/trust-reading.js";
import type { FieldViolation } from "../core/request.js";
import { invalidField, PdpError } from "./errors.js";
import { multiplierOf } from "./evaluate-trust.js";
import { nextTurn } from "./next-turn.js";
import { placeOf, tokenOf } from "./opaque-token.js";
import type { ObservationLog } from "./ports/observation-log.js";
import type { TrustHistory } from "./ports/trust-history.js";
import { hashOf } from "./query-hash.js";
import type { TrustLedger } from "./trust-ledger.js";
import { readingOfPoint } from "./trust-points.js";
import { idRule } from "./trust-report.js";
import type { TrustRulesNow } from "./trust-rules-in-force.js";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
/** Points looked at for one page of history. */
const MAX_SCANNED = 10_000;
const MOST_SOURCES = 1000;
/** Clients looked at at a stretch: a few milliseconds. */
const SLICE_CLIENTS = 500;

export interface ScoresQuery {
  /** Only this client. */
  readonly clientId?: string;
  /** Empty: every state. */
  readonly states: readonly TrustState[];
  readonly minScore?: number;
  readonly maxScore?: number;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface ListedScore {
  readonly reading: TrustReading;
  readonly weightMultiplier: number;
}

export interface ScoresPage {
  readonly scores: readonly ListedScore[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

export interface HistoryQuery {
  readonly clientId: string;
  /** Empty: every run. */
  readonly runId: string;
  /** 0: open. */
  readonly fromRound: number;
  readonly toRound: number;
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface HistoryPage {
  readonly points: readonly { readonly reading: TrustReading; readonly policyVersion: number }[];
  readonly nextPageToken: string;
}

export interface TrustListsDeps {
  readonly ledger: TrustLedger;
  readonly history: Pick<TrustHistory, "points" | "evaluations">;
  readonly observationLog: Pick<ObservationLog, "rules" | "reporters">;
  readonly rulesNow: () => TrustRulesNow;
}

type Key = (reading: TrustReading) => string | number;
const ORDERS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ["client_id", ({ clientId }) => clientId],
  ["trust_score", ({ trustScore }) => trustScore],
  ["trust_score_change", ({ trustScoreChange }) => trustScoreChange],
]);

/** What is known of many clients, or of one over time. */
export function createTrustLists(deps: TrustListsDeps) {
  const { ledger, history, observationLog, rulesNow } = deps;

  return {
    /** Rejects with REQUEST_INVALID. Looks at every client, and lets others have their turn. */
    async scores(query: ScoresQuery): Promise<ScoresPage> {
      const { key, sign } = orderOf(query);
      const { pageToken, pageSize, ...filters } = query;
      const queryHash = hashOf(JSON.stringify(filters));
      const start = pageToken === "" ? 0 : offsetOf(pageToken, queryHash);
      const ids = query.clientId === undefined ? [...ledger.clientIds()] : [query.clientId];
      const found: { readonly id: string; readonly key: string | number }[] = [];
      for (const [index, id] of ids.entries()) {
        const reading = ledger.reading(id);
        if (reading.known && matches(query, reading)) found.push({ id, key: key(reading) });
        if (index % SLICE_CLIENTS === SLICE_CLIENTS - 1) await nextTurn();
      }
      found.sort(
        (left, right) => sign * compare(left.key, right.key) || compare(left.id, right.id),
      );
      const end = start + sizeOf(pageSize);
      const { rules } = rulesNow();
      return {
        scores: found.slice(start, end).map(({ id }) => {
          const reading = ledger.reading(id);
          return { reading, weightMultiplier: multiplierOf(reading, rules) };
        }),
        nextPageToken: end < found.length ? tokenAt(end, queryHash) : "",
        totalSize: found.length,
      };
    },

    /** @throws {PdpError} REQUEST_INVALID, CLIENT_NOT_FOUND, STORAGE_UNAVAILABLE. */
    async points(query: HistoryQuery): Promise<HistoryPage> {
      refuseHistory(query);
      const { clientId, pageSize, pageToken, ...filters } = query;
      const now = ledger.reading(clientId);
      if (!now.known) throw new PdpError({ reason: "CLIENT_NOT_FOUND", clientId });
      const queryHash = hashOf(JSON.stringify([clientId, filters]));
      const weights = now.factors.map(({ weight }) => weight);
      const size = sizeOf(pageSize);
      const found: { evaluation: number; reading: TrustReading }[] = [];
      let after = pageToken === "" ? 0 : offsetOf(pageToken, queryHash);
      for (let scanned = 0; ;) {
        const slice = await history.points(clientId, after, MAX_PAGE);
        for (const { evaluation, point } of slice) {
          const reading = readingOfPoint(clientId, point, weights);
          const isMatch = isInRange(query, reading);
          // The page ends where the next one has something to show.
          if (isMatch && found.length === size) {
            return { points: await withVersions(found), nextPageToken: tokenAt(after, queryHash) };
          }
          if (isMatch) found.push({ evaluation, reading });
          after = evaluation;
        }
        scanned += slice.length;
        if (slice.length < MAX_PAGE)
          return { points: await withVersions(found), nextPageToken: "" };
        if (scanned >= MAX_SCANNED) {
          return { points: await withVersions(found), nextPageToken: tokenAt(after, queryHash) };
        }
      }
    },

    /** The most recent reporter first. @throws {PdpError} STORAGE_UNAVAILABLE. */
    sources: () => observationLog.reporters(MOST_SOURCES),
  };

  async function withVersions(
    found: readonly { readonly evaluation: number; readonly reading: TrustReading }[],
  ): Promise<HistoryPage["points"]> {
    const [first, last] = [found[0]?.evaluation ?? 1, found.at(-1)?.evaluation ?? 0];
    const evaluations = await history.evaluations(first, last);
    const hashes = new Map(evaluations.map((one) => [one.evaluation, one.rulesHash]));
    const versions = new Map<string, number>();
    for (const hash of new Set(hashes.values())) {
      versions.set(hash, (await observationLog.rules(hash))?.policyVersion ?? 0);
    }
    return found.map(({ evaluation, reading }) => ({
      reading,
      policyVersion: versions.get(hashes.get(evaluation) ?? "") ?? 0,
    }));
  }
}

export type TrustLists = ReturnType<typeof createTrustLists>;

function orderOf({ orderBy, pageSize, minScore, maxScore }: ScoresQuery) {
  const violations: FieldViolation[] = [...pageSizeViolations(pageSize)];
  const [, name = "", descending] = /^(\w+)( desc)?$/.exec(orderBy) ?? [];
  const key = ORDERS.get(orderBy === "" ? "client_id" : name);
  if (!key) {
    const names = [...ORDERS.keys()].join(", ");
    violations.push({ field: "order_by", rule: `must be one of ${names}, or that with \` desc\`` });
  }
  for (const [field, value] of [
    ["min_score", minScore],
    ["max_score", maxScore],
  ] as const) {
    if (value !== undefined && !(value >= 0 && value <= 1)) {
      violations.push({ field, rule: `must be from 0 to 1, got ${value}` });
    }
  }
  if (violations.length > 0 || !key) {
    throw new PdpError({ reason: "REQUEST_INVALID", violations });
  }
  return { key, sign: descending === undefined ? 1 : -1 };
}

function compare(left: string | number, right: string | number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function matches({ states, minScore, maxScore }: ScoresQuery, reading: TrustReading): boolean {
  if (states.length > 0 && !states.includes(reading.state)) return false;
  return reading.trustScore >= (minScore ?? 0) && reading.trustScore <= (maxScore ?? 1);
}

function isInRange({ runId, fromRound, toRound }: HistoryQuery, reading: TrustReading): boolean {
  const { round = 0 } = reading;
  if (runId !== "" && reading.runId !== runId) return false;
  return round >= fromRound && (toRound === 0 || round <= toRound);
}

function refuseHistory({ clientId, runId, fromRound, toRound, pageSize }: HistoryQuery): void {
  const violations: FieldViolation[] = [...pageSizeViolations(pageSize)];
  const ofClient = idRule(clientId);
  if (ofClient !== undefined) violations.push({ field: "client_id", rule: ofClient });
  const ofRun = runId === "" ? undefined : idRule(runId);
  if (ofRun !== undefined) violations.push({ field: "run_id", rule: ofRun });
  for (const [field, value] of [
    ["from_round", fromRound],
    ["to_round", toRound],
  ] as const) {
    if (value < 0) violations.push({ field, rule: `must not be negative, got ${value}` });
  }
  if (toRound > 0 && fromRound > toRound) {
    violations.push({ field: "to_round", rule: "must not be before from_round" });
  }
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
}

function pageSizeViolations(pageSize: number): readonly FieldViolation[] {
  if (Number.isInteger(pageSize) && pageSize >= 0) return [];
  const rule = `must be a whole number from 0 (the default of ${DEFAULT_PAGE}), got ${pageSize}`;
  return [{ field: "page_size", rule }];
}

function sizeOf(pageSize: number): number {
  return Math.min(pageSize === 0 ? DEFAULT_PAGE : pageSize, MAX_PAGE);
}

const TOKEN = /^t1:([0-9a-f]{1,8}):([0-9]{1,16})$/;

function tokenAt(offset: number, queryHash: string): string {
  return tokenOf(`t1:${queryHash}:${offset}`);
}

function offsetOf(token: string, queryHash: string): number {
  const [, ofQuery, offset] = TOKEN.exec(placeOf(token) ?? "") ?? [];
  if (ofQuery === undefined) {
    throw invalidField("page_token", "is not a token of this list: start again without it");
  }
  if (ofQuery !== queryHash) {
    throw invalidField("page_token", "belongs to another query: send the filters it was given for");
  }
  return Number(offset);
}
