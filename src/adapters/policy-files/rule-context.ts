import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type { IssueList, IssueSubject } from "./issue-list.js";

/** What the parts of a rule need to be translated, and to say what is wrong. */
export interface RuleContext {
  readonly policyType: string;
  readonly index: number;
  readonly subject: IssueSubject;
  readonly conditionCompiler: ConditionCompiler;
  readonly issues: IssueList;
}
