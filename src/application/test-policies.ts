import type { Decision, RuleRef } from "../core/decision.js";
import type { Policy } from "../core/policy.js";
import { buildSnapshot } from "../core/snapshot.js";
import { type Value, type ValueMap, valuesEqual } from "../core/values.js";
import type { Effect } from "../core/verbs.js";
import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "./check.js";
import { createDecisionPoint } from "./decision-point.js";
import { createEngineAttributes } from "./engine-attributes.js";
import { PdpError } from "./errors.js";
import type { ComponentRegistry } from "./ports/component-registry.js";

/** What a case says of the answer. What is absent is not looked at. */
export interface ExpectedAnswer {
  readonly allowed?: boolean;
  readonly denyKind?: string;
  /** Rules as `policy/rule`: exactly these, in the order of the answer. */
  readonly by?: readonly string[];
  readonly erring?: readonly string[];
  readonly obligations?: readonly string[];
  /** These parameters have these values; others may be answered beside them. */
  readonly parameters?: ValueMap;
  /** Texts that the reason contains. */
  readonly reason?: readonly string[];
  /** Texts that the explanation, as people read it, contains. */
  readonly explanation?: readonly string[];
  /** The request is not answered: exactly these fields are refused. */
  readonly refused?: readonly string[];
}

/** One question to a policy set, and what its author expects. */
export interface PolicyTestCase {
  readonly name: string;
  readonly file: string;
  /** Where the case begins, from 1. */
  readonly line: number;
  /** What the engine's own clock says (`engine.*`), in milliseconds since the epoch. */
  readonly atMs: number;
  readonly check: ConnectionCheck | PolicyCheck;
  readonly expected: ExpectedAnswer;
}

export interface TestResult {
  readonly case: PolicyTestCase;
  /** One line each; none: passed. */
  readonly problems: readonly string[];
}

export interface RuleCoverage {
  /** How many rules are switched on, in policies that are. */
  readonly rules: number;
  /** Of these, as `policy/rule`, those that applied or erred in no case; in the order of the set. */
  readonly unreached: readonly string[];
  /** 0 to 100; 100 when there is no rule. */
  readonly percent: number;
}

export interface TestReport {
  readonly results: readonly TestResult[];
  readonly coverage: RuleCoverage;
}

export interface TestPoliciesDeps {
  readonly policies: readonly Policy[];
  readonly unknownTypeEffect: Effect;
  /** IANA name, for `engine.*`. */
  readonly timeZone: string;
  readonly registry: ComponentRegistry;
  /** The answer as people read it, with its explanation. */
  readonly render: (answer: CheckAnswer) => string;
}

/** Asks every case as an engine with these policies would be asked, and compares the answers. */
export function testPolicies(cases: readonly PolicyTestCase[], deps: TestPoliciesDeps): TestReport {
  const ask = createAsker(deps);
  const reached = new Set<string>();
  const results = cases.map((testCase): TestResult => {
    const asked = ask(testCase);
    if ("refused" in asked) {
      return { case: testCase, problems: refusalProblems(testCase.expected, asked.refused) };
    }
    for (const { rules } of asked.answer.explanation?.policies ?? []) {
      for (const { rule, outcome } of rules) {
        if (outcome === "applied" || outcome === "error") reached.add(nameOf(rule));
      }
    }
    return { case: testCase, problems: answerProblems(testCase.expected, asked.answer, deps) };
  });
  return { results, coverage: coverageOf(deps.policies, reached) };
}

type Asked = { readonly answer: CheckAnswer } | { readonly refused: readonly string[] };

