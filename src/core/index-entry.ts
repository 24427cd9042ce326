import { type EqualityKey, type KeyedAttribute, keyMaker } from "./index-keys.js";
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
  readonly attribute: KeyedAttribute;
  /** Distinct; undefined for a field that is no equality. */
  readonly keys: readonly EqualityKey[] | undefined;
}

const NOTHING_LEFT: Target = [];

/** What is left to ask, as the definition of a match takes it. */
export function targetOf(fields: readonly IndexField[]): Target {
  return fields.length === 0 ? NOTHING_LEFT : fields.map(({ field }) => field);
}

/** Prepares rules; equal attributes get the same object. Fields that hold for everything are left out. */
export function createEntryMaker(): (rule: Rule, ordinal: number) => IndexEntry {
  const attributes = new Map<TargetField["kind"], Map<string, KeyedAttribute>>();
  const keysOf = keyMaker();
  let slots = 0;

  function attributeOf(field: TargetField): KeyedAttribute {
    let ofKind = attributes.get(field.kind);
    if (!ofKind) attributes.set(field.kind, (ofKind = new Map<string, KeyedAttribute>()));
    let attribute = ofKind.get(field.key);
    if (!attribute) {
      const path = field.kind === "equals" ? field.path : [];
      attribute = { slot: slots++, path, isProtocol: field.kind === "protocol" };
      ofKind.set(field.key, attribute);
    }
    return attribute;
  }

  return (rule, ordinal) => {
    const fields: IndexField[] = [];
    for (const field of rule.target) {
      if (field.kind === "any") continue;
      fields.push({ field, attribute: attributeOf(field), keys: keysOf(field) });
    }
    return { ordinal, fields, copies: 1 };
  };
}
