import { connectionViolations } from "../core/connection-violations.js";
import { quoted } from "../core/quoted.js";
import type { FieldViolation } from "../core/request.js";
import type {
  AlignmentReference,
  Observation,
  UpdateOutcome,
  ViolationSeverity,
} from "../core/trust/observation.js";
import { invalidField, PdpError } from "./errors.js";

const MOST_OBSERVATIONS = 10_000;
const MOST_SELECTED = 100_000;
/** Enough to mend a batch by: an answer must not grow with what is wrong. */
const MOST_VIOLATIONS = 20;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What nearly every id is; it breaks no rule, and asking is cheap. */
const PLAIN_ID = /^[ -~]{1,256}$/;
const UNKNOWN_REPORTER = "unknown";

/** What a reporter saw, as it came. An empty string is "not given", and so is an absent enum. */
export interface ReportedObservation {
  readonly observationId: string;
  readonly runId: string;
  readonly round: number;
  readonly observeTimeMs?: number;
  /** Absent: none of the kinds was given. */
  readonly seen?: ReportedKind;
}

export type ReportedKind =
  | {
      readonly kind: "round_opened";
      readonly selectedClientIds: readonly string[];
      readonly deadlineMs?: number;
    }
  | ReportedUpdate
  | {
      readonly kind: "violation";
      readonly clientId: string;
      readonly policyId: string;
      readonly severity?: ViolationSeverity;
    }
  | { readonly kind: "round_closed" }
  | {
      readonly kind: "client_registered";
      readonly clientId: string;
      readonly publicKeyFingerprint: string;
      readonly owner: string;
    };

export interface ReportedUpdate {
  readonly kind: "update_reported";
  readonly clientId: string;
  readonly outcome?: UpdateOutcome;
  readonly latencyMs: number;
  readonly numExamples: number;
  readonly alignmentRatio?: number;
  readonly normRatio?: number;
  readonly alignment?: number;
  readonly lossDelta?: number;
  readonly maxPairwise?: number;
  readonly alignmentReference?: AlignmentReference;
}

/** One observation that was understood. */
export interface UnderstoodObservation {
  readonly observation: Observation;
  /** Empty: to be derived. */
  readonly observationId: string;
  /** Whether the reporter said when. */
  readonly hasOwnTime: boolean;
}

/**
 * Reads a report, or refuses all of it.
 *
 * @throws {PdpError} REQUEST_INVALID, naming the fields and their rules.
 */
export function readReport(
  observations: readonly ReportedObservation[],
  options: { readonly reporter: string; readonly nowMs: number },
): readonly UnderstoodObservation[] {
  if (observations.length < 1 || observations.length > MOST_OBSERVATIONS) {
    const rule = `must have from 1 to ${MOST_OBSERVATIONS} items, got ${observations.length}`;
    throw invalidField("observations", rule);
  }
  const violations: FieldViolation[] = [];
  const report = (field: string, rule: string | undefined): void => {
    if (rule !== undefined && violations.length < MOST_VIOLATIONS) violations.push({ field, rule });
  };
  if (options.reporter !== "") report("reporter", idRule(options.reporter));
  const reporter = options.reporter === "" ? UNKNOWN_REPORTER : options.reporter;
  const understood = observations.flatMap((reported, index) => {
    checkObservation(reported, (field, rule) => {
      if (rule === undefined) return;
      report(`observations[${index}]${field === "" ? "" : "."}${field}`, rule);
    });
    const observation = observationOf(reported, { ...options, reporter });
    const { observationId, observeTimeMs } = reported;
    return observation
      ? [{ observation, observationId, hasOwnTime: observeTimeMs !== undefined }]
      : [];
  });
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
  return understood;
}

type Report = (field: string, rule: string | undefined) => void;

function checkObservation(reported: ReportedObservation, report: Report): void {
  const { observationId, runId, round, seen } = reported;
  if (observationId !== "" && !UUID.test(observationId)) {
    report("observation_id", `must be a UUID, got ${quoted(observationId)}`);
  }
  if (!seen) {
    const rule =
      "must have one of round_opened, update_reported, violation, round_closed and client_registered";
    report("", rule);
    return;
  }
  if (seen.kind !== "client_registered") {
    report("run_id", idRule(runId));
    if (!(round >= 1)) report("round", `must be at least 1, got ${round}`);
  }
  checkKind(seen, (field, rule) => {
    if (rule !== undefined) report(`${seen.kind}.${field}`, rule);
  });
}

