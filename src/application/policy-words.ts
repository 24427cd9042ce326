import type { CombiningAlgorithm, OnError } from "../core/policy.js";
import type { Effect } from "../core/verbs.js";

/** The words of policy documents, in lower case, and what each means. */
export type Words<Meaning> = ReadonlyMap<string, Meaning>;

export const COMBINING_WORDS: Words<CombiningAlgorithm> = new Map([
  ["first_applicable", "first-applicable"],
  ["deny_overrides", "deny-overrides"],
  ["permit_overrides", "permit-overrides"],
]);

export const DEFAULT_EFFECT_WORDS: Words<Effect> = new Map([
  ["permit", "permit"],
  ["deny", "deny"],
]);

export const ON_ERROR_WORDS: Words<OnError> = new Map([
  ["deny", "deny"],
  ["skip", "skip"],
]);

/** What `text` means, written in any case; undefined where it is none of the words. */
export function readWord<Meaning>(words: Words<Meaning>, text: string): Meaning | undefined {
  return words.get(asciiLowerCase(text));
}

/**
 * `text` with A to Z in lower case, and every other letter as it is: `toLowerCase` makes a plain k of
 * the Kelvin sign, and `toUpperCase` a plain I of the dotless one, so a word that nobody wrote would
 * be taken for one that is known.
 */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
