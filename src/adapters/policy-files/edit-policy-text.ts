import { idOf } from "../../application/document-facts.js";
import type { PolicyEdit } from "../../application/ports/policy-writer.js";
import { sameValue } from "../../application/same-value.js";
import { isList, isPlainMap, type Value, type ValueMap } from "../../core/values.js";
import { type JsonNode, memberOf, type PathStep, textOf, valueOf } from "./json-tree.js";
import { parsePolicyFile } from "./parse-policy-file.js";
import { setJson } from "./set-json.js";

/** What a main file is that nobody has written yet. */
const EMPTY = '{\n  "version": 1,\n  "policies": {}\n}\n';
/** Each small change reads the text once: beyond this many the policy is written anew. */
const MOST_SMALL_CHANGES = 12;

/**
 * The text of the main file after `edit`. What the edit does not touch stays as people wrote it:
 * order, white space and keys that nobody knows. A list of policies becomes an object by id.
 *
 * @param text - A main file that loads; undefined where there is none.
 * @param defaultIds - Of the policies in the defaults: without these, only `deleted` removes them.
 */
export function editPolicyText(
  text: string | undefined,
  edit: PolicyEdit,
  defaultIds: ReadonlySet<string>,
): string {
  const { text: start, root } = inObjectForm(onSeveralLines(text ?? EMPTY));
  const deleted = deletedIn(root);
  switch (edit.kind) {
    case "put": {
      const id = idOf(edit.document);
      const others = deleted.filter((one) => one !== id);
      return withDeleted(withPolicy({ text: start, root }, id, edit.document), deleted, others);
    }
    case "delete": {
      const { policyId } = edit;
      const isNew = defaultIds.has(policyId) && !deleted.includes(policyId);
      const without = setJson(start, ["policies", policyId], undefined);
      return withDeleted(without, deleted, isNew ? [...deleted, policyId] : deleted);
    }
    case "replace": {
      const ids = edit.documents.map(idOf);
      const gone = [...defaultIds].filter((id) => !ids.includes(id));
      return withDeleted(withPolicies({ text: start, root }, edit.documents), deleted, gone);
    }
  }
}

/** The text with this `version`. */
export function withVersion(text: string, version: number): string {
  return setJson(text, ["version"], version);
}

/** The ids of the policies of a file of either form; empty for a text that is none. */
export function policyIdsIn(text: string): ReadonlySet<string> {
  return policyIdsOf(parsePolicyFile(text).root);
}

function policyIdsOf(root: JsonNode | undefined): ReadonlySet<string> {
  const policies = memberOf(root, "policies")?.node;
  if (policies?.kind === "object") return new Set(policies.members.keys());
  if (policies?.kind !== "list") return new Set();
  return new Set(policies.elements.flatMap((element) => textOf(element, "id") ?? []));
}

/** A text and what it says: it is read once, because that takes longer than all the rest. */
interface ReadText {
  readonly text: string;
  /** Its places are those of the text as it came, and are not to be used. */
  readonly root: JsonNode | undefined;
}

function withPolicy({ text, root }: ReadText, id: string, document: ValueMap): string {
  const before = policyIn(root, id);
  if (before === undefined) return setJson(text, ["policies", id], withoutId(document));
  const after = Object.hasOwn(before, "id") ? document : withoutId(document);
  const changes = smallChanges(["policies", id], before, after);
  if (changes.length > MOST_SMALL_CHANGES) return setJson(text, ["policies", id], after);
  return changes.reduce((edited, { path, value }) => setJson(edited, path, value), text);
}

/** In the order of the text, new ones at the end. */
function withPolicies({ text, root }: ReadText, documents: readonly ValueMap[]): string {
  const wanted = new Map(documents.map((document) => [idOf(document), document]));
  const known = [...policyIdsOf(root)].filter((id) => wanted.has(id));
  const ids = new Set([...known, ...wanted.keys()]);
  const policies = Object.fromEntries(
    [...ids].map((id) => [id, withoutId(wanted.get(id) ?? {})] as const),
  );
  return setJson(text, ["policies"], policies);
}

/** What a program wrote on one line becomes readable to people. */
function onSeveralLines(text: string): ReadText {
  const { root } = parsePolicyFile(text);
  const isReadable = root === undefined || text.trim().includes("\n");
  return { text: isReadable ? text : `${printed(root, "")}\n`, root };
}

// Not by way of an object, which would put keys that look like numbers first.
function printed(node: JsonNode, indent: string): string {
  const inner = `${indent}  `;
  const block = (open: string, parts: readonly string[], close: string): string =>
    parts.length === 0
      ? open + close
      : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
  switch (node.kind) {
    case "scalar":
      return JSON.stringify(node.value);
    case "list":
      return block(
        "[",
        node.elements.map((element) => printed(element, inner)),
        "]",
      );
    case "object": {
      const members = [...node.members].map(
        ([key, member]) => `${JSON.stringify(key)}: ${printed(member.node, inner)}`,
      );
      return block("{", members, "}");
    }
  }
}

function inObjectForm({ text, root }: ReadText): ReadText {
  const policies = memberOf(root, "policies")?.node;
  if (policies?.kind !== "list") return { text, root };
  const byId = policies.elements.map((element) => [
    textOf(element, "id") ?? "",
    withoutId(valueOf(element) as ValueMap),
  ]);
  const edited = setJson(text, ["policies"], Object.fromEntries(byId) as ValueMap);
  return { text: edited, root: parsePolicyFile(edited).root };
}

function withDeleted(text: string, before: readonly string[], ids: readonly string[]): string {
  if (sameValue(before, ids)) return text;
  return setJson(text, ["deleted"], ids.length === 0 ? undefined : ids);
}

function deletedIn(root: JsonNode | undefined): readonly string[] {
  const node = memberOf(root, "deleted")?.node;
  return node === undefined ? [] : (valueOf(node) as readonly string[]);
}

function policyIn(root: JsonNode | undefined, id: string): ValueMap | undefined {
  const policies: JsonNode | undefined = memberOf(root, "policies")?.node;
  const policy = memberOf(policies, id)?.node;
  return policy === undefined ? undefined : (valueOf(policy) as ValueMap);
}

interface SmallChange {
  readonly path: readonly PathStep[];
  /** Undefined: there is no such key any more. */
  readonly value: Value | undefined;
}

/** What has to be set, as deep inside as it can be said. */
function smallChanges(
  path: readonly PathStep[],
  before: Value,
  after: Value | undefined,
): readonly SmallChange[] {
  if (sameValue(before, after)) return [];
  if (after !== undefined && isList(before) && isList(after) && before.length === after.length) {
    return before.flatMap((element, index) =>
      smallChanges([...path, index], element, after[index]),
    );
  }
  if (after === undefined || !isPlainMap(before) || !isPlainMap(after)) {
    return [{ path, value: after }];
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...gone.map((key) => ({ path: [...path, key], value: undefined })),
    ...Object.entries(after).flatMap(([key, value]) =>
      Object.hasOwn(before, key)
        ? smallChanges([...path, key], before[key] ?? null, value)
        : [{ path: [...path, key], value }],
    ),
  ];
}

/** Its key says it. */
function withoutId(document: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== "id"));
}
