import { idOf } from "../../application/document-facts.js";
import type { PolicyDocumentEdit } from "../../application/ports/policy-writer.js";
import { sameValue } from "../../application/same-value.js";
import { isList, isPlainMap, type Value, type ValueMap } from "../../core/values.js";
import {
  type JsonMember,
  type JsonNode,
  memberOf,
  type PathStep,
  textOf,
  valueOf,
} from "./json-tree.js";
import { parseSteps } from "./parse-policy-file.js";
import { blockSteps, inside, type Layout, setJsonSteps } from "./set-json.js";

/** What a main file is that nobody has written yet. */
const EMPTY = '{\n  "version": 1,\n  "policies": {}\n}\n';
/** Each small change reads the text once: beyond this many the policy is written anew. */
const MOST_SMALL_CHANGES = 12;

/**
 * The text of the main file after `edit`, in short steps. What the edit does not touch stays as people wrote it:
 * order, white space and keys that nobody knows. A list of policies becomes an object by id.
 *
 * @param text - A main file that loads; undefined where there is none.
 * @param defaults - The policies of the defaults: they need not be said again, and only `deleted` removes
 *   them.
 */
export function* editPolicySteps(
  text: string | undefined,
  edit: PolicyDocumentEdit,
  defaults: ReadonlyMap<string, ValueMap>,
): Generator<void, string> {
  const { text: start, root } = yield* inObjectForm(yield* onSeveralLines(text ?? EMPTY));
  const deleted = deletedIn(root);
  switch (edit.kind) {
    case "put": {
      const id = idOf(edit.document);
      const others = deleted.filter((one) => one !== id);
      const edited = yield* withPolicy({ text: start, root }, id, edit.document);
      return yield* withDeleted(edited, deleted, others);
    }
    case "delete": {
      const { policyId } = edit;
      const isNew = defaults.has(policyId) && !deleted.includes(policyId);
      const without = yield* setJsonSteps(start, ["policies", policyId], undefined);
      return yield* withDeleted(without, deleted, isNew ? [...deleted, policyId] : deleted);
    }
    case "replace": {
      const ids = new Set(edit.documents.map(idOf));
      const gone = [...defaults.keys()].filter((id) => !ids.has(id));
      const said = policyIdsOf(root);
      const toSay = edit.documents.filter(
        (document) => said.has(idOf(document)) || !isGivenBy(defaults, document),
      );
      const edited = yield* withPolicies({ text: start, root }, toSay);
      return yield* withDeleted(edited, deleted, gone);
    }
  }
}

/** The text with this `version`. */
export function versionSteps(text: string, version: number): Generator<void, string> {
  return setJsonSteps(text, ["version"], version);
}

/** The policies of a file of either form by id; empty for a text that is none. */
export function* policyDocumentSteps(text: string): Generator<void, ReadonlyMap<string, ValueMap>> {
  const { root } = yield* parseSteps(text);
  const documents = new Map<string, ValueMap>();
  const policies = memberOf(root, "policies")?.node;
  if (policies?.kind === "object") {
    for (const [id, { node }] of policies.members) documents.set(id, mapOf(node));
  } else if (policies?.kind === "list") {
    for (const element of policies.elements) {
      yield;
      documents.set(textOf(element, "id") ?? "", mapOf(element));
    }
  }
  return documents;
}

function mapOf(node: JsonNode): ValueMap {
  const value = valueOf(node);
  return isPlainMap(value) ? value : {};
}

function policyIdsOf(root: JsonNode | undefined): ReadonlySet<string> {
  const policies = memberOf(root, "policies")?.node;
  return new Set(policies?.kind === "object" ? policies.members.keys() : []);
}

function isGivenBy(defaults: ReadonlyMap<string, ValueMap>, document: ValueMap): boolean {
  return isSaid(defaults.get(idOf(document)), document);
}

/** A text and what it says: it is read once, because that takes longer than all the rest. */
interface ReadText {
  readonly text: string;
  /** Its places are those of the text as it came, and are not to be used. */
  readonly root: JsonNode | undefined;
}

function* withPolicy(
  { text, root }: ReadText,
  id: string,
  document: ValueMap,
): Generator<void, string> {
  const before = policyIn(root, id);
  if (before === undefined) {
    return yield* setJsonSteps(text, ["policies", id], withoutId(document));
  }
  const after = Object.hasOwn(before, "id") ? document : withoutId(document);
  const changes = yield* smallChanges(["policies", id], before, after);
  if (changes.length > MOST_SMALL_CHANGES)
    return yield* setJsonSteps(text, ["policies", id], after);
  let edited = text;
  for (const { path, value } of changes) edited = yield* setJsonSteps(edited, path, value);
  return edited;
}

