import type { Condition, Expression } from "../condition.js";
import { conditionNames } from "../evaluate-condition.js";
import { nearest } from "../nearest.js";
import type { Policy, Rule } from "../policy.js";
import { CLIENT_PATHS, VIOLATION_NAMES } from "../trust-attributes.js";
import { isList, lookUp, orderingNumber, type Value, type ValueMap } from "../values.js";
import {
  constantValue,
  isOrdering,
  type Outcomes,
  possibleOutcomes,
} from "./condition-outcomes.js";
import { allParts, comparedNames } from "./condition-parts.js";
import { type LintFinding, type LintInput, perRule, type RuleFinding } from "./finding.js";
import { CONNECTION_ATTRIBUTES } from "./known-clients.js";

const CONDITION = ["condition"];

const known = new WeakMap<Rule, Outcomes>();

/** Undefined without a condition. Three checks ask the same of each rule. */
function outcomesOf(rule: Rule): Outcomes | undefined {
  const { condition, parameters } = rule;
  if (condition === undefined) return undefined;
  const outcomes = known.get(rule) ?? possibleOutcomes(condition.expression, parameters);
  known.set(rule, outcomes);
  return outcomes;
}

export function* neverTrue(rule: Rule): Iterable<RuleFinding> {
  const can = outcomesOf(rule);
  if (can === undefined || can.true) return;
  const why = can.why === undefined ? "" : `: ${can.why}`;
  const message = can.error
    ? can.false
      ? `the condition can never be true${why}`
      : `the condition fails on every request${why}`
    : `the condition is false on every request${why}`;
  yield { keys: CONDITION, message, suggestion: "mend it, or remove the rule" };
}

export function* alwaysTrue(rule: Rule): Iterable<RuleFinding> {
  const can = outcomesOf(rule);
  if (can === undefined || can.false || can.error) return;
  yield {
    keys: CONDITION,
    message: "the condition is true on every request",
    suggestion: "leave it out, or write what was meant",
  };
}

export function* textThresholds(rule: Rule): Iterable<RuleFinding> {
  const { condition, parameters } = rule;
  if (condition === undefined || outcomesOf(rule)?.true !== true) return;
  for (const part of allParts(condition.expression)) {
    if (part.kind !== "binary" || !isOrdering(part.operator)) continue;
    for (const side of [part.left, part.right]) {
      const value = constantValue(side, parameters);
      if (typeof value !== "string") continue;
      const what = side.kind === "name" ? `the parameter \`${side.path.join(".")}\`` : "one side";
      const isNumber = orderingNumber(value) !== undefined;
      yield {
        keys: side.kind === "name" ? ["parameters", side.path.join(".")] : CONDITION,
        message: `${what} of \`${part.operator}\` is the text ${JSON.stringify(value)}: ${
          isNumber
            ? "it cannot be ordered with text that the request sends"
            : "it cannot be ordered with anything"
        }`,
        suggestion: isNumber ? `write the number ${value}` : "write a number",
      };
    }
  }
}

export function* protocolInOneCase({ condition, parameters }: Rule): Iterable<RuleFinding> {
  if (condition === undefined || lookUp(parameters, ["protocol"]) !== undefined) return;
  for (const { name, other } of comparedNames(condition.expression)) {
    if (name.path.join(".") !== "protocol") continue;
    const texts = textsOf(constantValue(other, parameters));
    if (!texts.some((text) => /[A-Za-z]/.test(text))) continue;
    yield {
      keys: CONDITION,
      message: `a condition sees \`protocol\` as the caller wrote it, in any case: ${JSON.stringify(texts[0])} equals only itself`,
      suggestion: "compare it in `match`, where the case does not count",
    };
    return;
  }
}

/** The texts that a value is, or has in its list. */
export function textsOf(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  return (isList(value) ? value : [value]).filter((one) => typeof one === "string");
}

/** The names of the request that the target and the condition read, and where. */
function namesRead(
  rule: Rule,
): readonly { readonly written: string; readonly keys: readonly string[] }[] {
  return [
    ...rule.target.map(({ key }) => ({ written: key, keys: ["match", key] })),
    ...outsideNames(rule).map((path) => ({ written: path.join("."), keys: CONDITION })),
  ];
}

