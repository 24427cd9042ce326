import { describe, expect, it } from "vitest";
import { deceptiveCharacter, plainTwin } from "../../../src/core/lint/lookalike.js";

describe("names that are not what they look like", () => {
  it.each<[says: string, name: string, character: string | undefined, twin: string | undefined]>([
    ["plain text is what it is", "fl-client", undefined, undefined],
    ["a Cyrillic letter among Latin ones", "fl-\u0441lient", "U+0441", "fl-client"],
    ["a Greek letter among Latin ones", "\u03bfpen", "U+03BF", "open"],
    ["a zero-width space", "fl\u200b-client", "U+200B", "fl-client"],
    ["a no-break space", "fl\u00a0client", "U+00A0", "fl client"],
    ["a fullwidth letter", "\uff46l-client", "U+FF46", "fl-client"],
    ["a hyphen of its own kind", "fl\u2010client", "U+2010", "fl-client"],
    ["a word all in Cyrillic may be meant", "\u0441\u0435\u0442\u044c", undefined, undefined],
    ["one that could be Latin has a twin", "\u0441\u043e\u0441\u0430", undefined, "coca"],
    ["accents are letters", "Z\u00fcrich", undefined, undefined],
  ])("%s", (_says, name, character, twin) => {
    expect([deceptiveCharacter(name), plainTwin(name)]).toEqual([character, twin]);
  });
});
