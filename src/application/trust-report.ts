import { connectionViolations } from "../core/connection-violations.js";
import { quoted } from "../core/quoted.js";
import type { FieldViolation } from "../core/request.js";
import type {
  AlignmentReference,
  Observation,
  UpdateOutcome,
  UpdateReported,
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
const SELECTED = "round_opened.selected_client_ids";
/** Items between two steps: some tenths of a millisecond. */
const READ_AT_ONCE = 256;

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
export function* readReportSteps(
  observations: readonly ReportedObservation[],
  options: { readonly reporter: string; readonly nowMs: number },
): Generator<void, readonly UnderstoodObservation[]> {
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
  const understood: UnderstoodObservation[] = [];
  let index = 0;
  // Why one for all: it is called for every field.
  const reportOfItem = (field: string, rule: string | undefined): void => {
    if (rule === undefined) return;
    report(`observations[${index}]${field === "" ? "" : "."}${field}`, rule);
  };
  for (const reported of observations) {
    if (index % READ_AT_ONCE === READ_AT_ONCE - 1) yield;
    checkObservation(reported, reportOfItem);
    const { seen } = reported;
    if (seen?.kind === "round_opened") {
      yield* checkSelectedSteps(seen.selectedClientIds, reportOfItem);
    }
    const observation = observationOf(reported, reporter, options.nowMs);
    const { observationId, observeTimeMs } = reported;
    if (observation) {
      understood.push({ observation, observationId, hasOwnTime: observeTimeMs !== undefined });
    }
    index += 1;
  }
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
  checkKind(seen, report);
}

function checkKind(seen: ReportedKind, report: Report): void {
  switch (seen.kind) {
    case "round_opened":
      return checkSelected(seen.selectedClientIds, report);
    case "update_reported":
      return checkUpdate(seen, report);
    case "violation": {
      const { clientId, policyId, severity } = seen;
      report("violation.client_id", idRule(clientId));
      if (policyId !== "") report("violation.policy_id", idRule(policyId));
      if (severity === undefined) {
        report("violation.severity", "must be LOW, MEDIUM, HIGH or CRITICAL");
      }
      return;
    }
    case "client_registered":
      report("client_registered.client_id", idRule(seen.clientId));
      report("client_registered.public_key_fingerprint", idRule(seen.publicKeyFingerprint));
      if (seen.owner !== "") report("client_registered.owner", idRule(seen.owner));
      return;
    case "round_closed":
      return;
  }
}

function checkSelected(ids: readonly string[], report: Report): void {
  if (ids.length < 1 || ids.length > MOST_SELECTED) {
    report(SELECTED, `must have from 1 to ${MOST_SELECTED} items, got ${ids.length}`);
  }
}

/** The ids of a round may be many. */
function* checkSelectedSteps(ids: readonly string[], report: Report): Generator<void, void> {
  if (ids.length > MOST_SELECTED) return;
  const known = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (index % READ_AT_ONCE === READ_AT_ONCE - 1) yield;
    const rule = known.has(id) ? `must be there once, got ${quoted(id)} again` : idRule(id);
    if (rule !== undefined) report(`${SELECTED}[${index}]`, rule);
    known.add(id);
  }
}

function checkUpdate(update: ReportedUpdate, report: Report): void {
  report("update_reported.client_id", idRule(update.clientId));
  if (update.outcome === undefined) {
    report("update_reported.outcome", "must be COMPLETED, LATE, DROPPED, FAILED or DECLINED");
  }
  for (const [field, name, least, most] of RANGES) {
    const value = update[name];
    if (value === undefined || (value >= least && value <= most)) continue;
    report(`update_reported.${field}`, `must be ${rangeText(least, most)}, got ${value}`);
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
  reporter: string,
  nowMs: number,
): Observation | undefined {
  const timeMs = Number.isNaN(observeTimeMs) ? nowMs : observeTimeMs;
  switch (seen?.kind) {
    case undefined:
      return undefined;
    case "round_opened":
    case "round_closed":
      return { ...seen, runId, round, reporter, observeTimeMs: timeMs };
    case "update_reported":
      return seen.outcome && updateOf(seen, seen.outcome, { runId, round, reporter, timeMs });
    case "violation": {
      const { severity } = seen;
      return severity && { ...seen, severity, runId, round, reporter, observeTimeMs: timeMs };
    }
    case "client_registered":
      return { ...seen, reporter, observeTimeMs: timeMs };
  }
}

/** Why name by name: it is made for nearly every observation, and spreading makes a slow hash table. */
function updateOf(
  seen: ReportedUpdate,
  outcome: UpdateOutcome,
  of: { readonly runId: string; readonly round: number; reporter: string; timeMs: number },
): UpdateReported {
  const update: { -readonly [Key in keyof UpdateReported]: UpdateReported[Key] } = {
    kind: "update_reported",
    clientId: seen.clientId,
    outcome,
    latencyMs: seen.latencyMs,
    numExamples: seen.numExamples,
    runId: of.runId,
    round: of.round,
    reporter: of.reporter,
    observeTimeMs: of.timeMs,
  };
  if (seen.alignmentRatio !== undefined) update.alignmentRatio = seen.alignmentRatio;
  if (seen.normRatio !== undefined) update.normRatio = seen.normRatio;
  if (seen.alignment !== undefined) update.alignment = seen.alignment;
  if (seen.lossDelta !== undefined) update.lossDelta = seen.lossDelta;
  if (seen.maxPairwise !== undefined) update.maxPairwise = seen.maxPairwise;
  if (seen.alignmentReference !== undefined) update.alignmentReference = seen.alignmentReference;
  return update;
}
