import { z } from "zod";
import { POLICY_ID, POLICY_ID_RULE } from "../../application/policy-id.js";
import {
  COMBINING_WORDS,
  DEFAULT_EFFECT_WORDS,
  ON_ERROR_WORDS,
  readWord,
  type Words,
} from "../../application/policy-words.js";
import { plainTwin } from "../../core/lint/lookalike.js";
import { nearest } from "../../core/nearest.js";
import { quoted } from "../../core/quoted.js";
import type { Value } from "../../core/values.js";
import type { PathStep } from "./json-tree.js";

/** The words of a phrase that reads on after a field's name: `priority must be ..., got 1.5`. */
export function says(rule: string, whenMissing = "is missing"): { error: z.core.$ZodErrorMap } {
  return { error: (issue) => (issue.input === undefined ? whenMissing : rule) };
}

const text = z.string(says("must be text"));
const flag = z.boolean(says("must be true or false"));
const seconds = z.number(says("must be a number of seconds, at least 0"));
const map = z.looseObject({}, says("must be an object"));
const SEVERITIES = ["low", "medium", "high", "critical"] as const;
const TYPE_RULE = "must be text that does not begin or end with a blank";
const INT32_RULE = "must be a whole number from -2147483648 to 2147483647";

/** One of `words`, in any case. */
function word(words: Words<unknown>): z.ZodString {
  const known = [...words.keys()].map((key) => key.toUpperCase());
  return text.superRefine((value, context) => {
    if (readWord(words, value) !== undefined) return;
    const meant = nearest(plainTwin(value) ?? value, known);
    const message = `must be ${known.join(" or ")}`;
    context.addIssue({ code: "custom", message, params: { meant } });
  });
}

const ruleId = text.regex(/^\S(.{0,126}\S)?$/, {
  error: "must be 1 to 128 characters and not begin or end with a blank",
});

/** A rule as written. Strict: `condtion` must not make a rule unconditional. */
export const ruleDocument = z
  .strictObject(
    {
      id: ruleId.optional(),
      rule_id: ruleId.optional(),
      action: z.string(says("must be text", "is missing: write `allow`, `deny` or another verb")),
      description: text.optional(),
      match: z.looseObject({ condition: text.optional() }, says("must be an object")).nullish(),
      condition: text.optional(),
      parameters: map.nullish(),
      severity: z.enum(SEVERITIES, says(`must be ${SEVERITIES.join(", ")}`)).optional(),
      enabled: flag.optional(),
      idle_timeout: seconds.min(0, says("must be a number of seconds, at least 0")).optional(),
      hard_timeout: seconds.min(0, says("must be a number of seconds, at least 0")).optional(),
    },
    says("must be an object"),
  )
  .meta({ id: "Rule" });

/** A policy as written. Keys that nobody knows are kept. */
export const policyDocument = z
  .looseObject(
    {
      id: text.regex(POLICY_ID, { error: POLICY_ID_RULE }).optional(),
      name: text.optional(),
      type: z
        .string(
          says("must be text", "is missing: write the policy type, such as `network_security`"),
        )
        .regex(/^\S(.*\S)?$/s, { error: TYPE_RULE }),
      description: text.optional(),
      priority: z.int32(says(INT32_RULE)).optional(),
      enabled: flag.optional(),
      combining: word(COMBINING_WORDS).optional(),
      default_effect: word(DEFAULT_EFFECT_WORDS).optional(),
      on_error: word(ON_ERROR_WORDS).optional(),
      rules: z.array(ruleDocument, says("must be a list", "is missing: write the list of rules")),
    },
    says("must be an object"),
  )
  .meta({ id: "Policy" });

const POLICIES_RULE = says(
  "must be an object of policies by id, or a list of policies",
  "is missing: write `policies`, an object of policies by id or a list of policies",
);

/** Both forms of a policy file: policies by id, or a list of policies that carry their ids. */
export const policyFileDocument = z.looseObject(
  {
    version: z
      .int(says("must be a whole number, at least 1"))
      .min(1, says("must be a whole number, at least 1"))
      .optional(),
    policies: z.union(
      [z.record(z.string(), policyDocument), z.array(policyDocument)],
      POLICIES_RULE,
    ),
    deleted: z.array(text, says("must be a list of policy ids")).optional(),
  },
  says("must be an object with the key `policies`"),
);

// Policies and rules are checked one by one, so that each problem has its own place and words.
export const POLICY_HEAD = policyDocument.extend({
  rules: z.array(z.unknown(), says("must be a list", "is missing: write the list of rules")),
});

/** A policy with executable code: its rules are never looked at. */
export const EXECUTABLE_POLICY_HEAD = POLICY_HEAD.partial({ rules: true });

export const FILE_HEAD = policyFileDocument.extend({
  policies: z.union([z.looseObject({}), z.array(z.unknown())], POLICIES_RULE),
});

/** Bookkeeping of the dashboard and editors: kept, and no reason for a warning. */
const BOOKKEEPING = ["version", "created_at", "updated_at", "history"];
const POLICY_KEYS = [
  ...Object.keys(policyDocument.shape),
  ...BOOKKEEPING,
  "function_id",
  "function_code",
];
const FILE_KEYS = [...Object.keys(policyFileDocument.shape), ...BOOKKEEPING, "$schema"];

export interface DocumentProblem {
  readonly path: readonly PathStep[];
  /** Of an unknown key: its place is the key, not a value. */
  readonly key?: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** Where `value` is not what `schema` says, in words. Total. */
export function documentProblems(schema: z.ZodType, value: Value): readonly DocumentProblem[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path,
        ...unknownKey(key, schema instanceof z.ZodObject ? Object.keys(schema.shape) : []),
      }));
    }
    const message = problemText(path, issue.message, valueAt(value, path));
    return [
      { path, message, ...(issue.code === "custom" && writeInstead(issue.params?.["meant"])) },
    ];
  });
}

/** The keys of a policy, or of a file, that nobody knows: kept, and probably misspelt. */
export function unknownKeys(of: "policy" | "file", keys: Iterable<string>): DocumentProblem[] {
  const known = of === "policy" ? POLICY_KEYS : FILE_KEYS;
  return [...keys]
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: [],
      ...unknownKey(key, known),
    }));
}

function unknownKey(key: string, known: readonly string[]): Omit<DocumentProblem, "path"> {
  const meant = nearest(key, known);
  return { key, message: `unknown key \`${key}\``, ...writeInstead(meant) };
}

function writeInstead(meant: unknown): Pick<DocumentProblem, "suggestion"> {
  return typeof meant === "string" ? { suggestion: `write \`${meant}\`` } : {};
}

function problemText(path: readonly PathStep[], rule: string, got: Value | undefined): string {
  const name = path.findLast((step) => typeof step === "string");
  const subject = name === undefined ? "" : `\`${name}\` `;
  return `${subject}${rule}${got === undefined ? "" : `, got ${quoted(got)}`}`;
}

function valueAt(value: Value, path: readonly PathStep[]): Value | undefined {
  let current: Value | undefined = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) {
      return undefined;
    }
    current = (current as Readonly<Record<PathStep, Value>>)[step];
  }
  return current;
}
