import type { TrustAttributes } from "../core/trust-attributes.js";
import type { Value, ValueMap } from "../core/values.js";
import type { LoggedDecision } from "./ports/decision-log.js";

/**
 * What is known of the client, where all of it is among the attributes of a decision, so that a log
 * can keep it once for many decisions. Undefined where something of it was redacted, or the caller had
 * more to say of the client.
 */
export function knownAttributes({
  attributes,
  clientAttributes,
  redacted,
}: LoggedDecision): TrustAttributes | undefined {
  if (!clientAttributes) return undefined;
  const { client, violation } = clientAttributes;
  if (attributes["client"] !== client || attributes["violation"] !== violation) return undefined;
  // Of the others nobody but the engine has a say: see `resolveAttributes`.
  if (!redacted) return clientAttributes;
  for (const name in clientAttributes) {
    const known = clientAttributes[name as keyof TrustAttributes];
    if (attributes[name] !== known) return undefined;
  }
  return clientAttributes;
}

/** Lists of names that are remembered, and UTF-16 units of one that is worth it. */
const MOST_LISTS = 16;
const LONGEST_LIST = 4096;

/**
 * The names in `attributes` that are not in `known`. Decisions of the same kind have the same names,
 * and share a list.
 */
export function createNamesBeside(): (
  attributes: ValueMap,
  known: TrustAttributes | undefined,
) => readonly string[] {
  const besideKnown = createNames();
  const all = createNames();
  return (attributes, known) => (known ? besideKnown : all)(attributes, known);
}

interface Names {
  readonly all: readonly string[];
  readonly own: readonly string[];
}

function createNames(): (
  attributes: ValueMap,
  known: TrustAttributes | undefined,
) => readonly string[] {
  // INVARIANT: what is known of one client has the names of what is known of any other.
  const lists: Names[] = [];
  return (attributes, known) => {
    for (const { all, own } of lists) if (hasNames(attributes, all)) return own;
    const all = Object.keys(attributes);
    const own = known ? all.filter((name) => !Object.hasOwn(known, name)) : all;
    if (all.join("").length <= LONGEST_LIST) {
      if (lists.length === MOST_LISTS) lists.shift();
      lists.push({ all, own });
    }
    return own;
  };
}

/** Each name with the value that has its index; null where there is none. */
export function withNames(
  names: readonly string[],
  valueAt: (index: number) => Value | undefined,
): ValueMap {
  return Object.fromEntries(names.map((name, index) => [name, valueAt(index) ?? null]));
}

/** Whether they are all its names, in that order. Why so: a list of them would be made each time. */
function hasNames(attributes: ValueMap, names: readonly string[]): boolean {
  let at = 0;
  for (const name in attributes) if (name !== names[at++]) return false;
  return at === names.length;
}