/** In the order of the text, new ones at the end. Few differences are made where they are. */
function* withPolicies(
  { text, root }: ReadText,
  documents: readonly ValueMap[],
): Generator<void, string> {
  const wanted = new Map(documents.map((document) => [idOf(document), document]));
  const said = policyIdsOf(root);
  const gone = [...said].filter((id) => !wanted.has(id));
  const changed = documents.filter((document) => !isSaid(policyIn(root, idOf(document)), document));
  if (gone.length + changed.length > MOST_SMALL_CHANGES) {
    const ids = new Set([...[...said].filter((id) => wanted.has(id)), ...wanted.keys()]);
    const policies = [...ids].map((id) => [id, withoutId(wanted.get(id) ?? {})] as const);
    return yield* setJsonSteps(text, ["policies"], Object.fromEntries(policies));
  }
  let edited = text;
  for (const id of gone) edited = yield* setJsonSteps(edited, ["policies", id], undefined);
  for (const document of changed) {
    edited = yield* withPolicy({ text: edited, root }, idOf(document), document);
  }
  return edited;
}

function isSaid(before: ValueMap | undefined, document: ValueMap): boolean {
  return before !== undefined && sameValue(withoutId(before), withoutId(document));
}

/** What a program wrote on one line becomes readable to people. */
function* onSeveralLines(text: string): Generator<void, ReadText> {
  const { root } = yield* parseSteps(text);
  if (root === undefined || text.trim().includes("\n")) return { text, root };
  return { text: `${yield* printedSteps(root, { indent: "", eol: "\n" })}\n`, root };
}

// Not by way of an object, which would put keys that look like numbers first.
function* printedSteps(node: JsonNode, layout: Layout): Generator<void, string> {
  switch (node.kind) {
    case "scalar":
      return JSON.stringify(node.value);
    case "list": {
      const elements = node.elements.map((element) => printedSteps(element, inside(layout)));
      return yield* blockSteps(["[", "]"], elements, layout);
    }
    case "object": {
      const members = [...node.members].map(([key, member]) => printedMember(key, member, layout));
      return yield* blockSteps(["{", "}"], members, layout);
    }
  }
}

function* printedMember(
  key: string,
  { node }: JsonMember,
  layout: Layout,
): Generator<void, string> {
  return `${JSON.stringify(key)}: ${yield* printedSteps(node, inside(layout))}`;
}

function* inObjectForm({ text, root }: ReadText): Generator<void, ReadText> {
  const policies = memberOf(root, "policies")?.node;
  if (policies?.kind !== "list") return { text, root };
  const byId = policies.elements.map((element) => [
    textOf(element, "id") ?? "",
    withoutId(valueOf(element) as ValueMap),
  ]);
  const edited = yield* setJsonSteps(text, ["policies"], Object.fromEntries(byId) as ValueMap);
  return { text: edited, root: (yield* parseSteps(edited)).root };
}

function* withDeleted(
  text: string,
  before: readonly string[],
  ids: readonly string[],
): Generator<void, string> {
  if (sameValue(before, ids)) return text;
  return yield* setJsonSteps(text, ["deleted"], ids.length === 0 ? undefined : ids);
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
function* smallChanges(
  path: readonly PathStep[],
  before: Value,
  after: Value,
): Generator<void, readonly SmallChange[]> {
  yield;
  const changes: SmallChange[] = [];
  if (isList(before) && isList(after) && before.length === after.length) {
    for (const [index, element] of before.entries()) {
      changes.push(...(yield* smallChanges([...path, index], element, after[index] ?? null)));
    }
    return changes;
  }
  if (!isPlainMap(before) || !isPlainMap(after)) {
    return sameValue(before, after) ? [] : [{ path, value: after }];
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) changes.push({ path: [...path, key], value: undefined });
  }
  for (const [key, value] of Object.entries(after)) {
    const inner = [...path, key];
    if (Object.hasOwn(before, key)) {
      changes.push(...(yield* smallChanges(inner, before[key] ?? null, value)));
    } else {
      changes.push({ path: inner, value });
    }
  }
  return changes;
}

/** Its key says it. */
function withoutId(document: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== "id"));
}
