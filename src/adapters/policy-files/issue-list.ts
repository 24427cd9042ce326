import type { PolicyIssue } from "../../application/ports/policy-source.js";
import { createPlaceFinder, extendPath } from "./json-tree.js";
import { INVALID, type LoadCheck } from "./load-checks.js";

/** What an issue is about, within one file. */
export interface IssueSubject {
  readonly path: string;
  readonly policyId?: string;
  readonly ruleIndex?: number;
}

/** The member `key` of a subject. */
export function within(subject: IssueSubject, key: string): IssueSubject {
  return { ...subject, path: extendPath(subject.path, key) };
}

/** Collects what is wrong with one file. Offsets are UTF-16, from 0. */
export interface IssueList {
  readonly issues: readonly PolicyIssue[];
  /** The file, and line and column of an offset where there is a text to count in. */
  placeOf(offset: number): Pick<PolicyIssue, "file" | "line" | "column">;
  /** What refuses the set. */
  error(subject: IssueSubject, offset: number, message: string, suggestion?: string): void;
  /** What is legal and probably not meant. */
  warn(
    check: LoadCheck,
    subject: IssueSubject,
    offset: number,
    message: string,
    suggestion?: string,
  ): void;
}

/** @param text - Undefined: the policies came as values, and have no lines. */
export function createIssueList(file: string, text: string | undefined): IssueList {
  const issues: PolicyIssue[] = [];
  const lineAndColumn = text === undefined ? undefined : createPlaceFinder(text);
  const placeOf: IssueList["placeOf"] = (offset) => ({ file, ...lineAndColumn?.(offset) });
  function add(
    kind: Pick<PolicyIssue, "severity" | "check">,
    { path, policyId, ruleIndex }: IssueSubject,
    offset: number,
    message: string,
    suggestion?: string,
  ): void {
    issues.push({
      ...kind,
      ...placeOf(offset),
      path,
      ...(policyId === undefined ? {} : { policyId }),
      ...(ruleIndex === undefined ? {} : { ruleIndex }),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  return {
    issues,
    placeOf,
    error: (...what) => add({ severity: "error", check: INVALID.id }, ...what),
    warn: (check, ...what) => add({ severity: "warning", check }, ...what),
  };
}
