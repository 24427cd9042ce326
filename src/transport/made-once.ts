/**
 * `make`, once for each object, however many ask: it must not change afterwards, and not be frozen,
 * because what was made is kept with it. Why not in a WeakMap: minor garbage collections take its
 * values for used, so that those of every message stay until a major one.
 */
export function madeOnce<Key extends object, Value extends object | string>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const MADE = Symbol("made");
  return (key) => {
    const holder: { [MADE]?: Value | undefined } = key;
    return (holder[MADE] ??= make(key));
  };
}