function checkKind(seen: ReportedKind, report: Report): void {
  if ("clientId" in seen) report("client_id", idRule(seen.clientId));
  switch (seen.kind) {
    case "round_opened":
      checkSelected(seen.selectedClientIds, report);
      return;
    case "update_reported":
      checkUpdate(seen, report);
      return;
    case "violation":
      if (seen.policyId !== "") report("policy_id", idRule(seen.policyId));
      if (seen.severity === undefined) report("severity", "must be LOW, MEDIUM, HIGH or CRITICAL");
      return;
    case "client_registered":
      report("public_key_fingerprint", idRule(seen.publicKeyFingerprint));
      if (seen.owner !== "") report("owner", idRule(seen.owner));
      return;
    case "round_closed":
      return;
  }
}

function checkSelected(ids: readonly string[], report: Report): void {
  const field = "selected_client_ids";
  if (ids.length < 1 || ids.length > MOST_SELECTED) {
    report(field, `must have from 1 to ${MOST_SELECTED} items, got ${ids.length}`);
    return;
  }
  const known = new Set<string>();
  for (const [index, id] of ids.entries()) {
    const rule = known.has(id) ? `must be there once, got ${quoted(id)} again` : idRule(id);
    if (rule !== undefined) report(`${field}[${index}]`, rule);
    known.add(id);
  }
}

function checkUpdate(update: ReportedUpdate, report: Report): void {
  if (update.outcome === undefined) {
    report("outcome", "must be COMPLETED, LATE, DROPPED, FAILED or DECLINED");
  }
  for (const [field, name, least, most] of RANGES) {
    const value = update[name];
    if (value === undefined || (value >= least && value <= most)) continue;
    report(field, `must be ${rangeText(least, most)}, got ${value}`);
  }
}

/** THE ranges of what an update says: field, least, most. */
const RANGES = [
  ["latency_ms", "latencyMs", 0, Number.MAX_VALUE],
  ["num_examples", "numExamples", 0, Number.MAX_SAFE_INTEGER],
  ["alignment_ratio", "alignmentRatio", -1, 1.5],
  ["norm_ratio", "normRatio", 0, Number.MAX_VALUE],
  ["alignment", "alignment", -1, 1],
  ["loss_delta", "lossDelta", -Number.MAX_VALUE, Number.MAX_VALUE],
  ["max_pairwise", "maxPairwise", -1, 1],
] as const;

function rangeText(least: number, most: number): string {
  if (least === -Number.MAX_VALUE) return "a finite number";
  if (most === Number.MAX_VALUE) return `a finite number of at least ${least}`;
  return `from ${least} to ${most}`;
}

/** The rule of ids, which is that of `client_id`. */
export function idRule(id: string): string | undefined {
  if (PLAIN_ID.test(id)) return undefined;
  if (id === "") return "must be given";
  return connectionViolations({ client_id: id }, "")[0]?.rule;
}

/** Undefined where what cannot be left out is missing, which was told. */
function observationOf(
  { runId, round, observeTimeMs = Number.NaN, seen }: ReportedObservation,
  { reporter, nowMs }: { readonly reporter: string; readonly nowMs: number },
): Observation | undefined {
  const timeMs = Number.isNaN(observeTimeMs) ? nowMs : observeTimeMs;
  // Why each by itself: it is made for every observation, and spreading twice is what costs.
  switch (seen?.kind) {
    case undefined:
      return undefined;
    case "round_opened":
    case "round_closed":
      return { ...seen, runId, round, reporter, observeTimeMs: timeMs };
    case "update_reported": {
      const { outcome } = seen;
      return outcome && { ...seen, outcome, runId, round, reporter, observeTimeMs: timeMs };
    }
    case "violation": {
      const { severity } = seen;
      return severity && { ...seen, severity, runId, round, reporter, observeTimeMs: timeMs };
    }
    case "client_registered":
      return { ...seen, reporter, observeTimeMs: timeMs };
  }
}
