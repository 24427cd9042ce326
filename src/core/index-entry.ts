import { type EqualityKey, type KeyedAttribute, keysOfField } from "./index-keys.js";
import type { Rule } from "./policy.js";
import type { Target, TargetField } from "./target.js";

/** A rule on its way into the index: what of its target is still to be asked. */
export interface IndexEntry {
  /** Place among all rules of the policy type. */
  readonly ordinal: number;
  readonly fields: readonly IndexField[];
  /** In how many groups it stands beside this one. */
  readonly copies: number;
}

/** A field of a target, with its hash side where it is an equality. */
export interface IndexField {
  readonly field: TargetField;
  readonly keyed?: { readonly attribute: KeyedAttribute; readonly keys: readonly EqualityKey[] };
}

/** What is left to ask, as the definition of a match takes it. */
export function targetOf(fields: readonly IndexField[]): Target {
  return fields.length === 0 ? EMPTY : fields.map(({ field }) => field);
}

const EMPTY: Target = [];

/** Prepares rules; equal attributes get equal slots. Fields that hold for everything are left out. */
export function createEntryMaker(): (rule: Rule, ordinal: number) => IndexEntry {
  const attributes = new Map<string, KeyedAttribute>();

  function attributeOf(path: readonly string[], isProtocol: boolean): KeyedAttribute {
    const name = isProtocol ? "protocol" : `=${JSON.stringify(path)}`;
    let attribute = attributes.get(name);
    if (!attribute) {
      attribute = { slot: attributes.size, path, isProtocol };
      attributes.set(name, attribute);
    }
    return attribute;
  }

  return (rule, ordinal) => ({
    ordinal,
    copies: 1,
    fields: rule.target
      .filter((field) => field.kind !== "any")
      .map((field): IndexField => {
        const keys = keysOfField(field);
        if (!keys) return { field };
        const isProtocol = field.kind === "protocol";
        const attribute = attributeOf(field.kind === "equals" ? field.path : [], isProtocol);
        return { field, keyed: { attribute, keys } };
      }),
  });
}
