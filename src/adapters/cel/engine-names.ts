import { nearest } from "../../core/nearest.js";

/** What the engine itself supplies, under `engine.`. */
const ENGINE_NAMES = ["hour", "minute", "day_of_week", "time"];

/** Undefined for what the engine supplies; else what is wrong with `engine.<written>`. */
export function engineNameProblem(written: string): string | undefined {
  if (ENGINE_NAMES.includes(written)) return undefined;
  const near = nearest(written, ENGINE_NAMES);
  const meant = near === undefined ? ENGINE_NAMES : [near];
  const fix = meant.map((known) => `\`engine.${known}\``).join(", ");
  return `the engine supplies no \`engine.${written}\`; it supplies ${fix}`;
}
