import { type Address, formatAddress } from "./address.js";
import { type Assignment, comparing, MOST_VALUES } from "./comparison-values.js";
import type { Condition, ConditionResult, Expression, ResolveName } from "./condition.js";
import { conditionResolver, evaluateCondition, MAX_STEPS } from "./evaluate-condition.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import { type Steps, UNBOUNDED } from "./steps.js";
import { type TargetField, targetMatches, valuesAccepted, valuesRead } from "./target.js";
import { isList, type Value } from "./values.js";

/** More are never proposed together. */
export const MOST_CHANGES = 6;
const HIGHEST_PORT = 65_535;

/**
 * Assignments with which `rule` should come to hold, one for each field and comparison that does not.
 * A proposal: whoever uses it decides again. Undefined where nothing is known that would do, or where
 * more than six attributes would have to change.
 *
 * @param steps - Counted down by what is looked at; once they are used up nothing more is proposed.
 *   The same for all that take them here.
 */
export function fulfilling(
  rule: Rule,
  request: AccessRequest,
  steps: Steps = UNBOUNDED,
): readonly Assignment[] | undefined {
  let assignments: readonly Assignment[] | undefined = [];
  for (const field of rule.target) {
    steps.left -= fieldSteps(field, request);
    if (steps.left < 0) return undefined;
    if (targetMatches([field], request)) continue;
    const [first] = holdingValues(field);
    assignments = together(assignments, first && [first]);
    if (!assignments) return undefined;
  }
  if (!rule.condition) return assignments;
  return together(assignments, turningCondition(rule, rule.condition, true, request, steps));
}

/** Both, the first assignment of each attribute; undefined where one is, or for more than six. */
export function together(
  some: readonly Assignment[] | undefined,
  others: readonly Assignment[] | undefined,
): readonly Assignment[] | undefined {
  if (!some || !others) return undefined;
  const added = others.filter(({ attribute }) => !some.some((one) => one.attribute === attribute));
  return some.length + added.length > MOST_CHANGES ? undefined : [...some, ...added];
}

/** Assignments with which `rule`, which holds or errs, should come not to; a proposal as well. */
export function breaking(
  rule: Rule,
  request: AccessRequest,
  steps: Steps = UNBOUNDED,
): readonly Assignment[] | undefined {
  const forCondition =
    rule.condition && turningCondition(rule, rule.condition, false, request, steps);
  if (forCondition) return forCondition;
  for (const field of rule.target) {
    steps.left -= 1;
    const [first] = steps.left < 0 ? [] : failingValues(field);
    if (first) return [first];
  }
  return undefined;
}

/** Every value by which a field or a simple comparison of `rule` can be made true or false. */
export function* assignmentsOf(
  rule: Rule,
  request: AccessRequest,
  steps: Steps = UNBOUNDED,
): Generator<Assignment> {
  for (const field of rule.target) {
    steps.left -= PART_STEPS;
    if (steps.left < 0) return;
    yield* holdingValues(field);
    yield* failingValues(field);
  }
  if (!rule.condition) return;
  for (const part of comparisonsOf(rule.condition.expression)) {
    steps.left -= PART_STEPS;
    if (steps.left < 0) return;
    yield* comparing(part, true, rule, request);
    yield* comparing(part, false, rule, request);
  }
}

/** What finding the values of one field or comparison costs. */
const PART_STEPS = 8;

/** What asking `field` costs: a comparison each. */
export function fieldSteps(field: TargetField, request: AccessRequest): number {
  return 1 + valuesRead(field, request) * valuesAccepted(field);
}

function holdingValues(field: TargetField): Assignment[] {
  switch (field.kind) {
    case "any":
      return [];
    case "address":
      return field.prefixes.slice(0, MOST_VALUES).map(({ family, network, length }) => {
        const isOne = length === bitsOf(family);
        const bits = isOne ? network : network + 1n; // The network itself is nobody's address.
        return { attribute: field.attribute, to: formatAddress({ family, bits }) };
      });
    case "address-range":
      return field.ranges.slice(0, MOST_VALUES).map(({ family, first }) => ({
        attribute: field.attribute,
        to: formatAddress({ family, bits: first }),
      }));
    case "port":
      return field.ports.slice(0, MOST_VALUES).map(({ first }) => ({
        attribute: field.attribute,
        to: Math.max(1, first),
      }));
    case "protocol": {
      const expected = isList(field.expected) ? field.expected : [field.expected];
      // As text, because that is what every way of asking accepts.
      return expected.slice(0, MOST_VALUES).map((protocol) => ({
        attribute: field.attribute,
        to: typeof protocol === "number" ? String(protocol) : protocol,
      }));
    }
    case "equals":
      return field.values
        .slice(0, MOST_VALUES)
        .map((to) => ({ attribute: field.path.join("."), to }));
  }
}

