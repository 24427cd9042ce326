/**
 * Adds to a list that mostly stays short, and mostly empty: a list that begins as `[one]` takes an
 * eighth of the memory that a first `push` reserves, and an answer makes a dozen lists.
 *
 * @returns `list` itself, or a new one where it was empty.
 */
export function append<Element>(list: Element[], one: Element): Element[] {
  if (list.length === 0) return [one];
  list.push(one);
  return list;
}
