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
    checkObservation(reported, `observations[${index}]`, report);
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

function checkObservation(reported: ReportedObservation, path: string, report: Report): void {
  const { observationId, runId, round, seen } = reported;
  if (observationId !== "" && !UUID.test(observationId)) {
    report(`${path}.observation_id`, `must be a UUID, got ${quoted(observationId)}`);
  }
  if (!seen) {
    const rule =
      "must have one of round_opened, update_reported, violation, round_closed and client_registered";
    report(path, rule);
    return;
  }
  if (seen.kind !== "client_registered") {
    report(`${path}.run_id`, idRule(runId));
    if (!(round >= 1)) report(`${path}.round`, `must be at least 1, got ${round}`);
  }
  checkKind(seen, `${path}.${seen.kind}`, report);
}

function checkKind(seen: ReportedKind, path: string, report: Report): void {
  if ("clientId" in seen) report(`${path}.client_id`, idRule(seen.clientId));
  switch (seen.kind) {
    case "round_opened":
      checkSelected(seen.selectedClientIds, `${path}.selected_client_ids`, report);
      return;
    case "update_reported":
      checkUpdate(seen, path, report);
      return;
    case "violation":
      if (seen.policyId !== "") report(`${path}.policy_id`, idRule(seen.policyId));
      if (seen.severity === undefined) {
        report(`${path}.severity`, "must be LOW, MEDIUM, HIGH or CRITICAL");
      }
      return;
    case "client_registered":
      report(`${path}.public_key_fingerprint`, idRule(seen.publicKeyFingerprint));
      if (seen.owner !== "") report(`${path}.owner`, idRule(seen.owner));
      return;
    case "round_closed":
      return;
  }
}

function checkSelected(ids: readonly string[], path: string, report: Report): void {
  if (ids.length < 1 || ids.length > MOST_SELECTED) {
    report(path, `must have from 1 to ${MOST_SELECTED} items, got ${ids.length}`);
    return;
  }
  const known = new Set<string>();
  for (const [index, id] of ids.entries()) {
    report(`${path}[${index}]`, idRule(id));
    if (known.has(id)) report(`${path}[${index}]`, `must be there once, got ${quoted(id)} again`);
    known.add(id);
  }
}

/** THE ranges of what an update says: [field, value, least, most]. */
function checkUpdate(update: ReportedUpdate, path: string, report: Report): void {
  if (update.outcome === undefined) {
    report(`${path}.outcome`, "must be COMPLETED, LATE, DROPPED, FAILED or DECLINED");
  }
  const ranges: readonly (readonly [string, number | undefined, number, number])[] = [
    ["latency_ms", update.latencyMs, 0, Number.MAX_VALUE],
    ["num_examples", update.numExamples, 0, Number.MAX_SAFE_INTEGER],
    ["alignment_ratio", update.alignmentRatio, -1, 1.5],
    ["norm_ratio", update.normRatio, 0, Number.MAX_VALUE],
    ["alignment", update.alignment, -1, 1],
    ["loss_delta", update.lossDelta, -Number.MAX_VALUE, Number.MAX_VALUE],
    ["max_pairwise", update.maxPairwise, -1, 1],
  ];
  for (const [field, value, least, most] of ranges) {
    if (value === undefined || (value >= least && value <= most)) continue;
    report(`${path}.${field}`, `must be ${rangeText(least, most)}, got ${value}`);
  }
}

function rangeText(least: number, most: number): string {
  if (least === -Number.MAX_VALUE) return "a finite number";
  if (most === Number.MAX_VALUE) return `a finite number of at least ${least}`;
  return `from ${least} to ${most}`;
}

/** The rule of ids, which is that of `client_id`. */
export function idRule(id: string): string | undefined {
  if (id === "") return "must be given";
  return connectionViolations({ client_id: id }, "")[0]?.rule;
}

function observationOf(
  { runId, round, observeTimeMs, seen }: ReportedObservation,
  { reporter, nowMs }: { readonly reporter: string; readonly nowMs: number },
): Observation | undefined {
  const observed = { reporter, observeTimeMs: observeTimeMs ?? nowMs };
  const inRound = { ...observed, runId, round };
  switch (seen?.kind) {
    case undefined:
      return undefined;
    case "round_opened":
    case "round_closed":
      return { ...inRound, ...seen };
    case "update_reported": {
      const { outcome } = seen;
      return outcome && { ...inRound, ...seen, outcome };
    }
    case "violation": {
      const { severity } = seen;
      return severity && { ...inRound, ...seen, severity };
    }
    case "client_registered":
      return { ...observed, ...seen };
  }
}
