import type { CheckAnswer } from "../../application/check.js";
import type {
  AttributeChange,
  ConditionTrace,
  DenyKind,
  Explanation,
  FieldTrace,
  NearestRule,
  RuleRef,
  TracedOutcome,
} from "../../core/decision.js";
import type { Value, ValueMap } from "../../core/values.js";

/** google.protobuf.Value and Struct as a dynamic client has them. */
export interface WireValue {
  readonly kind?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly listValue?: { readonly values?: readonly WireValue[] };
  readonly structValue?: WireStruct;
  readonly nullValue?: unknown;
}
export interface WireStruct {
  readonly fields?: Readonly<Record<string, WireValue>>;
}

interface WireRule {
  readonly policyId: string;
  readonly ruleId: string;
  readonly ruleIndex?: number;
  readonly action: string;
}

/** CheckConnectionResponse, and CheckPolicyResponse, as a dynamic client has them. */
export interface WireAnswer {
  readonly allowed: boolean;
  readonly denyKind: string;
  readonly reason: string;
  readonly determiningRules: readonly WireRule[];
  readonly erroringRules: readonly {
    readonly rule: WireRule;
    readonly message: string;
    readonly missingAttributes: readonly string[];
  }[];
  readonly obligations: readonly {
    readonly rule: WireRule;
    readonly action: string;
    readonly parameters: WireStruct | null;
    readonly advice: boolean;
  }[];
  readonly parameters: WireStruct | null;
  readonly decisionId: string;
  readonly policyVersion: number;
  readonly requestId: string;
  readonly explanation: {
    readonly policies: readonly {
      readonly policyId: string;
      readonly policyType: string;
      readonly priority: number;
      readonly applicable: boolean;
      readonly rules: readonly WireTrace[];
    }[];
    readonly nearest: WireNearest | null;
    readonly smallestChange: { readonly changes: readonly WireChange[] } | null;
    readonly changesTried: number;
    readonly searchLimited: boolean;
  } | null;
}

interface WireTrace {
  readonly rule: WireRule;
  readonly outcome: string;
  readonly fields: readonly WireField[];
  readonly condition: WireCondition | null;
}

interface WireNearest {
  readonly rule: WireRule;
  readonly mustApply: boolean;
  readonly fields: readonly WireField[];
  readonly condition: WireCondition | null;
}

interface WireField {
  readonly key: string;
  readonly expected: WireValue | null;
  readonly actual: WireValue | null;
  readonly matched: boolean;
  readonly why: string;
}

interface WireCondition {
  readonly text: string;
  readonly outcome: string;
  readonly values: WireStruct | null;
  readonly error: string;
}

interface WireChange {
  readonly attribute: string;
  readonly from: WireValue | null;
  readonly to: WireValue | null;
}

/** The answer as the engine itself has it. */
export function answerFromWire(wire: WireAnswer): CheckAnswer {
  const kind = wordOf(wire.denyKind, "DENY_KIND_");
  return {
    requestId: wire.requestId,
    decisionId: wire.decisionId,
    decision: {
      allowed: wire.allowed,
      ...(!wire.allowed && { denyKind: kind as DenyKind }),
      reason: wire.reason,
      determiningRules: wire.determiningRules.map(ruleOf),
      erringRules: wire.erroringRules.map(({ rule, message, missingAttributes }) => ({
        rule: ruleOf(rule),
        message,
        missingAttributes,
      })),
      obligations: wire.obligations.map(({ rule, action, parameters, advice }) => ({
        rule: ruleOf(rule),
        action,
        parameters: mapOf(parameters),
        advice,
      })),
      ...(wire.parameters && { parameters: mapOf(wire.parameters) }),
      policyVersion: wire.policyVersion,
      // The wire does not say; the reason does, in words.
      policyTypeKnown: true,
    },
    ...(wire.explanation && { explanation: explanationOf(wire.explanation) }),
  };
}

/** Free-form data for a message. Null means absent everywhere, and stays what it is here. */
export function structOf(map: ValueMap): WireStruct {
  const fields = Object.entries(map).map(([key, value]) => [key, wireValueOf(value)] as const);
  return { fields: Object.fromEntries(fields) };
}

function wireValueOf(value: Value): WireValue {
  if (value === null) return { nullValue: "NULL_VALUE" };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (isList(value)) return { listValue: { values: value.map(wireValueOf) } };
  return { structValue: structOf(value) };
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The values of a Struct; none where it is absent. */
export function mapOf(struct: WireStruct | null | undefined): ValueMap {
  const fields = Object.entries(struct?.fields ?? {});
  return Object.fromEntries(fields.map(([key, value]) => [key, valueOf(value)]));
}

function valueOf(wire: WireValue): Value {
  switch (wire.kind) {
    case "stringValue":
      return wire.stringValue ?? "";
    case "numberValue":
      return wire.numberValue ?? 0;
    case "boolValue":
      return wire.boolValue ?? false;
    case "listValue":
      return (wire.listValue?.values ?? []).map(valueOf);
    case "structValue":
      return mapOf(wire.structValue);
    default:
      return null;
  }
}

function ruleOf({ policyId, ruleId, ruleIndex = 0, action }: WireRule): RuleRef {
  return { policyId, ruleId, ruleIndex, action };
}

function explanationOf(wire: NonNullable<WireAnswer["explanation"]>): Explanation {
  const { policies, nearest, smallestChange, changesTried, searchLimited } = wire;
  return {
    policies: policies.map(({ rules, ...policy }) => ({
      ...policy,
      rules: rules.map(({ rule, outcome, fields, condition }) => ({
        rule: ruleOf(rule),
        outcome: wordOf(outcome, "RULE_OUTCOME_") as TracedOutcome,
        fields: fields.map(fieldOf),
        ...(condition && { condition: conditionOf(condition) }),
      })),
    })),
    ...(nearest && { nearest: nearestOf(nearest) }),
    ...(smallestChange && { smallestChange: { changes: smallestChange.changes.map(changeOf) } }),
    changesTried,
    searchLimited,
  };
}

function nearestOf({ rule, mustApply, fields, condition }: WireNearest): NearestRule {
  return {
    rule: ruleOf(rule),
    mustApply,
    fields: fields.map(fieldOf),
    ...(condition && { condition: conditionOf(condition) }),
  };
}

function fieldOf({ key, expected, actual, matched, why }: WireField): FieldTrace {
  return {
    key,
    expected: valueOf(expected ?? {}),
    ...(actual && { actual: valueOf(actual) }),
    matched,
    why,
  };
}

function conditionOf({ text, outcome, values, error }: WireCondition): ConditionTrace {
  return {
    text,
    outcome: wordOf(outcome, "CONDITION_OUTCOME_") as ConditionTrace["outcome"],
    values: mapOf(values),
    ...(error !== "" && { error }),
  };
}

function changeOf({ attribute, from, to }: WireChange): AttributeChange {
  return { attribute, ...(from && { from: valueOf(from) }), ...(to && { to: valueOf(to) }) };
}

/** `DENY_KIND_EXPLICIT` -> `explicit`. */
function wordOf(name: string, prefix: string): string {
  return name.slice(prefix.length).toLowerCase();
}
