import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { expandShorthands } from "./expand-shorthands.js";

const map = z.record(z.string(), z.json());
const setting = z.union([z.string(), z.number()]).transform(String);

/** What the engine has: its settings, and the policies of its files. */
const given = z.strictObject({
  settings: z.record(z.string(), setting).default({}),
  /** The policies of the main file. */
  policies: z.array(map).optional(),
  /** The policies of `default_policies.json`. */
  defaults: z.array(map).optional(),
  /** The ids that the main file removes from the defaults. */
  deleted: z.array(z.string()).optional(),
  /** One rule: `policies` is then one policy `p` of type `fl_security` with this rule. */
  rule: map.optional(),
  /** The main file as text, where its JSON matters. */
  document: z.string().optional(),
  /** The name of a folder under test/fixtures with both files. */
  fixture: z.string().optional(),
  /** The policy functions, each as in its file. */
  functions: z.array(map).default([]),
});

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
      context: map.optional(),
    }),
  }),
  z.strictObject({ policy_type: z.string(), context: map }),
]);

/** One rule of an explanation; what is not written may be anything. */
const trace = z.strictObject({
  rule: z.string(),
  outcome: z.enum(["NOT_APPLICABLE", "APPLIED", "ERROR", "NOT_REACHED"]).optional(),
  /** Each key of `match`: `got` is absent where the request has no such attribute. */
  fields: z
    .array(
      z.strictObject({
        key: z.string(),
        expected: z.json(),
        got: z.json().optional(),
        matched: z.boolean(),
      }),
    )
    .optional(),
  /** None: the condition was not asked, or there is none. */
  condition: z
    .strictObject({ outcome: z.enum(["TRUE", "FALSE", "ERROR"]), values: map })
    .or(z.literal("none"))
    .optional(),
});

/** What is answered. What is not written is not there: `by` none, `erring` none, no parameters. */
const answer = z.strictObject({
  allowed: z.boolean(),
  deny_kind: z.enum(["EXPLICIT", "DEFAULT", "ERROR"]).optional(),
  /** Determining rules as `policy/rule`, in order. */
  by: z.array(z.string()).default([]),
  erring: z.array(z.strictObject({ rule: z.string(), missing: z.array(z.string()) })).default([]),
  parameters: map.optional(),
  obligations: z
    .array(
      z.strictObject({
        rule: z.string(),
        action: z.string(),
        parameters: map.default({}),
        advice: z.boolean().default(false),
      }),
    )
    .default([]),
  /** Texts that the reason has to contain. */
  reason_says: z.array(z.string()).default([]),
  /** The verbs and positions of the determining rules, in their order. */
  determining: z.array(z.strictObject({ action: z.string(), index: z.number() })).optional(),
  /** Asks for an explanation, in which these rules have to be found. */
  explained: z.array(trace).optional(),
});

/** Not answered: the fields that are refused, in order. */
const refusal = z.strictObject({ refused: z.array(z.string()).min(1) });

/** A place in a file, and a text that the message or its suggestion has to contain. */
const issue = z.strictObject({ path: z.string(), says: z.string().default("") });

/** What becomes of the files when they are loaded. */
const outcome = z.union([
  /** Every error, in any order. The set is refused whole. */
  z.strictObject({ refused: z.array(issue).min(1) }),
  /** The set is loaded, and these are among the warnings. */
  z.strictObject({ warned: z.array(issue).min(1) }),
  /** The set is loaded. */
  z.literal("loaded"),
]);

const description = z.string().min(1);
const name = z.string().min(1);

/** Questions to one engine. */
const questions = z.strictObject({
  description,
  given,
  /** Compare only `allowed` and `parameters`: for answers that were recorded elsewhere. */
  partial: z.boolean().default(false),
  cases: z.array(z.strictObject({ name, when, then: z.union([refusal, answer]) })).min(1),
});

/** Files, and what becomes of them. */
const loads = z.strictObject({
  description,
  loads: z.array(z.strictObject({ name, given, then: outcome })).min(1),
});

/** What the files of the corpus are made of. */
export const caseFile = z.union([questions, loads]);

export type Given = z.infer<typeof given>;
export type QuestionFile = z.infer<typeof questions> & { readonly path: string };
export type LoadFile = z.infer<typeof loads> & { readonly path: string };
export type When = z.infer<typeof when>;
export type Then = z.infer<typeof answer> | z.infer<typeof refusal>;
export type Trace = z.infer<typeof trace>;
export type Issue = z.infer<typeof issue>;
export type LoadOutcome = z.infer<typeof outcome>;

const FOLDER = fileURLToPath(new URL("cases", import.meta.url));

/** Every case file, in the order of their paths. A file that does not keep the schema is an error. */
export function readCaseFiles(folder = FOLDER): (QuestionFile | LoadFile)[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => path.endsWith(".yaml"))
    .sort()
    .map((path) => readCaseFile(folder, path));
}

function readCaseFile(folder: string, path: string): QuestionFile | LoadFile {
  const written: unknown = parse(readFileSync(join(folder, path), "utf8"));
  // One kind at a time, so that a problem is told of the kind that was meant.
  const kind = typeof written === "object" && written && "loads" in written ? loads : questions;
  const parsed = kind.safeParse(expandShorthands(written));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, path };
}

/** The main file and the defaults that a case is given, as texts. */
export function policyTexts(given: Given): { main: string; defaults?: string } {
  const { document, deleted, defaults, fixture, rule } = given;
  if (fixture !== undefined) {
    const text = (name: string) =>
      readFileSync(new URL(`../fixtures/${fixture}/${name}`, import.meta.url), "utf8");
    return { main: text("policies.json"), defaults: text("default_policies.json") };
  }
  const policies = rule ? [{ id: "p", type: "fl_security", rules: [rule] }] : given.policies;
  return {
    main: document ?? JSON.stringify({ policies, ...(deleted && { deleted }) }),
    ...(defaults && { defaults: JSON.stringify({ policies: defaults }) }),
  };
}
