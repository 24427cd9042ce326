import { isList, type Value, type ValueMap } from "../core/values.js";
import type { PolicyIssue } from "./ports/policy-source.js";

const CODE_KEYS: readonly string[] = ["function_code", "function_id"];

/** What no file can hold, or may hold and nobody may write: numbers that are none, and code. */
export function contentIssues(document: ValueMap): readonly PolicyIssue[] {
  const code = CODE_KEYS.filter((key) => Object.hasOwn(document, key) && document[key] !== null);
  return [
    ...code.map((key) =>
      issue(`policy.${key}`, "is code, which is never executed", "write it as rules"),
    ),
    ...notFinite(document, "policy").map((path) =>
      issue(path, "this number is not finite", "write a finite number"),
    ),
  ];
}

function issue(path: string, message: string, suggestion: string): PolicyIssue {
  return { severity: "error", file: "", path, message, suggestion };
}

function notFinite(value: Value, path: string): readonly string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (value === null || typeof value !== "object") return [];
  if (isList(value)) {
    return value.flatMap((element, index) => notFinite(element, `${path}[${index}]`));
  }
  return Object.entries(value).flatMap(([key, member]) => notFinite(member, `${path}.${key}`));
}