function createAsker(deps: TestPoliciesDeps): (testCase: PolicyTestCase) => Asked {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
  const snapshot = buildSnapshot(deps.policies, {
    policyVersion: 1,
    unknownTypeEffect: deps.unknownTypeEffect,
  });
  const point = createDecisionPoint({
    activeSnapshot: () => snapshot,
    engineAttributes: createEngineAttributes({ clock, timeZone: deps.timeZone }),
    registry: deps.registry,
    recordDecision: () => undefined,
    clock,
    ids: { decisionId: () => "", eventId: () => "" },
    batchMaxItems: 1,
  });
  return ({ check, atMs }) => {
    nowMs = atMs;
    const question = { ...check, explain: true };
    try {
      const answer =
        "policyType" in question ? point.checkPolicy(question) : point.checkConnection(question);
      return { answer };
    } catch (error) {
      if (!(error instanceof PdpError) || error.failure.reason !== "REQUEST_INVALID") throw error;
      return { refused: error.failure.violations.map(({ field }) => field) };
    }
  };
}

function refusalProblems(expected: ExpectedAnswer, refused: readonly string[]): string[] {
  if (expected.refused) return listProblems("refused", expected.refused, refused);
  return [`the request is refused: ${listText(refused)}`];
}

function answerProblems(
  expected: ExpectedAnswer,
  answer: CheckAnswer,
  { render }: TestPoliciesDeps,
): string[] {
  const { decision } = answer;
  const { allowed, denyKind, reason } = decision;
  const { allowed: wanted, denyKind: wantedKind } = expected;
  const kind = denyKind?.toUpperCase() ?? "none";
  return [
    ...(expected.refused
      ? [`expected a refusal of ${listText(expected.refused)}, got an answer`]
      : []),
    ...(wanted === undefined || wanted === allowed
      ? []
      : [`allowed: expected ${wanted}, got ${allowed} (${reason})`]),
    ...(wantedKind === undefined || wantedKind === kind
      ? []
      : [`deny_kind: expected ${wantedKind}, got ${kind}`]),
    ...listProblems("by", expected.by, decision.determiningRules.map(nameOf)),
    ...listProblems("erring", expected.erring, namesOf(decision.erringRules)),
    ...listProblems("obligations", expected.obligations, namesOf(decision.obligations)),
    ...parameterProblems(expected.parameters, decision),
    ...textProblems("reason", expected.reason, reason),
    ...textProblems(
      "explanation",
      expected.explanation,
      expected.explanation ? render(answer) : "",
    ),
  ];
}

function listProblems(
  what: string,
  expected: readonly string[] | undefined,
  got: readonly string[],
): string[] {
  if (!expected || JSON.stringify(expected) === JSON.stringify(got)) return [];
  return [`${what}: expected ${listText(expected)}, got ${listText(got)}`];
}

function listText(list: readonly string[]): string {
  return list.length === 0 ? "none" : list.join(", ");
}

function parameterProblems(
  expected: ValueMap | undefined,
  { parameters = {} }: Decision,
): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) => {
    const got = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (got !== undefined && isSame(value, got)) return [];
    const gotText = got === undefined ? "nothing" : JSON.stringify(got);
    return [`parameters: expected ${name} = ${JSON.stringify(value)}, got ${gotText}`];
  });
}

/** Stricter than a rule: 8080 is not "8080". */
function isSame(one: Value, other: Value): boolean {
  return typeof one === typeof other && valuesEqual(one, other);
}

function textProblems(
  what: string,
  expected: readonly string[] | undefined,
  text: string,
): string[] {
  return (expected ?? [])
    .filter((part) => !text.includes(part))
    .map((part) => `${what}: expected ${JSON.stringify(part)} in it, got\n${text}`);
}

function coverageOf(policies: readonly Policy[], reached: ReadonlySet<string>): RuleCoverage {
  const names = policies
    .filter(({ enabled }) => enabled)
    .flatMap(({ id, rules }) =>
      rules.filter(({ enabled }) => enabled).map((rule) => `${id}/${rule.id}`),
    );
  const unreached = names.filter((name) => !reached.has(name));
  const percent =
    names.length === 0 ? 100 : (100 * (names.length - unreached.length)) / names.length;
  return { rules: names.length, unreached, percent };
}

function namesOf(items: readonly { readonly rule: RuleRef }[]): string[] {
  return items.map(({ rule }) => nameOf(rule));
}

function nameOf({ policyId, ruleId }: RuleRef): string {
  return `${policyId}/${ruleId}`;
}
