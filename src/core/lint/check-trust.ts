import { conditionNames } from "../evaluate-condition.js";
import { nearest } from "../nearest.js";
import type { Rule } from "../policy.js";
import { EXIT, trustParameterNames } from "../trust-parameters.js";
import { drivesState, scoreThreshold, WEIGHT } from "../trust-policy.js";
import type { RuleFinding } from "./finding.js";

/** Parameters of a trust verb that nobody reads, where another one, or another rule, was meant. */
export function* idleTrustParameters(rule: Rule): Iterable<RuleFinding> {
  const { action, isTrustRule, condition, parameters } = rule;
  const names = trustParameterNames(action);
  if (!isTrustRule || names.length === 0) return;
  const read = condition ? conditionNames(condition.expression).map((path) => path.join(".")) : [];
  for (const name of Object.keys(parameters)) {
    if (read.includes(name)) continue;
    const why = names.includes(name) ? idleBecause(rule, name) : misspelt(action, name, names);
    if (why) yield { keys: ["parameters", name], ...why };
  }
}

type Why = Pick<RuleFinding, "message" | "suggestion">;

function misspelt(action: string, name: string, names: readonly string[]): Why | undefined {
  const meant = nearest(name, names);
  if (meant !== undefined) {
    const message = `\`${name}\` is no parameter of \`${action}\`, and does nothing`;
    return { message, suggestion: `write \`${meant}\`` };
  }
  if (!trustParameterNames().includes(name)) return undefined;
  const message = `\`${name}\` is a parameter of another trust verb, and does nothing for \`${action}\``;
  return { message, suggestion: "remove it" };
}

function idleBecause(rule: Rule, name: string): Why | undefined {
  if (name === WEIGHT) return undefined;
  if (!drivesState(rule)) {
    return {
      message: `\`${name}\` does nothing: the rule answers each request by itself, and moves no state`,
      suggestion: "remove it, or leave out `match` and read nothing but `client.` in the condition",
    };
  }
  const { condition, parameters } = rule;
  if (name !== EXIT || (condition && scoreThreshold(condition.expression, parameters))) {
    return undefined;
  }
  return {
    message: `\`${name}\` does nothing: the condition is not one comparison of \`client.trust_score\` with a number`,
    suggestion: "remove it: the rule is left when its condition does not hold",
  };
}
