import type { CatalogPolicy } from "../application/policy-catalog.js";
import type {
  CombiningAlgorithm as CoreCombiningAlgorithm,
  OnError as CoreOnError,
  Rule as CoreRule,
} from "../core/policy.js";
import type { Value, ValueMap } from "../core/values.js";
import type { Effect } from "../core/verbs.js";
import {
  CombiningAlgorithm,
  DefaultEffect,
  OnError,
  type Policy,
  PolicySource,
  type Rule,
} from "../gen/flopynet/policy/v1/policy.js";
import { structFromValues } from "./convert-struct.js";

const COMBINING = {
  "first-applicable": CombiningAlgorithm.COMBINING_ALGORITHM_FIRST_APPLICABLE,
  "deny-overrides": CombiningAlgorithm.COMBINING_ALGORITHM_DENY_OVERRIDES,
  "permit-overrides": CombiningAlgorithm.COMBINING_ALGORITHM_PERMIT_OVERRIDES,
} as const satisfies Record<CoreCombiningAlgorithm, CombiningAlgorithm>;

const DEFAULT_EFFECT = {
  permit: DefaultEffect.DEFAULT_EFFECT_PERMIT,
  deny: DefaultEffect.DEFAULT_EFFECT_DENY,
} as const satisfies Record<Effect, DefaultEffect>;

const ON_ERROR = {
  deny: OnError.ON_ERROR_DENY,
  skip: OnError.ON_ERROR_SKIP,
} as const satisfies Record<CoreOnError, OnError>;

const SOURCE = {
  file: PolicySource.POLICY_SOURCE_FILE,
  default_file: PolicySource.POLICY_SOURCE_DEFAULT_FILE,
  api: PolicySource.POLICY_SOURCE_API,
} as const satisfies Record<CatalogPolicy["source"], PolicySource>;

/** A policy with the words its author wrote. What the policy says nothing about is unspecified. */
export function policyToProto(stored: CatalogPolicy): Policy {
  const { policy, document } = stored;
  const written = Array.isArray(document["rules"]) ? (document["rules"] as readonly Value[]) : [];
  return {
    id: policy.id,
    name: policy.name,
    type: policy.type,
    description: policy.description,
    priority: policy.priority,
    enabled: policy.enabled,
    ...wordsToProto(policy),
    rules: policy.rules.map((rule) => ruleToProto(rule, mapOf(written[rule.index]))),
    etag: stored.etag,
    policyVersion: String(stored.policyVersion),
    ...(stored.createTimeMs !== undefined && { createTime: new Date(stored.createTimeMs) }),
    updateTime: new Date(stored.updateTimeMs),
    source: SOURCE[stored.source],
  };
}

/** How a policy combines, in the words of the wire; unspecified where it says nothing. */
export function wordsToProto({
  combining,
  defaultEffect,
  onError,
}: {
  readonly combining?: CoreCombiningAlgorithm | undefined;
  readonly defaultEffect?: Effect | undefined;
  readonly onError?: CoreOnError | undefined;
}): Pick<Policy, "combining" | "defaultEffect" | "onError"> {
  return {
    combining: combining
      ? COMBINING[combining]
      : CombiningAlgorithm.COMBINING_ALGORITHM_UNSPECIFIED,
    defaultEffect: defaultEffect
      ? DEFAULT_EFFECT[defaultEffect]
      : DefaultEffect.DEFAULT_EFFECT_UNSPECIFIED,
    onError: onError ? ON_ERROR[onError] : OnError.ON_ERROR_UNSPECIFIED,
  };
}

function ruleToProto(rule: CoreRule, written: ValueMap): Rule {
  const { match, condition } = matchAndCondition(written);
  return {
    id: rule.id,
    action: rule.action,
    description: rule.description,
    ...(match && { match: structFromValues(match) }),
    condition,
    ...(Object.keys(rule.parameters).length > 0 && {
      parameters: structFromValues(rule.parameters),
    }),
    severity: rule.severity ?? "",
    enabled: rule.enabled,
  };
}

// A condition may stand under `match` or beside it. With both, each stays where it is.
export function matchAndCondition(written: ValueMap): { match?: ValueMap; condition: string } {
  const match = mapOf(written["match"]);
  const beside = written["condition"];
  if (typeof beside === "string") return { ...orAbsent(match), condition: beside };
  const { condition, ...fields } = match;
  return { ...orAbsent(fields), condition: typeof condition === "string" ? condition : "" };
}

function orAbsent(match: ValueMap): { match?: ValueMap } {
  return Object.keys(match).length > 0 ? { match } : {};
}

function mapOf(value: Value | undefined): ValueMap {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? (value as ValueMap) : {};
}
