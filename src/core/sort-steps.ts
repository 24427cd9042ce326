const SORTED_AT_ONCE = 256;

/**
 * `items` sorted, equal ones in their order, in steps of well under a millisecond: whoever runs them
 * decides when others have their turn.
 */
export function* sortSteps<Item>(
  items: readonly Item[],
  compare: (left: Item, right: Item) => number,
): Generator<void, readonly Item[]> {
  let runs: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += SORTED_AT_ONCE) {
    runs.push(items.slice(start, start + SORTED_AT_ONCE).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let place = 0; place < runs.length; place += 2) {
      merged.push(yield* mergeSteps(runs[place] ?? [], runs[place + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergeSteps<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (left: Item, right: Item) => number,
): Generator<void, readonly Item[]> {
  const merged: Item[] = [];
  let next = 0;
  for (const item of left) {
    for (let other = right[next]; next < right.length; other = right[next]) {
      if (other === undefined || compare(item, other) <= 0) break;
      merged.push(other);
      next += 1;
      if (merged.length % SORTED_AT_ONCE === 0) yield;
    }
    merged.push(item);
    if (merged.length % SORTED_AT_ONCE === 0) yield;
  }
  for (; next < right.length; next += SORTED_AT_ONCE) {
    merged.push(...right.slice(next, next + SORTED_AT_ONCE));
    yield;
  }
  return merged;
}
