import type { CheckAnswer } from "../../src/application/check.js";
import type { RuleTrace } from "../../src/core/decision.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import type { Then, Trace } from "./conformance-case.js";

/** An answer in the words of the corpus, with all that a case may ask about. */
export type Told = { readonly refused: string[] } | ToldAnswer;

export interface ToldAnswer {
  readonly allowed: boolean;
  readonly deny_kind?: "EXPLICIT" | "DEFAULT" | "ERROR";
  readonly by: string[];
  readonly erring: { readonly rule: string; readonly missing: string[] }[];
  readonly parameters?: Values;
  readonly obligations: {
    readonly rule: string;
    readonly action: string;
    readonly parameters: Values;
    readonly advice: boolean;
  }[];
  readonly reason: string;
  readonly determining: { readonly action: string; readonly index: number }[];
  readonly explained: Trace[];
  /** What holds of every answer and does not hold of this one, in words. */
  readonly broken: string[];
}

export type Values = NonNullable<Extract<Then, { allowed: boolean }>["parameters"]>;

/** What every question carries, and every answer has to bring back. */
export const REQUEST_ID = "conformance";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_TRACES = 200;

/** What holds of every answer. */
export function brokenPromises(answer: {
  readonly allowed: boolean;
  readonly deny_kind?: string;
  readonly reason: string;
  readonly decisionId: string;
  readonly policyVersion: number;
  readonly requestId: string;
  readonly traces: number;
}): string[] {
  const promises: readonly (readonly [string, boolean])[] = [
    ["a reason is given", answer.reason.trim() !== ""],
    ["the kind of denial is given exactly when denied", answer.allowed === !answer.deny_kind],
    ["the decision id is a UUID v7", UUID_V7.test(answer.decisionId)],
    ["the policy version is a positive whole number", answer.policyVersion >= 1],
    ["the request id is echoed", answer.requestId === REQUEST_ID],
    ["an explanation has at most 200 rules", answer.traces <= MAX_TRACES],
  ];
  return promises.filter(([, holds]) => !holds).map(([promise]) => promise);
}

/** An answer of the decision point, or of the client that reads it from the wire. */
export function toldAnswer(answer: CheckAnswer): ToldAnswer {
  const { decision, explanation } = answer;
  const traces = (explanation?.policies ?? []).flatMap(({ rules }) => rules);
  const told = {
    allowed: decision.allowed,
    ...(decision.denyKind && { deny_kind: decision.denyKind.toUpperCase() as "EXPLICIT" }),
    reason: decision.reason,
  };
  return {
    ...told,
    by: decision.determiningRules.map(ruleName),
    erring: decision.erringRules.map(({ rule, missingAttributes }) => ({
      rule: ruleName(rule),
      missing: [...missingAttributes],
    })),
    ...(decision.parameters && { parameters: plainMap(decision.parameters) }),
    obligations: decision.obligations.map(({ rule, action, parameters, advice }) => ({
      rule: ruleName(rule),
      action,
      parameters: plainMap(parameters),
      advice,
    })),
    determining: decision.determiningRules.map(({ action, ruleIndex }) => ({
      action,
      index: ruleIndex,
    })),
    explained: traces.map(toldTrace),
    broken: brokenPromises({
      ...told,
      decisionId: answer.decisionId,
      policyVersion: decision.policyVersion,
      requestId: answer.requestId,
      traces: traces.length,
    }),
  };
}

function toldTrace({ rule, outcome, fields, condition }: RuleTrace): Trace {
  return {
    rule: ruleName(rule),
    outcome: outcome.toUpperCase() as "APPLIED",
    fields: fields.map(({ key, expected, actual, matched }) => ({
      key,
      expected: plain(expected),
      ...(actual !== undefined && { got: plain(actual) }),
      matched,
    })),
    condition: condition
      ? {
          outcome: condition.outcome.toUpperCase() as "TRUE",
          values: plainMap(condition.values),
        }
      : "none",
  };
}

/** As a client reads it: without prototypes of our own. */
function plain(value: Value): Values[string] {
  return JSON.parse(JSON.stringify(value)) as Values[string];
}

function plainMap(map: ValueMap): Values {
  return plain(map) as Values;
}

export function ruleName(rule: { readonly policyId: string; readonly ruleId: string }): string {
  return `${rule.policyId}/${rule.ruleId}`;
}

/** What a case writes down of an answer: the rest of it may be anything. */
export function asWritten(
  told: Told,
  { then, partial }: { then: Then; partial: boolean },
): unknown {
  if ("refused" in told || "refused" in then) return told;
  const { allowed, deny_kind, by, erring, parameters, obligations, reason, determining } = told;
  return {
    allowed,
    ...(parameters && { parameters }),
    ...(!partial && { ...(deny_kind && { deny_kind }), by, erring, obligations }),
    reason_says: then.reason_says.filter((text) => reason.includes(text)),
    ...(then.determining && { determining }),
    ...(then.explained && {
      explained: then.explained.map((trace) => writtenTrace(trace, told.explained)),
    }),
    broken: told.broken,
  };
}

function writtenTrace(written: Trace, traces: readonly Trace[]): unknown {
  const found = traces.find(({ rule }) => rule === written.rule);
  const kept = Object.entries(found ?? {}).filter(([key]) => Object.hasOwn(written, key));
  return Object.fromEntries(kept);
}

/** What a case expects, in the form of `asWritten`. */
export function expected(then: Then, partial: boolean): unknown {
  if ("refused" in then) return then;
  const { deny_kind, by, erring, obligations, ...rest } = then;
  const rules = { ...(deny_kind && { deny_kind }), by, erring, obligations };
  return { ...rest, ...(!partial && rules), broken: [] };
}
