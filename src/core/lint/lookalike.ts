/** Letters that look like ASCII ones. Source: Unicode, confusables.txt; those of common scripts. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    "аa еe оo рp сc уy хx іi ѕs јj ԁd һh ӏl ԛq ԝw кk мm тt вb нh",
    "АA ВB ЕE КK МM НH ОO РP СC ТT ХX ІI ЅS ЈJ",
    "αa οo ρp νv ιi κk υu τt ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX",
    "‐- ‑- ‒- –- —- −- ․. ·.",
  ]
    .join(" ")
    .split(" ")
    .map((pair) => {
      const [odd = "", plain = ""] = pair;
      return [odd, plain] as const;
    }),
);

const PLAIN = /^[\x20-\x7e]*$/;
const INVISIBLE = /[\p{Cf}\p{Cc}\u00a0\u2000-\u200a\u3000]/u;

/** `text` as a reader takes it, where it looks like plain ASCII and is not; undefined otherwise. */
export function plainTwin(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined;
  const twin = [...text.normalize("NFKC")]
    .map((character) => LOOKALIKES.get(character) ?? character)
    .filter((character) => !INVISIBLE.test(character))
    .join("");
  return PLAIN.test(twin) ? twin : undefined;
}

/** The first character by which `text` deceives a reader: another alphabet's, or an invisible one. */
export function deceptiveCharacter(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined;
  const characters = [...text];
  const invisible = characters.find((character) => INVISIBLE.test(character));
  if (invisible !== undefined) return named(invisible);
  const hasLatin = /\p{Script=Latin}/u.test(text.normalize("NFKC"));
  const foreign = characters.find(
    (character) =>
      LOOKALIKES.has(character) ||
      character.normalize("NFKC") !== character ||
      /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(character),
  );
  return hasLatin && foreign !== undefined ? named(foreign) : undefined;
}

function named(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `U+${code}`;
}
