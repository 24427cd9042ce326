/** Longer than any verb or key; a bound, because the cost grows with both lengths. */
const LONGEST = 64;

/**
 * The candidate that was probably meant by a misspelt `text`, whatever the case: the fewest
 * insertions, deletions, replacements and swaps of neighbours away, at most one per three characters.
 *
 * @param most - Of these edits, where other names may well be right: 1 takes `scr_ip` for `src_ip`, and
 *   not `dst_host` for `dst_port`.
 * @returns The first of the nearest; undefined when none is near enough.
 */
export function nearest(
  text: string,
  candidates: Iterable<string>,
  most = Infinity,
): string | undefined {
  if (text.length > LONGEST) return undefined;
  const written = text.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(most, Math.max(1, Math.floor(written.length / 3))) + 1;
  for (const candidate of candidates) {
    const lengthDifference = Math.abs(candidate.length - written.length);
    if (lengthDifference >= bestDistance) continue;
    const distance = editDistance(written, candidate.toLowerCase());
    // Nothing of a candidate that is wholly replaced was written.
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Source: optimal string alignment (Damerau-Levenshtein without edits between swapped characters). */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = left[row - 1] === right[column - 1] ? 0 : 1;
      const isSwap =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + replaced,
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
