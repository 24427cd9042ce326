/**
 * What would be long to write, written short: `{$repeat: value, times: n}` is the text n times over, or
 * a list with n elements; `{$join: [...]}` is texts as one; `{$keys: n}` is a map with the keys `k0` to
 * `k(n-1)`, each 1.
 */
export function expandShorthands(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expandShorthands);
  if (typeof value !== "object" || value === null) return value;
  const map = value as Readonly<Record<string, unknown>>;
  if (typeof map["$keys"] === "number") {
    return Object.fromEntries(Array.from({ length: map["$keys"] }, (_, key) => [`k${key}`, 1]));
  }
  if (Array.isArray(map["$join"])) return map["$join"].map(expandShorthands).join("");
  if (Object.hasOwn(map, "$repeat") && typeof map["times"] === "number") {
    const repeated = expandShorthands(map["$repeat"]);
    if (typeof repeated === "string") return repeated.repeat(map["times"]);
    return Array.from({ length: map["times"] }, () => repeated);
  }
  return Object.fromEntries(
    Object.entries(map).map(([key, inner]) => [key, expandShorthands(inner)]),
  );
}
