import type { z } from "zod";
import { PdpError } from "../../application/errors.js";
import type { FieldViolation } from "../../core/request.js";

const KIND: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  null: "null",
};

/**
 * What a schema makes of a part of a request.
 *
 * @param name - Of the part as a whole: `body`.
 * @throws {PdpError} REQUEST_INVALID, one violation for each field.
 */
export function readFields<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map((issue) => violationOf(issue, name));
  throw new PdpError({ reason: "REQUEST_INVALID", violations });
}

function violationOf(issue: z.core.$ZodIssue, name: string): FieldViolation {
  const field = issue.path.reduce<string>(
    (path, part) =>
      typeof part === "number"
        ? `${path}[${part}]`
        : path === ""
          ? String(part)
          : `${path}.${String(part)}`,
    "",
  );
  return { field: field === "" ? name : field, rule: ruleOf(issue) };
}

/** Reads on after the name of the field. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    const kind = KIND[issue.expected] ?? issue.expected;
    return issue.input === undefined ? `is missing: it is ${kind}` : `must be ${kind}`;
  }
  return issue.message;
}
