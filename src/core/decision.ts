import type { TrustState } from "./trust/trust-reading.js";
import type { Value, ValueMap } from "./values.js";

/** Why a request is denied. `not_trusted` and `invalid_request` come from use cases, not from rules. */
export type DenyKind = "explicit" | "default" | "error" | "not_trusted" | "invalid_request";

/** Names a rule in an answer. */
export interface RuleRef {
  readonly policyId: string;
  readonly ruleId: string;
  /** Position in the file, from 0. */
  readonly ruleIndex: number;
  /** The verb, lower case. */
  readonly action: string;
}

/** A rule that was reached and could not be evaluated. */
export interface RuleError {
  readonly rule: RuleRef;
  readonly message: string;
  readonly missingAttributes: readonly string[];
}

/** What an applied parameter- or record-class rule asks of the enforcement point. */
export interface Obligation {
  readonly rule: RuleRef;
  readonly action: string;
  readonly parameters: ValueMap;
  /** True for record-class verbs: may be ignored. */
  readonly advice: boolean;
}

/** How far the client of a connection was trusted when it was decided. */
export interface ClientStanding {
  readonly trustScore: number;
  readonly state: TrustState;
  /** What to multiply its aggregation weight by: 0 to 1. */
  readonly weightMultiplier: number;
  /** False: nothing was ever heard of it. */
  readonly known: boolean;
  /** True: rules answered by their own result, and not through the state. */
  readonly isLiteral: boolean;
}

/** The answer of the rules to one request. Immutable. */
export interface Decision {
  readonly allowed: boolean;
  /** Present exactly when `allowed` is false. */
  readonly denyKind?: DenyKind;
  /** One sentence for a person, never empty. */
  readonly reason: string;
  /** By priority descending, policy id (code units), position. Empty for a default. */
  readonly determiningRules: readonly RuleRef[];
  /** Every erring enabled rule that was reached, in the same order. */
  readonly erringRules: readonly RuleError[];
  /** One per applied parameter- or record-class rule that was reached, in the same order. */
  readonly obligations: readonly Obligation[];
  /** Merged parameters of the obligations that are not advice; absent when there is none. */
  readonly parameters?: ValueMap;
  /** Version of the policy set that decided. */
  readonly policyVersion: number;
  /** False when no enabled policy has the type that was asked for. */
  readonly policyTypeKnown: boolean;
}

/** What became of one rule. `not_reached`: an earlier rule of a first-applicable policy decided. */
export type TracedOutcome = "not_applicable" | "applied" | "error" | "not_reached";

/** One key of a rule's `match`, beside what the request has. */
export interface FieldTrace {
  readonly key: string;
  /** As in the policy. */
  readonly expected: Value;
  /** As in the request; absent when it has none. */
  readonly actual?: Value;
  readonly matched: boolean;
  /** Why, in words. */
  readonly why: string;
}

export interface ConditionTrace {
  readonly text: string;
  readonly outcome: "true" | "false" | "error";
  /** What each name of the condition resolved to; a missing name is left out. */
  readonly values: ValueMap;
  /** Present exactly when the outcome is error. */
  readonly error?: string;
}

export interface RuleTrace {
  readonly rule: RuleRef;
  readonly outcome: TracedOutcome;
  readonly fields: readonly FieldTrace[];
  /** Absent when the rule has no condition, or its target did not hold. */
  readonly condition?: ConditionTrace;
}

export interface PolicyTrace {
  readonly policyId: string;
  readonly policyType: string;
  readonly priority: number;
  /** Whether the policy said permit, deny or error. */
  readonly applicable: boolean;
  readonly rules: readonly RuleTrace[];
}

/** One attribute of a request that would have to differ. */
export interface AttributeChange {
  /** By its name in rules, dotted where nested. */
  readonly attribute: string;
  /** What the request has; absent when it has none. */
  readonly from?: Value;
  /** What it would have to have; absent when it would have to be left out. */
  readonly to?: Value;
}

/** The rule that the smallest change turns, beside what of it would have to come out differently. */
export interface NearestRule {
  readonly rule: RuleRef;
  /** True: it does not hold, and would have to. False: it holds or errs, and would have to not. */
  readonly mustApply: boolean;
  /** Its fields that would have to come out differently, as they came out. */
  readonly fields: readonly FieldTrace[];
  /** Its condition as it came out, where that would have to differ. */
  readonly condition?: ConditionTrace;
}

/** A changed request that was decided, and allowed. Never empty. */
export interface Counterfactual {
  readonly changes: readonly AttributeChange[];
}

/** What would have turned an answer, as far as it was searched. */
export interface Alternative {
  /** Absent when no change was found. */
  readonly nearest?: NearestRule;
  /** For a denial: the fewest changes found that are allowed; absent when none was found. */
  readonly smallestChange?: Counterfactual;
  /** How many changed requests were decided in the search. */
  readonly changesTried: number;
  /** Whether a bound ended the search before all that the rules know was tried. */
  readonly searchLimited: boolean;
}

/** Why a decision came out as it did, at most 200 rule traces: applied, erring, then nearest misses. */
export interface Explanation extends Partial<Alternative> {
  readonly policies: readonly PolicyTrace[];
}
