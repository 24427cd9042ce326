import { z } from "zod";
import { CONNECTION_FIELDS } from "../../core/connection-violations.js";
import { nearest } from "../../core/nearest.js";

/** Refuses unknown keys, and says which was probably meant. */
function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      const names = Object.keys(shape);
      const [first = ""] = issue.keys;
      const near = nearest(first, names);
      const cure = near === undefined ? `known are ${names.join(", ")}` : `write \`${near}\``;
      return `unknown key \`${first}\` (${cure})`;
    },
  });
}

const values = z.record(z.string(), z.json());
const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())], {
  error: "must be a text or a list of texts",
});
const rules = z.array(
  z.string().regex(/^[^/]+\/./s, "must be `policy/rule`, such as `net/allow-web`"),
);
const instant = z.iso.datetime({
  offset: true,
  error: "must be a time such as 2026-01-05T02:30:00Z",
});

const connection = strict({
  client_id: z.string().optional(),
  src_type: z.string().optional(),
  dst_type: z.string().optional(),
  src_ip: z.string().optional(),
  dst_ip: z.string().optional(),
  src_port: z.number().optional(),
  dst_port: z.number().optional(),
  protocol: z.string().optional(),
  context: values.optional(),
});

const when = strict({
  connection: connection.optional(),
  policy_type: z.string().optional(),
  context: values.optional(),
}).superRefine((value, context) => {
  if ((value.connection === undefined) === (value.policy_type === undefined)) {
    context.addIssue("give either `connection`, or `policy_type` with its `context`");
  } else if (value.connection && value.context) {
    context.addIssue("the `context` of a connection belongs inside `connection`");
  }
});

const then = strict({
  allowed: z.boolean().optional(),
  deny_kind: z.enum(["EXPLICIT", "DEFAULT", "ERROR", "NOT_TRUSTED"]).optional(),
  by: rules.optional(),
  erring: rules.optional(),
  obligations: rules.optional(),
  parameters: values.optional(),
  reason: texts.optional(),
  explanation: texts.optional(),
  refused: z.array(z.string()).min(1).optional(),
}).superRefine((value, context) => {
  const { refused, ...answer } = value;
  if (refused === undefined && value.allowed === undefined) {
    context.addIssue("must say `allowed`, or which fields are `refused`");
  } else if (refused !== undefined && Object.keys(answer).length > 0) {
    context.addIssue("`refused` stands alone: a refused request has no answer");
  } else if (value.allowed === true && value.deny_kind !== undefined) {
    context.addIssue("`deny_kind` belongs to `allowed: false`");
  }
});

const name = z.string().min(1);

const testCase = strict({ name, at: instant.optional(), when, then });

const oneEntry = "must have exactly one key, the attribute";
const cell = z.enum(["allow", "deny"], { error: "must be allow or deny" });
const columns = z
  .record(z.string(), z.array(z.json()).min(1))
  .refine((map) => Object.keys(map).length === 1, oneEntry);
const rows = z
  .record(z.string(), z.record(z.string(), z.array(cell)))
  .refine((map) => Object.keys(map).length === 1, oneEntry);

/** The field that is nearly called so. Any other attribute is one of the caller's own. */
function misspeltField(attribute: string): string | undefined {
  return CONNECTION_FIELDS.has(attribute) ? undefined : nearest(attribute, CONNECTION_FIELDS, 1);
}

const matrix = strict({ name, at: instant.optional(), when, columns, rows }).superRefine(
  (value, context) => {
    for (const part of ["columns", "rows"] as const) {
      for (const attribute of Object.keys(value[part])) {
        const meant = value.when.connection && misspeltField(attribute);
        if (meant === undefined) continue;
        const message = `\`${attribute}\` is no field of a connection: write \`${meant}\``;
        context.addIssue({ code: "custom", path: [part], message });
      }
    }
    const width = Object.values(value.columns)[0]?.length ?? 0;
    for (const [attribute, lines] of Object.entries(value.rows)) {
      for (const [row, cells] of Object.entries(lines)) {
        if (cells.length === width) continue;
        const message = `must have ${width} cells, one for each column, got ${cells.length}`;
        context.addIssue({ code: "custom", path: ["rows", attribute, row], message });
      }
    }
  },
);

/** THE form of a file of policy tests. */
export const testFile = strict({
  description: z.string().optional(),
  at: instant.optional(),
  cases: z.array(testCase).default([]),
  matrices: z.array(matrix).default([]),
}).refine(({ cases, matrices }) => cases.length + matrices.length > 0, {
  error: "has no case: write `cases` or `matrices`",
});

export type TestFile = z.infer<typeof testFile>;
export type When = z.infer<typeof when>;
export type Then = z.infer<typeof then>;
export type Matrix = z.infer<typeof matrix>;
