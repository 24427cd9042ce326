import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import type { ConditionResult, Expression } from "../../src/core/condition.js";
import { conditionResolver, evaluateCondition } from "../../src/core/evaluate-condition.js";
import type { ValueMap } from "../../src/core/values.js";

const compiler = createConditionCompiler();

/** The expression of a text that compiles. */
export function expressionOf(text: string): Expression {
  const compiled = compiler.compile(text);
  if (!compiled.ok) throw new Error(`\`${text}\`: ${compiled.message}`);
  return compiled.expression;
}

export function evaluateText(
  text: string,
  attributes: ValueMap = {},
  parameters: ValueMap = {},
): ConditionResult {
  return evaluateCondition(expressionOf(text), conditionResolver(parameters, attributes));
}

/** What a condition says: true and false as they are, an error as its message. */
export function says(text: string, attributes?: ValueMap, parameters?: ValueMap): string {
  const result = evaluateText(text, attributes, parameters);
  return result.outcome === "error" ? result.message : result.outcome;
}

/** The names that remain missing; undefined without an error. */
export function missingNames(result: ConditionResult): readonly string[] | undefined {
  return result.outcome === "error" ? result.missingAttributes : undefined;
}
