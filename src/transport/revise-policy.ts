import { PdpError } from "../application/errors.js";
import type { CatalogPolicy } from "../application/policy-catalog.js";
import { sameValue } from "../application/same-value.js";
import type { Value, ValueMap } from "../core/values.js";
import type { Policy, Rule } from "../gen/flopynet/policy/v1/policy.js";
import { policyToProto } from "./convert-policy.js";
import { policyDocumentFromProto } from "./convert-validation.js";

/** Fields of Policy that a caller may change; in files they have the same names. */
const FIELDS = [
  "name",
  "type",
  "description",
  "priority",
  "enabled",
  "combining",
  "default_effect",
  "on_error",
  "rules",
] as const;
type Field = (typeof FIELDS)[number];

/** What a mask may name and nobody can change by it. */
const IGNORED: readonly string[] = [
  "id",
  "etag",
  "policy_version",
  "create_time",
  "update_time",
  "source",
];

const MEMBER = {
  name: "name",
  type: "type",
  description: "description",
  priority: "priority",
  enabled: "enabled",
  combining: "combining",
  default_effect: "defaultEffect",
  on_error: "onError",
  rules: "rules",
} as const satisfies Record<Field, keyof Policy>;

/** What only files can say of a rule; a rule that is changed otherwise keeps it. */
const ONLY_IN_FILES: readonly string[] = ["idle_timeout", "hard_timeout"];

/**
 * The fields that an update mask names; all of them where it names none.
 *
 * @throws {PdpError} REQUEST_INVALID for a path that is no field, or leads into one.
 */
export function maskedFields(paths: readonly string[] | undefined): readonly Field[] {
  if (paths === undefined || paths.length === 0 || paths.includes("*")) return FIELDS;
  const unknown = paths.find((path) => !isField(path) && !IGNORED.includes(path));
  if (unknown === undefined) return paths.filter(isField);
  const inner = FIELDS.find((field) => unknown.startsWith(`${field}.`));
  const rule =
    inner === undefined
      ? `has no field \`${unknown.slice(0, 100)}\`: known are ${FIELDS.join(", ")}`
      : `cannot name parts of \`${inner}\`, which is replaced whole`;
  throw new PdpError({
    reason: "REQUEST_INVALID",
    violations: [{ field: "update_mask", rule }],
  });
}

/**
 * The document of `current` with the named fields of `message`. Whatever means the same as before
 * stays as its author wrote it, and so does every key that a message cannot carry.
 */
export function revisedDocument(
  current: CatalogPolicy,
  message: Policy,
  fields: readonly Field[],
): ValueMap {
  const before = policyToProto(current);
  const given = policyDocumentFromProto(message);
  const revised = new Map(Object.entries(current.document));
  const complete = { ...message, ...enabledOf(message) };
  for (const field of fields) {
    if (isSame(before[MEMBER[field]], complete[MEMBER[field]])) continue;
    const value =
      field === "rules" ? revisedRules(current.document, before, message) : given[field];
    if (value === undefined) revised.delete(field);
    else revised.set(field, value);
  }
  return Object.fromEntries(revised);
}

function revisedRules(document: ValueMap, before: Policy, message: Policy): Value {
  const written = Array.isArray(document["rules"]) ? (document["rules"] as ValueMap[]) : [];
  const old = new Map(
    before.rules.map((rule, index) => [rule.id, { rule, document: written[index] }] as const),
  );
  const given = policyDocumentFromProto(message)["rules"] as readonly ValueMap[];
  return message.rules.map((rule, index) => {
    const id = rule.id === "" ? String(index) : rule.id;
    const known = old.get(id);
    const isKept = known?.document && isSame(known.rule, { ...rule, id, ...enabledOf(rule) });
    const kept = isKept ? known.document : undefined;
    const body = kept ?? { ...given[index], ...onlyInFiles(known?.document) };
    const { id: _id, ...rest } = body;
    if (Object.hasOwn(kept ?? {}, "id") || Object.hasOwn(kept ?? {}, "rule_id")) return body;
    return id === String(index) ? rest : { id, ...rest };
  });
}

function onlyInFiles(rule: ValueMap = {}): ValueMap {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => ONLY_IN_FILES.includes(key)));
}

/** Absent means true, and answers always say it. */
function enabledOf({ enabled }: { readonly enabled?: boolean | undefined }): { enabled: boolean } {
  return { enabled: enabled ?? true };
}

function isField(path: string): path is Field {
  return (FIELDS as readonly string[]).includes(path);
}

// Messages are plain data; what is undefined is not there.
function isSame(left: Policy[keyof Policy] | Rule, right: Policy[keyof Policy] | Rule): boolean {
  return sameValue(plain(left), plain(right));
}

function plain(data: unknown): Value {
  return data === undefined ? null : (JSON.parse(JSON.stringify(data)) as Value);
}
