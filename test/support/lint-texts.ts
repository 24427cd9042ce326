import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createPolicyReader } from "../../src/adapters/policy-files/policy-reader.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import {
  createPolicyValidation,
  type PolicyValidation,
  type PolicyValidationDeps,
} from "../../src/application/validate-policies.js";
import { FLOPYNET_CLIENTS } from "../../src/core/lint/known-clients.js";
import { withRules } from "./policy-texts.js";

/** The real reader and FLOPY-NET's clients. */
export function policyValidation(deps: Partial<PolicyValidationDeps> = {}): PolicyValidation {
  return createPolicyValidation({
    reader: createPolicyReader({ conditionCompiler: createConditionCompiler() }),
    clients: FLOPYNET_CLIENTS,
    clock: createSystemClock(),
    ...deps,
  });
}

/** What is said of the text of one file. */
export function issuesIn(text: string): Promise<readonly PolicyIssue[]> {
  return policyValidation().validateTexts({ main: { name: "policies.json", text } });
}

/** A file of `network_security` with these rules. */
export const net = (rules: string): string => withRules(rules, "network_security");
/** A file of `fl_client_training` with these rules. */
export const training = (rules: string): string => withRules(rules, "fl_client_training");
/** A file with one rule that denies on this condition. */
export const deny = (condition: string, more = ""): string =>
  withRules(`{"action": "deny", "condition": ${JSON.stringify(condition)}${more}}`);
/** A file of these policies. */
export const policies = (...all: string[]): string => `{"policies": {${all.join(", ")}}}`;
/** A policy of one rule, for `policies`. */
export const policy = (
  id: string,
  priority: number,
  rule: string,
  type = "network_security",
): string => `"${id}": {"type": "${type}", "priority": ${priority}, "rules": [${rule}]}`;
