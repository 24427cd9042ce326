import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortSteps } from "../../src/core/sort-steps.js";

type Item = readonly [key: number, place: number];

function byKey([left]: Item, [right]: Item): number {
  return left - right;
}

function itemsOf(keys: readonly number[]): readonly Item[] {
  return keys.map((key, place) => [key, place]);
}

/** The sorted items, beside the most comparisons of one step. */
function sorted(items: readonly Item[]): {
  readonly items: readonly Item[];
  readonly most: number;
} {
  let ofStep = 0;
  let most = 0;
  const steps = sortSteps(items, (left, right) => {
    ofStep += 1;
    return byKey(left, right);
  });
  for (;;) {
    const step = steps.next();
    most = Math.max(most, ofStep);
    ofStep = 0;
    if (step.done === true) return { items: step.value, most };
  }
}

describe("sortSteps", () => {
  it("sorts as one sort does, equal ones in their order", () => {
    const keys = fc.oneof(
      fc.array(fc.nat(9), { maxLength: 20 }),
      fc.array(fc.nat(50), { minLength: 500, maxLength: 1_500 }),
    );
    fc.assert(
      fc.property(keys.map(itemsOf), (items) => {
        expect(sorted(items).items).toStrictEqual(items.toSorted(byKey));
      }),
    );
  });

  it.each<[says: string, keyOf: (index: number) => number]>([
    ["sorted before", (index) => index],
    ["reversed", (index) => -index],
    ["all equal", () => 0],
    ["mixed", (index) => (index * 7_919) % 10_007],
  ])("takes short steps for items that are %s", (_says, keyOf) => {
    const items = itemsOf(Array.from({ length: 10_000 }, (_, index) => keyOf(index)));
    const result = sorted(items);
    expect(result.items).toStrictEqual(items.toSorted(byKey));
    expect(result.most).toBeLessThan(3_000);
  });
});
