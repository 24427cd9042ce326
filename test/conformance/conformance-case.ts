import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

/** What is asked: a connection, or a situation of a policy type. */
const when = z.union([
  z.strictObject({
    connection: z.strictObject({
      client_id: z.string().optional(),
      src_type: z.string().optional(),
      dst_type: z.string().optional(),
      src_ip: z.string().optional(),
      dst_ip: z.string().optional(),
      src_port: z.number().optional(),
      dst_port: z.number().optional(),
      protocol: z.string().optional(),
      context: z.record(z.string(), z.json()).optional(),
    }),
  }),
  z.strictObject({ policy_type: z.string(), context: z.record(z.string(), z.json()) }),
]);

const parameters = z.record(z.string(), z.json());

/** What is answered. What is not written is not there: `by` none, `erring` none, no parameters. */
const answer = z.strictObject({
  allowed: z.boolean(),
  deny_kind: z.enum(["EXPLICIT", "DEFAULT", "ERROR"]).optional(),
  /** Determining rules as `policy/rule`, in order. */
  by: z.array(z.string()).default([]),
  erring: z.array(z.strictObject({ rule: z.string(), missing: z.array(z.string()) })).default([]),
  parameters: parameters.optional(),
  obligations: z
    .array(
      z.strictObject({
        rule: z.string(),
        action: z.string(),
        parameters: parameters.default({}),
        advice: z.boolean().default(false),
      }),
    )
    .default([]),
});

/** Not answered: the fields that are refused, in order. */
const refusal = z.strictObject({ refused: z.array(z.string()).min(1) });

const file = z.strictObject({
  description: z.string(),
  given: z.strictObject({
    settings: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
    /** Policies as in a file; or the name of a folder under test/fixtures with both files. */
    policies: z.array(z.record(z.string(), z.json())).optional(),
    fixture: z.string().optional(),
  }),
  /** Compare only `allowed` and `parameters`: for answers that were recorded elsewhere. */
  partial: z.boolean().default(false),
  cases: z
    .array(z.strictObject({ name: z.string(), when, then: z.union([refusal, answer]) }))
    .min(1),
});

export type CaseFile = z.infer<typeof file> & { readonly path: string };
export type When = z.infer<typeof when>;
export type Then = z.infer<typeof answer> | z.infer<typeof refusal>;

const FOLDER = fileURLToPath(new URL("cases", import.meta.url));

/** Every case file, in the order of their paths. A file that does not keep the schema is an error. */
export function readCaseFiles(folder = FOLDER): CaseFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => path.endsWith(".yaml"))
    .sort()
    .map((path) => {
      const parsed = file.safeParse(parse(readFileSync(join(folder, path), "utf8")));
      if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
      return { ...parsed.data, path };
    });
}

/** The main file and the defaults that a case is given, as texts. */
export function policyTexts({ given }: CaseFile): { main: string; defaults?: string } {
  if (given.fixture === undefined) return { main: JSON.stringify({ policies: given.policies }) };
  const fixture = (name: string) =>
    readFileSync(new URL(`../fixtures/${given.fixture ?? ""}/${name}`, import.meta.url), "utf8");
  return { main: fixture("policies.json"), defaults: fixture("default_policies.json") };
}
