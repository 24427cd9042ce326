import type { Policy } from "../../core/policy.js";
import type { ValueMap } from "../../core/values.js";
import type { PolicyIssue } from "./policy-source.js";

export interface PolicyText {
  /** As the operator gave it; for messages. Empty for content without a file. */
  readonly name: string;
  readonly text: string;
}

export interface PolicyTexts {
  /** Absent: the defaults alone are the set. */
  readonly main?: PolicyText;
  readonly defaults?: PolicyText;
  /** Policy functions, one in a text. Absent: none. */
  readonly functions?: readonly PolicyText[];
}

/**
 * What is read is not loaded: for looking at policies that may be wrong. Total. In steps of a rule
 * each, so that whoever runs them decides when others have their turn.
 */
export interface PolicyReader {
  /** One effective set, as the engine makes it of these texts. */
  readTexts(texts: PolicyTexts): Generator<void, PolicyReading>;
  /** Policies in the words of files, as a list that has no text, with the functions they may call. */
  readDocuments(
    policies: readonly ValueMap[],
    functions?: readonly PolicyText[],
  ): Generator<void, PolicyReading>;
}

export interface PolicyReading {
  /** The policies of the effective set that have no error, disabled ones included. */
  readonly policies: readonly Policy[];
  readonly issues: readonly PolicyIssue[];
  /**
   * Where something stands, as exactly as can be said: `keys` lead from the rule (or the policy)
   * inwards, in canonical spelling, and where they lead nowhere the owner's place is the answer.
   */
  placeOf(subject: PolicySubject): Pick<PolicyIssue, "file" | "path" | "line" | "column">;
}

export interface PolicySubject {
  readonly policyId: string;
  readonly ruleIndex?: number;
  readonly keys: readonly string[];
}
