import { nearest } from "../../core/nearest.js";

/** What the engine itself supplies, by the first step of the name. */
const ENGINE_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["engine", ["hour", "minute", "day_of_week", "time"]],
  ["policy_engine", ["status"]],
]);

/** Undefined for what the engine supplies, and for names of others; else what is wrong with the name. */
export function engineNameProblem([root = "", ...rest]: readonly string[]): string | undefined {
  const names = ENGINE_NAMES.get(root);
  const written = rest.join(".");
  if (!names || rest.length === 0 || names.includes(written)) return undefined;
  const near = nearest(written, names);
  const meant = near === undefined ? names : [near];
  const fix = meant.map((known) => `\`${root}.${known}\``).join(", ");
  return `the engine supplies no \`${root}.${written}\`; it supplies ${fix}`;
}
