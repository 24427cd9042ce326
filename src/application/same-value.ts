import { isList, isPlainMap, type Value, type ValueMap } from "../core/values.js";

/** Bookkeeping of a policy: a document that differs in nothing else is the same policy. */
const NOT_CONTENT: readonly string[] = ["version", "updated_at", "history"];

/** Whether two values are written alike: other than in a decision, `8080` is not `"8080"`. */
export function sameValue(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  if (isList(left)) {
    return (
      isList(right) &&
      left.length === right.length &&
      left.every((element, index) => sameValue(element, right[index]))
    );
  }
  if (!isPlainMap(left) || isList(right) || !isPlainMap(right)) return false;
  return sameMembers(left, right, Object.keys(left), Object.keys(right));
}

/** Whether two documents are the same policy, whatever their bookkeeping says. */
export function sameContent(left: ValueMap, right: ValueMap): boolean {
  return sameMembers(left, right, contentKeys(left), contentKeys(right));
}

/** The keys of a policy's document that say what it is. */
export function contentKeys(document: ValueMap): readonly string[] {
  return Object.keys(document).filter((key) => !NOT_CONTENT.includes(key));
}

function sameMembers(
  left: ValueMap,
  right: ValueMap,
  leftKeys: readonly string[],
  rightKeys: readonly string[],
): boolean {
  return (
    leftKeys.length === rightKeys.length &&
    leftKeys.every((key) => Object.hasOwn(right, key) && sameValue(left[key], right[key]))
  );
}
