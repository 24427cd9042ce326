import type { ValueMap } from "../core/values.js";
import { shortText } from "./short-text.js";
import type { Clock } from "./ports/clock.js";
import type { EventSeverity, NewEvent } from "./ports/event-log.js";
import type { Ids } from "./ports/ids.js";
import type { PolicyIssue } from "./ports/policy-source.js";

/** `source_component` of everything the engine itself tells. */
export const ENGINE = "POLICY_ENGINE";
/** More policies than this in one load are told by one event. */
const MAX_POLICY_EVENTS = 100;
/** Problems of one refused set that its event holds; all are in the log. */
const MAX_PROBLEMS = 100;
const MAX_TEXT = 1000;

export interface EventMaker {
  /** An event of the engine, happening now. */
  (event: {
    readonly eventType: string;
    readonly severity: EventSeverity;
    /** Absent while no policy is active. */
    readonly policyVersion?: number | undefined;
    readonly policyId?: string | undefined;
    readonly clientId?: string | undefined;
    readonly decisionId?: string | undefined;
    readonly details: ValueMap;
  }): NewEvent;
}

export function createEventMaker(deps: {
  readonly ids: Pick<Ids, "eventId">;
  readonly clock: Pick<Clock, "nowMs">;
}): EventMaker {
  return ({ eventType, severity, policyVersion, policyId, clientId, decisionId, details }) => {
    // Why assigned: an object made by spreading is many times slower to make, and decisions make many.
    const event: { -readonly [Field in keyof NewEvent]: NewEvent[Field] } = {
      eventId: deps.ids.eventId(),
      timestampMs: deps.clock.nowMs(), // When it is told: in the order of the log.
      sourceComponent: ENGINE,
      eventType,
      severity,
      details,
    };
    if (policyVersion !== undefined) event.policyVersion = policyVersion;
    if (policyId !== undefined) event.policyId = policyId;
    if (clientId !== undefined) event.clientId = clientId;
    if (decisionId !== undefined) event.decisionId = decisionId;
    return event;
  };
}

/** A policy that came into force, and the file it came from. */
export interface LoadedPolicyFact {
  readonly policyId: string;
  readonly policyType: string;
  readonly source: string;
}

/** The first event of a run. */
export function engineStart(
  make: EventMaker,
  facts: { readonly engineVersion: string; readonly policyVersion?: number },
): NewEvent {
  return make({
    eventType: "ENGINE_START",
    severity: "info",
    ...ofVersion(facts.policyVersion),
    details: { version: facts.engineVersion },
  });
}

/** The last event of a run. `why` is the signal, or another reason in a few words. */
export function engineStop(
  make: EventMaker,
  facts: { readonly why: string; readonly policyVersion?: number },
): NewEvent {
  return make({
    eventType: "ENGINE_STOP",
    severity: "info",
    ...ofVersion(facts.policyVersion),
    details: { reason: shortText(facts.why, MAX_TEXT) },
  });
}

/** A database that could not be used any more: the first event of the one that began in its place. */
export function databaseSetAside(
  make: EventMaker,
  facts: { readonly file: string; readonly why: string },
): NewEvent {
  return make({
    eventType: "DATABASE_SET_ASIDE",
    severity: "critical",
    details: { file: shortText(facts.file, MAX_TEXT), reason: shortText(facts.why, MAX_TEXT) },
  });
}

/**
 * One event per policy; above 100 policies one for all, with their number.
 *
 * @param facts - At start every policy, at a reload only those that changed.
 */
export function policiesLoaded(
  make: EventMaker,
  facts: { readonly policies: readonly LoadedPolicyFact[]; readonly policyVersion: number },
): readonly NewEvent[] {
  const { policies, policyVersion } = facts;
  const event = { eventType: "POLICY_LOADED", severity: "info", policyVersion } as const;
  if (policies.length > MAX_POLICY_EVENTS) {
    const sources = policies.map(({ source }) => source);
    return [policySetLoaded(make, { count: policies.length, sources, policyVersion })];
  }
  return policies.map(({ policyId, policyType, source }) =>
    make({
      ...event,
      policyId,
      details: { policy_id: policyId, policy_type: policyType, source },
    }),
  );
}

/** `count` policies of one set are in force, whichever they are. `sources` are files, each once or often. */
export function policySetLoaded(
  make: EventMaker,
  facts: {
    readonly count: number;
    readonly sources: readonly string[];
    readonly policyVersion: number;
  },
): NewEvent {
  const { count, sources, policyVersion } = facts;
  return make({
    eventType: "POLICY_LOADED",
    severity: "info",
    policyVersion,
    details: { count, sources: [...new Set(sources)] },
  });
}

/** A set that was refused, with its errors (at most 100, `problem_count` says how many there are). */
export function policiesRejected(
  make: EventMaker,
  facts: {
    readonly issues: readonly PolicyIssue[];
    /** Of the set that goes on serving; absent when there is none. */
    readonly policyVersion?: number;
  },
): NewEvent {
  const errors = facts.issues.filter(({ severity }) => severity === "error");
  return make({
    eventType: "POLICY_REJECTED",
    severity: "error",
    ...ofVersion(facts.policyVersion),
    details: {
      problem_count: errors.length,
      problems: errors.slice(0, MAX_PROBLEMS).map(problemOf),
    },
  });
}

/** Events that could not be recorded: a burst of them is one event. */
export function eventsDropped(
  make: EventMaker,
  facts: { readonly count: number; readonly firstMs: number; readonly lastMs: number },
): NewEvent {
  return make({
    eventType: "EVENTS_DROPPED",
    severity: "error",
    details: {
      count: facts.count,
      first_time: new Date(facts.firstMs).toISOString(),
      last_time: new Date(facts.lastMs).toISOString(),
    },
  });
}

function problemOf(issue: PolicyIssue): ValueMap {
  const { line, column, policyId, suggestion } = issue;
  return {
    file: issue.file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    path: shortText(issue.path, MAX_TEXT),
    ...(policyId === undefined ? {} : { policy_id: shortText(policyId, MAX_TEXT) }),
    message: shortText(issue.message, MAX_TEXT),
    ...(suggestion === undefined ? {} : { suggestion: shortText(suggestion, MAX_TEXT) }),
  };
}

function ofVersion(policyVersion: number | undefined): { readonly policyVersion?: number } {
  return policyVersion === undefined ? {} : { policyVersion };
}
