import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import type {
  ConditionCompiler,
  FunctionProblem,
  PolicyFunction,
} from "../../src/application/ports/condition-compiler.js";

/** `trusted(score, least) = score >= least` as a function. */
export function functionOf(definition: string): PolicyFunction {
  const match = /^(\S+?)\(([^)]*)\) = (.*)$/s.exec(definition);
  if (match === null) throw new Error(`not a definition: ${definition}`);
  const [, name = "", params = "", expression = ""] = match;
  return { name, expression, params: params === "" ? [] : params.split(", ") };
}

/** The compiler of conditions that may call these functions, which must be sound. */
export function compilerWith(...definitions: readonly string[]): ConditionCompiler {
  const { compiler, problems } = compileFunctions(...definitions);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return compiler;
}

export function compileFunctions(...definitions: readonly string[]): {
  compiler: ConditionCompiler;
  problems: readonly FunctionProblem[];
} {
  return createConditionCompiler().withFunctions(definitions.map(functionOf));
}
