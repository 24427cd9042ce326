/** Each once, ascending. */
export function sortedNumbers(numbers: Iterable<number>): Int32Array {
  const sorted = Int32Array.from(numbers).sort();
  let count = 0;
  for (const number of sorted) {
    if (count > 0 && sorted[count - 1] === number) continue;
    sorted[count] = number;
    count += 1;
  }
  return sorted.slice(0, count);
}

/** Where a number is; undefined: nowhere. */
export function placeOf(sorted: Int32Array, number: number): number | undefined {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = sorted[middle] ?? Number.NaN;
    if (found === number) return middle;
    if (found < number) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

export function sameNumbers(left: Int32Array, right: Int32Array): boolean {
  return left.length === right.length && left.every((number, place) => number === right[place]);
}
