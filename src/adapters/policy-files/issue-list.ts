import type { PolicyIssue } from "../../application/ports/policy-source.js";
import { createPlaceFinder, extendPath } from "./json-tree.js";

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
  add(
    severity: PolicyIssue["severity"],
    subject: IssueSubject,
    offset: number,
    message: string,
    suggestion?: string,
  ): void;
  error(subject: IssueSubject, offset: number, message: string, suggestion?: string): void;
  warn(subject: IssueSubject, offset: number, message: string, suggestion?: string): void;
}

export function createIssueList(file: string, text: string): IssueList {
  const issues: PolicyIssue[] = [];
  const placeOf = createPlaceFinder(text);
  const add: IssueList["add"] = (severity, subject, offset, message, suggestion) => {
    const { path, policyId, ruleIndex } = subject;
    issues.push({
      severity,
      file,
      path,
      ...placeOf(offset),
      ...(policyId === undefined ? {} : { policyId }),
      ...(ruleIndex === undefined ? {} : { ruleIndex }),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  };
  return {
    issues,
    add,
    error: (...what) => add("error", ...what),
    warn: (...what) => add("warning", ...what),
  };
}
