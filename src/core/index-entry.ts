import {
  type EqualityKey,
  type IndexQuery,
  type KeyedAttribute,
  keysOfField,
} from "./index-keys.js";
import type { Rule } from "./policy.js";
import { fieldHolds, type Target, type TargetField } from "./target.js";

/** A rule in the index. Groups share it: what a group need not ask again, it knows itself. */
export interface IndexEntry {
  /** Place among all rules of the policy type. */
  readonly ordinal: number;
  /** All that its target asks, each of another attribute; what is asked first comes first. */
  readonly fields: readonly IndexField[];
  /** In how many groups it stands beside this one. */
  readonly copies: number;
}

/** A field of a target, with its hash side where it is an equality. */
export interface IndexField {
  readonly field: TargetField;
  readonly attribute: KeyedAttribute;
  /** Distinct; undefined for a field that is no equality. */
  readonly keys: readonly EqualityKey[] | undefined;
}

/** The attributes that the way down to a group has asked of all its rules. */
export type Asked = readonly KeyedAttribute[];

/** A rule in a group, with what of its target is not yet asked. */
export interface RuleLeft {
  readonly ordinal: number;
  readonly left: readonly IndexField[];
}

export function ruleLeft({ ordinal, fields }: IndexEntry, asked: Asked): RuleLeft {
  const wasAsked = fields.some(({ attribute }) => asked.includes(attribute));
  const left = wasAsked ? fields.filter(({ attribute }) => !asked.includes(attribute)) : fields;
  return { ordinal, left };
}

/** Whether all of them hold. */
export function indexFieldsHold(fields: readonly IndexField[], query: IndexQuery): boolean {
  for (const field of fields) if (!indexFieldHolds(field, query)) return false;
  return true;
}

/** `fieldHolds`. An equality compares keys, which are made once for all rules that look at the attribute. */
export function indexFieldHolds(
  { field, attribute, keys }: IndexField,
  query: IndexQuery,
): boolean {
  if (!keys) return fieldHolds(field, query.request);
  const only = keys[0];
  for (const key of query.keysOf(attribute)) {
    if (keys.length === 1 ? key === only : keys.includes(key)) return true;
  }
  return false;
}

interface Attribute extends KeyedAttribute {
  /** The fields that want one value, which are one for all rules that want it. */
  readonly fieldsByKey: Map<EqualityKey, IndexField>;
}

/** Prepares rules; equal attributes get the same object. Fields that hold for everything are left out. */
export function createEntryMaker(): (rule: Rule, ordinal: number) => IndexEntry {
  const attributes = new Map<string, Attribute>();
  let slots = 0;

  function newAttribute(field: TargetField): Attribute {
    const path = field.kind === "equals" ? field.path : [];
    const isProtocol = field.kind === "protocol";
    return { slot: slots++, path, isProtocol, fieldsByKey: new Map() };
  }

  function attributeOf(field: TargetField): Attribute {
    let attribute = attributes.get(field.key);
    if (!attribute) attributes.set(field.key, (attribute = newAttribute(field)));
    return attribute;
  }

  function indexField(field: TargetField, place: number, target: Target): IndexField {
    // A second field of one key counts as one of another attribute: both have to hold.
    const isSecond = target.findIndex(({ key }) => key === field.key) < place;
    const attribute = isSecond ? newAttribute(field) : attributeOf(field);
    const keys = keysOfField(field);
    const key = keys?.length === 1 ? keys[0] : undefined;
    if (key === undefined) return { field, attribute, keys };
    let shared = attribute.fieldsByKey.get(key);
    if (!shared) attribute.fieldsByKey.set(key, (shared = { field, attribute, keys }));
    return shared;
  }

  return ({ target }, ordinal) => {
    const asking = target.some(isWildcard) ? target.filter((field) => !isWildcard(field)) : target;
    const fields = asking.map(indexField).sort((one, other) => rankOf(one) - rankOf(other));
    return { ordinal, fields, copies: 1 };
  };
}

/** What is asked first: what costs least and is most often another, which a protocol is not. */
const RANKS: Readonly<Record<TargetField["kind"], number>> = {
  any: 0,
  equals: 1,
  port: 2,
  protocol: 3,
  address: 4,
  "address-range": 5,
};

function rankOf({ field }: IndexField): number {
  return RANKS[field.kind];
}

function isWildcard({ kind }: TargetField): boolean {
  return kind === "any";
}
