import { nearest } from "./nearest.js";

/** What a rule can say. */
export type Effect = "permit" | "deny";

/**
 * `deny` and `allow` take part in the effect; `parameter` rules are obligations whose parameters are
 * returned; `record` rules are advice.
 */
export type VerbClass = "deny" | "allow" | "parameter" | "record";

const VERBS: Readonly<Record<VerbClass, string>> = {
  deny: "deny block reject forbid quarantine isolate suspend exclude_client reject_update",
  allow: "allow permit grant authorize accept",
  parameter:
    "configure modify adjust tune set throttle limit restrict prioritize boost elevate filter select choose enforce apply implement retry repeat reattempt checkpoint save backup failover fallback redirect rate_limit distribute reroute scale weight_reduction",
  record:
    "log audit record track monitor watch observe inspect verify validate check confirm simulate test mock alert evaluate_trust",
};

/** THE table: verb -> class. A verb that is not here is refused when policy is loaded. */
export const VERB_CLASSES: ReadonlyMap<string, VerbClass> = new Map(
  Object.entries(VERBS).flatMap(([verbClass, verbs]) =>
    verbs.split(" ").map((verb) => [verb, verbClass as VerbClass] as const),
  ),
);

/** The verb that was probably meant by a misspelt one (`dney`: `deny`); undefined when none is near. */
export function nearestVerb(text: string): string | undefined {
  return nearest(text, VERB_CLASSES.keys());
}