const KNOWN_OF_CLIENTS: readonly (readonly [root: string, names: readonly string[]])[] = [
  ["client.", CLIENT_PATHS],
  ["violation.", VIOLATION_NAMES],
];

/** Names under `client.` and `violation.` that the engine does not know. */
export function* unknownClientNames(rule: Rule): Iterable<RuleFinding> {
  for (const { written, keys } of namesRead(rule)) {
    const [root, names] = KNOWN_OF_CLIENTS.find(([start]) => written.startsWith(start)) ?? [];
    if (root === undefined || names === undefined) continue;
    const name = written.slice(root.length);
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    yield {
      keys,
      message: `\`${written}\` is no name of a client's trust: it is absent unless the caller sends it`,
      ...(meant === undefined ? {} : { suggestion: `write \`${root}${meant}\`` }),
    };
  }
}

/** The names that a rule's condition reads from the request. */
export function outsideNames({
  condition,
  parameters,
}: {
  readonly condition?: Condition;
  readonly parameters: ValueMap;
}): readonly (readonly string[])[] {
  if (condition === undefined) return [];
  return conditionNames(condition.expression).filter(
    (path) => lookUp(parameters, path) === undefined,
  );
}

const LITERALS_ELSEWHERE = ["true", "false", "null", "none", "nil", "undefined"];

/** What some client sends, with whatever question. */
function sentAttributes({ clients }: LintInput): Set<string> {
  const ofClients = [...clients.policyTypes.values()].flatMap(({ attributes }) => attributes);
  return new Set([...CONNECTION_ATTRIBUTES, ...ofClients]);
}

/** Bare words that stand where a text, or `true`, `false` and `null` in lower case, were meant. */
export function* unquotedWords(input: LintInput): Iterable<LintFinding | undefined> {
  const attributes = sentAttributes(input);
  for (const { rules } of input.policies) {
    for (const { target } of rules) {
      yield undefined;
      for (const { key } of target) attributes.add(key);
    }
  }
  let siblings: ReadonlySet<string> = new Set();
  let siblingsOf: Policy | undefined;
  yield* perRule(function* ({ condition, parameters }, policy) {
    if (condition === undefined) return;
    if (siblingsOf !== policy) {
      siblings = new Set(policy.rules.flatMap((rule) => Object.keys(rule.parameters)));
      siblingsOf = policy;
    }
    for (const part of allParts(condition.expression)) {
      const word = comparedWord(part);
      if (word === undefined || Object.hasOwn(parameters, word)) continue;
      const literal = LITERALS_ELSEWHERE.includes(word.toLowerCase());
      if (!literal && (attributes.has(word) || siblings.has(word))) continue;
      yield {
        keys: CONDITION,
        message: `\`${word}\` is read as the name of an attribute, and none of that name is known`,
        suggestion: literal ? literalFor(word) : `write '${word}' if the text is meant`,
      };
    }
  })(input);
}

/** A name that nobody gives, where a parameter of a like name is read by nobody. */
export function* misspeltParameters(input: LintInput): Iterable<LintFinding | undefined> {
  const sent = sentAttributes(input);
  yield* perRule(function* ({ condition, parameters, verbClass }) {
    // Those of a parameter verb are returned, whether a condition reads them or not.
    if (condition === undefined || verbClass === "parameter") return;
    const read = new Set(conditionNames(condition.expression).map((path) => path.join(".")));
    const unread = Object.keys(parameters).filter((name) => !read.has(name));
    for (const path of outsideNames({ condition, parameters })) {
      const name = path.join(".");
      const meant = sent.has(name) ? undefined : nearest(name, unread);
      if (meant === undefined) continue;
      yield {
        keys: CONDITION,
        message: `the condition reads \`${name}\` from the request, and the parameter \`${meant}\` is read by nobody`,
        suggestion: `write \`${meant}\``,
      };
    }
  })(input);
}

/** The bare name on the right of `==` or `!=`. */
function comparedWord(part: Expression): string | undefined {
  if (part.kind !== "binary" || (part.operator !== "==" && part.operator !== "!=")) {
    return undefined;
  }
  const { right } = part;
  return right.kind === "name" && right.path.length === 1 ? right.path[0] : undefined;
}

function literalFor(word: string): string {
  const lower = word.toLowerCase();
  return `write \`${lower === "true" || lower === "false" ? lower : "null"}\`, or quote the text`;
}
