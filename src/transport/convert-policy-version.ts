import {
  asciiLowerCase,
  COMBINING_WORDS,
  DEFAULT_EFFECT_WORDS,
  ON_ERROR_WORDS,
  readWord,
} from "../application/policy-words.js";
import type { PolicyDifference } from "../application/diff-policies.js";
import type {
  PolicyChangeSource,
  PolicyVersionContent,
  PolicyVersionRecord,
} from "../application/ports/policy-history.js";
import type { Value, ValueMap } from "../core/values.js";
import { type Policy, PolicySource, type Rule } from "../gen/flopynet/policy/v1/policy.js";
import {
  type PolicyChange,
  PolicyChangeKind,
  type PolicyVersion,
  PolicyVersionSource,
} from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { matchAndCondition, wordsToProto } from "./convert-policy.js";
import { structFromValues } from "./convert-struct.js";

const SOURCE = {
  file: PolicyVersionSource.POLICY_VERSION_SOURCE_FILE,
  api: PolicyVersionSource.POLICY_VERSION_SOURCE_API,
  rollback: PolicyVersionSource.POLICY_VERSION_SOURCE_ROLLBACK,
} as const satisfies Record<PolicyChangeSource, PolicyVersionSource>;

export function versionToProto(record: PolicyVersionRecord): PolicyVersion {
  const { policyVersion, createTimeMs, actor, reason, source } = record;
  return {
    policyVersion: String(policyVersion),
    createTime: new Date(createTimeMs),
    ...{ actor, reason },
    source: SOURCE[source],
    policies: [],
  };
}

export function versionContentToProto(content: PolicyVersionContent): PolicyVersion {
  const policies = content.documents.map((document) =>
    documentToProto(document, content.policyVersion),
  );
  return { ...versionToProto(content), policies };
}

export function differenceToProto(
  { policyId, before, after, fields }: PolicyDifference,
  versions: { readonly from: number; readonly to: number },
): PolicyChange {
  const kind = before
    ? after
      ? PolicyChangeKind.POLICY_CHANGE_KIND_CHANGED
      : PolicyChangeKind.POLICY_CHANGE_KIND_REMOVED
    : PolicyChangeKind.POLICY_CHANGE_KIND_ADDED;
  return {
    ...{ policyId, kind },
    ...(before && { before: documentToProto(before, versions.from) }),
    ...(after && { after: documentToProto(after, versions.to) }),
    fields: [...fields],
  };
}

/**
 * A policy of the past, from its document alone: it was valid once, and need not compile today. What
 * belongs to the active set, such as its etag, is empty.
 */
export function documentToProto(document: ValueMap, policyVersion: number): Policy {
  const rules = Array.isArray(document["rules"]) ? (document["rules"] as ValueMap[]) : [];
  return {
    id: textOf(document, "id"),
    name: textOf(document, "name"),
    type: textOf(document, "type"),
    description: textOf(document, "description"),
    priority: numberOf(document["priority"]),
    enabled: document["enabled"] !== false,
    ...wordsToProto({
      combining: readWord(COMBINING_WORDS, textOf(document, "combining")),
      defaultEffect: readWord(DEFAULT_EFFECT_WORDS, textOf(document, "default_effect")),
      onError: readWord(ON_ERROR_WORDS, textOf(document, "on_error")),
    }),
    rules: rules.map(ruleToProto),
    etag: "",
    policyVersion: String(policyVersion),
    source: PolicySource.POLICY_SOURCE_UNSPECIFIED,
  };
}

function ruleToProto(rule: ValueMap, index: number): Rule {
  const { match, condition } = matchAndCondition(rule);
  const parameters = rule["parameters"];
  const hasParameters = isMap(parameters) && Object.keys(parameters).length > 0;
  return {
    id: textOf(rule, "id") || textOf(rule, "rule_id") || String(index),
    action: asciiLowerCase(textOf(rule, "action")),
    description: textOf(rule, "description"),
    ...(match && { match: structFromValues(match) }),
    condition,
    ...(hasParameters && { parameters: structFromValues(parameters) }),
    severity: textOf(rule, "severity"),
    enabled: rule["enabled"] !== false,
  };
}

function textOf(map: ValueMap, key: string): string {
  const value = map[key];
  return typeof value === "string" ? value : "";
}

function numberOf(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}

function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
