import type { Rule } from "./policy.js";
import { drivesState, EXCLUDE, REDUCE, scoreThreshold, WEIGHT } from "./trust-policy.js";
import { orderingNumber, ownValue, type Value } from "./values.js";

export const EXIT = "exit";

const MOST_ROUNDS = 1_000;

interface TrustParameter {
  readonly name: string;
  /** The verbs that read it. */
  readonly verbs: readonly string[];
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

/** THE table of what `parameters` of a trust rule may set. */
// prettier-ignore
const PARAMETERS: readonly TrustParameter[] = [
  { name: WEIGHT,       verbs: [REDUCE],          least: 0, most: 1,           isWhole: false },
  { name: EXIT,         verbs: [EXCLUDE, REDUCE], least: 0, most: 1,           isWhole: false },
  { name: "rounds_in",  verbs: [EXCLUDE, REDUCE], least: 1, most: MOST_ROUNDS, isWhole: true },
  { name: "rounds_out", verbs: [EXCLUDE, REDUCE], least: 1, most: MOST_ROUNDS, isWhole: true },
  { name: "dwell",      verbs: [EXCLUDE],         least: 0, most: MOST_ROUNDS, isWhole: true },
];

/** The names that a verb reads. @param action - Absent: of any verb. */
export function trustParameterNames(action?: string): readonly string[] {
  return PARAMETERS.filter(({ verbs }) => action === undefined || verbs.includes(action)).map(
    ({ name }) => name,
  );
}

/** A parameter of a trust rule with a value that cannot be used. */
export interface BadParameter {
  readonly name: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** The parameters of a rule that would move states otherwise than its author wrote. */
export function badTrustParameters(rule: Rule): readonly BadParameter[] {
  const { action, isTrustRule, parameters } = rule;
  if (!isTrustRule) return [];
  const drives = drivesState(rule);
  return PARAMETERS.flatMap((parameter) => {
    const { name, verbs } = parameter;
    const value = ownValue(parameters, name);
    if (value === undefined || !verbs.includes(action) || !(drives || name === WEIGHT)) return [];
    return problemOf(parameter, value, name === EXIT ? thresholdOf(rule) : undefined);
  });
}

function thresholdOf({ condition, parameters }: Rule): number | undefined {
  return condition && scoreThreshold(condition.expression, parameters)?.threshold;
}

function problemOf(
  { name, least, most, isWhole }: TrustParameter,
  value: Value,
  threshold: number | undefined,
): readonly BadParameter[] {
  const isNumber = typeof value === "number" && (!isWhole || Number.isInteger(value));
  if (!isNumber || value < least || value > most) {
    const kind = isWhole ? "a whole number" : "a number";
    const message = `\`${name}\` must be ${kind} from ${least} to ${most}, got ${JSON.stringify(value)}`;
    const isText = typeof value === "string" && orderingNumber(value) !== undefined;
    return [{ name, message, ...(isText && { suggestion: `write the number ${value}` }) }];
  }
  if (threshold === undefined || value >= threshold) return [];
  const message = `\`${name}\` must be at least the threshold ${threshold}, got ${value}: the rule would hold and be left at once`;
  return [{ name, message, suggestion: `write a number from ${threshold} to ${most}` }];
}
