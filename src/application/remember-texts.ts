/** Texts that are remembered; beyond it everything is forgotten. */
const MOST_TEXTS = 10_000;
/** UTF-16 units of a text that is worth it. */
const LONGEST_TEXT = 64;

/** `make`, which gives the same for equal texts: made once for short texts that come again and again. */
export function rememberTexts(make: (text: string) => string): (text: string) => string {
  const made = new Map<string, string>();
  return (text) => {
    if (text.length > LONGEST_TEXT) return make(text);
    let known = made.get(text);
    if (known === undefined) {
      known = make(text);
      if (made.size >= MOST_TEXTS) made.clear();
      made.set(text, known);
    }
    return known;
  };
}