/** The last is always to leave the attribute out, which no field but `any` accepts. */
function failingValues(field: TargetField): Assignment[] {
  if (field.kind === "any") return [];
  const attribute = field.kind === "equals" ? field.path.join(".") : field.attribute;
  return [...edgesOutside(field), undefined].map((to) => ({ attribute, to }));
}

/** The values next to those that a field with an order accepts. */
function edgesOutside(field: TargetField): Value[] {
  switch (field.kind) {
    case "port":
      return field.ports
        .slice(0, MOST_VALUES)
        .flatMap(({ first, last }) => [last + 1, first - 1])
        .filter((port) => port >= 1 && port <= HIGHEST_PORT);
    case "address":
      return field.prefixes.slice(0, MOST_VALUES).flatMap(({ family, network, length }) => {
        const size = 1n << BigInt(bitsOf(family) - length);
        return addressAfter({ family, bits: network + size - 1n });
      });
    case "address-range":
      return field.ranges
        .slice(0, MOST_VALUES)
        .flatMap(({ family, last }) => addressAfter({ family, bits: last }));
    case "any":
    case "protocol":
    case "equals":
      return [];
  }
}

function addressAfter({ family, bits }: Address): Value[] {
  const isLast = bits + 1n === 1n << BigInt(bitsOf(family));
  return isLast ? [] : [formatAddress({ family, bits: bits + 1n })];
}

function bitsOf(family: Address["family"]): number {
  return family === 4 ? 32 : 128;
}

/** The fewest assignments found that should make the condition come out as `wanted`. */
function turningCondition(
  rule: Rule,
  { expression }: Condition,
  wanted: boolean,
  request: AccessRequest,
  steps: Steps,
): readonly Assignment[] | undefined {
  const resolve = conditionResolver(rule.parameters, request.attributes);
  return turning(expression, wanted, { rule, request, resolve, steps }).assignments;
}

interface Asked {
  readonly rule: Rule;
  readonly request: AccessRequest;
  readonly resolve: ResolveName;
  readonly steps: Steps;
}

/** How a part comes out now, and what should make it come out as wanted. */
interface Turned {
  readonly outcome: ConditionResult["outcome"];
  readonly assignments: readonly Assignment[] | undefined;
}

const OPPOSITE = { true: "false", false: "true", error: "error" } as const;

/** Bottom-up, every part once: a condition of hundreds of comparisons costs hundreds of steps. */
function turning(expression: Expression, wanted: boolean, asked: Asked): Turned {
  const { rule, request, resolve, steps } = asked;
  steps.left -= PART_STEPS;
  if (steps.left < 0) return { outcome: "error", assignments: undefined };
  switch (expression.kind) {
    case "not": {
      const { outcome, assignments } = turning(expression.operand, !wanted, asked);
      return { outcome: OPPOSITE[outcome], assignments };
    }
    case "and":
    case "or": {
      const left = turning(expression.left, wanted, asked);
      const right = turning(expression.right, wanted, asked);
      const absorbed = expression.kind === "or";
      const outcome = absorbing(absorbed, left.outcome, right.outcome);
      if (outcome === String(wanted)) return { outcome, assignments: [] };
      const either = wanted === absorbed;
      return {
        outcome,
        assignments: (either ? cheaper : together)(left.assignments, right.assignments),
      };
    }
    default: {
      const { outcome } = evaluateCondition(expression, resolve, MAX_STEPS, steps);
      if (outcome === String(wanted)) return { outcome, assignments: [] };
      const [first] = comparing(expression, wanted, rule, request);
      return { outcome, assignments: first && [first] };
    }
  }
}

/** As a condition does it: `&&` absorbs false, `||` true, from either side. */
function absorbing(
  absorbed: boolean,
  left: Turned["outcome"],
  right: Turned["outcome"],
): Turned["outcome"] {
  const sides = [left, right];
  if (sides.includes(`${absorbed}`)) return `${absorbed}`;
  return sides.includes("error") ? "error" : `${!absorbed}`;
}

function cheaper(
  left: readonly Assignment[] | undefined,
  right: readonly Assignment[] | undefined,
): readonly Assignment[] | undefined {
  return left && right && left.length > right.length ? right : (left ?? right);
}

/** The parts that `!`, `&&` and `||` join, and these. */
function* comparisonsOf(expression: Expression): Generator<Expression> {
  const pending = [expression];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    yield part;
    if (part.kind === "not") pending.push(part.operand);
    else if (part.kind === "and" || part.kind === "or") pending.push(part.right, part.left);
  }
}
