import type { Condition } from "./condition.js";
import type { Target } from "./target.js";
import type { ValueMap } from "./values.js";
import type { Effect, VerbClass } from "./verbs.js";

/** How several outcomes become one (design: XACML 3.0, appendix C, without `indeterminate` sides). */
export type CombiningAlgorithm = "first-applicable" | "deny-overrides" | "permit-overrides";

/** What an erring deny rule does: `deny` makes it the outcome error, `skip` leaves it out (reported). */
export type OnError = "deny" | "skip";

/** One rule, compiled: everything text has been parsed. Immutable. */
export interface Rule {
  /** Unique in its policy; its position as decimal text where the author gave none. */
  readonly id: string;
  /** Position in the file, from 0. */
  readonly index: number;
  /** The verb, lower case. */
  readonly action: string;
  readonly verbClass: VerbClass;
  readonly description: string;
  readonly enabled: boolean;
  readonly target: Target;
  readonly condition?: Condition;
  readonly parameters: ValueMap;
  /** low, medium, high or critical; absent when the author gave none. */
  readonly severity?: Severity;
  /**
   * Set when the rule can never be evaluated, with the reason (a policy with executable code): it
   * errs on every request.
   */
  readonly unevaluable?: string;
  /** Whether it is about a client's trust (verb, or a condition that reads `client.*`). */
  readonly isTrustRule: boolean;
}

export type Severity = "low" | "medium" | "high" | "critical";

/** One policy, compiled. Immutable. */
export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** int32; higher is earlier. */
  readonly priority: number;
  readonly enabled: boolean;
  /** These three are absent where the policy says nothing: the row of its type answers. */
  readonly combining?: CombiningAlgorithm;
  readonly defaultEffect?: Effect;
  readonly onError?: OnError;
  /** In file order. */
  readonly rules: readonly Rule[];
}
