import type { PolicyIssue as CoreIssue } from "../application/ports/policy-source.js";
import type { ValueMap } from "../core/values.js";
import {
  CombiningAlgorithm,
  DefaultEffect,
  IssueSeverity,
  OnError,
  type Policy,
  type PolicyIssue,
  type Rule,
} from "../gen/flopynet/policy/v1/policy.js";
import { structToValues } from "./convert-struct.js";

const SEVERITY = {
  error: IssueSeverity.ISSUE_SEVERITY_ERROR,
  warning: IssueSeverity.ISSUE_SEVERITY_WARNING,
  info: IssueSeverity.ISSUE_SEVERITY_INFO,
} as const satisfies Record<CoreIssue["severity"], IssueSeverity>;

export function issueToProto(issue: CoreIssue): PolicyIssue {
  return {
    severity: SEVERITY[issue.severity],
    policyId: issue.policyId ?? "",
    ruleIndex: issue.ruleIndex,
    path: issue.path,
    line: issue.line ?? 0,
    column: issue.column ?? 0,
    message: issue.message,
    suggestion: issue.suggestion ?? "",
    file: issue.file,
    check: issue.check ?? "",
  };
}

/**
 * A policy in the words of files. Empty texts and unspecified enum values are "not given"; an enum
 * value that nobody knows stays there as a word that the reader refuses. Output-only fields are left
 * out.
 */
export function policyDocumentFromProto(policy: Policy): ValueMap {
  return given({
    id: policy.id,
    name: policy.name,
    type: policy.type,
    description: policy.description,
    priority: policy.priority,
    enabled: policy.enabled,
    combining: wordOf(CombiningAlgorithm[policy.combining], policy.combining),
    default_effect: wordOf(DefaultEffect[policy.defaultEffect], policy.defaultEffect),
    on_error: wordOf(OnError[policy.onError], policy.onError),
    rules: policy.rules.map(ruleDocument),
  });
}

function ruleDocument(rule: Rule): ValueMap {
  return given({
    id: rule.id,
    action: rule.action,
    description: rule.description,
    match: rule.match && structToValues(rule.match),
    condition: rule.condition,
    parameters: rule.parameters && structToValues(rule.parameters),
    severity: rule.severity,
    enabled: rule.enabled,
  });
}

/** `COMBINING_ALGORITHM_DENY_OVERRIDES` is `DENY_OVERRIDES`; unspecified is not given. */
function wordOf(name: string | undefined, value: number): string {
  if (value === 0) return "";
  return name?.replace(/^(?:COMBINING_ALGORITHM|DEFAULT_EFFECT|ON_ERROR)_/, "") ?? String(value);
}

function given(fields: Readonly<Record<string, ValueMap[string] | undefined>>): ValueMap {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (field): field is [string, ValueMap[string]] => field[1] !== undefined && field[1] !== "",
    ),
  );
}
