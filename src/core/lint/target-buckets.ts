import { type Constraint, pinnedText } from "./target-relation.js";

/** Targets with something to find again. */
export interface TargetBuckets<Item> {
  add(constraints: readonly Constraint[], item: Item): void;
  /** All whose target can cover `constraints`, and some others; in the order they were added. */
  mayCover(constraints: readonly Constraint[]): Iterable<Item>;
  /** All whose target can hold together with `constraints`, and some others. */
  mayMeet(constraints: readonly Constraint[]): Iterable<Item>;
}

/** Kinds of targets that are told apart; what comes later is found by looking at each. */
const MOST_SHAPES = 64;

/**
 * Groups targets by the attributes they pin to one value, and by these values: to cover a target, or
 * to hold together with it, another must have the same values where both pin one.
 */
export function createTargetBuckets<Item>(): TargetBuckets<Item> {
  const shapes = new Map<
    string,
    { readonly attributes: readonly string[]; readonly buckets: Map<string, Item[]> }
  >();

  function shapeOf(attributes: readonly string[]) {
    const isTold = shapes.size < MOST_SHAPES || shapes.has(attributes.join("\0"));
    const pinned = isTold ? attributes : [];
    const name = pinned.join("\0");
    const shape = shapes.get(name) ?? { attributes: pinned, buckets: new Map<string, Item[]>() };
    shapes.set(name, shape);
    return shape;
  }

  function* find(constraints: readonly Constraint[], orAll: boolean): Iterable<Item> {
    const pins = pinsOf(constraints);
    for (const { attributes, buckets } of shapes.values()) {
      const name = bucketName(attributes, pins);
      if (name !== undefined) yield* buckets.get(name) ?? [];
      else if (orAll) for (const bucket of buckets.values()) yield* bucket;
    }
  }

  return {
    add(constraints, item) {
      const pins = pinsOf(constraints);
      const { attributes, buckets } = shapeOf([...pins.keys()].sort());
      const name = bucketName(attributes, pins) ?? "";
      const bucket = buckets.get(name);
      if (bucket === undefined) buckets.set(name, [item]);
      else bucket.push(item);
    },
    mayCover: (constraints) => find(constraints, false),
    mayMeet: (constraints) => find(constraints, true),
  };
}

function pinsOf(constraints: readonly Constraint[]): ReadonlyMap<string, string> {
  const pins = new Map<string, string>();
  for (const constraint of constraints) {
    const text = pinnedText(constraint);
    if (text !== undefined) pins.set(constraint.attribute, text);
  }
  return pins;
}

function bucketName(
  attributes: readonly string[],
  pins: ReadonlyMap<string, string>,
): string | undefined {
  const texts: string[] = [];
  for (const attribute of attributes) {
    const text = pins.get(attribute);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts.join("\0");
}
