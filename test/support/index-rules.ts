import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Rule } from "../../src/core/policy.js";
import type { TargetField } from "../../src/core/target.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { rule } from "./rules.js";

/** One key of a `match`, which must be good. */
export function field(key: string, value: Value): TargetField {
  const parsed = parseTargetField(key, value);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

/** A rule that allows what matches. */
export function ruleWith(match: ValueMap, index: number): Rule {
  const target = Object.entries(match).map(([key, value]) => field(key, value));
  return { ...rule("allow", index), target };
}

/** The same rules, and how often somebody looked at a target, and asked for the kind of a field. */
export function watched(rules: readonly Rule[]): {
  readonly rules: readonly Rule[];
  readonly asked: { targets: number; fields: number };
} {
  const asked = { targets: 0, fields: 0 };
  const fieldOf = (one: TargetField): TargetField => {
    const { kind } = one;
    const get = (): typeof kind => {
      asked.fields += 1;
      return kind;
    };
    return Object.defineProperty({ ...one }, "kind", { get, enumerable: true });
  };
  return {
    asked,
    rules: rules.map((one) => {
      const target = one.target.map(fieldOf);
      const get = (): Rule["target"] => {
        asked.targets += 1;
        return target;
      };
      return Object.defineProperty({ ...one }, "target", { get, enumerable: true });
    }),
  };
}

/** What a generator returns, and how often it gave others a turn. */
export function finished<Result>(steps: Generator<void, Result>): {
  readonly result: Result;
  readonly turns: number;
} {
  for (let turns = 0; ; turns += 1) {
    const step = steps.next();
    if (step.done) return { result: step.value, turns };
  }
}
