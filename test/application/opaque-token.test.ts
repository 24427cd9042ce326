import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOf, tokenOf } from "../../src/application/opaque-token.js";

const places = fc.string({ unit: "binary" });

describe("a token", () => {
  it("gives back the place that it was made of", () => {
    fc.assert(fc.property(places, (place) => placeOf(tokenOf(place)) === place));
  });

  it("is none any more once it is cut", () => {
    const cut = fc.tuple(places, fc.nat()).map(([place, at]) => {
      const token = tokenOf(place);
      return token.slice(0, at % token.length);
    });
    fc.assert(fc.property(cut, (token) => placeOf(token) === undefined));
  });

  it("is none any more once it is changed", () => {
    const characters = fc.constantFrom("A", "z", "0", "-", "_", "=", " ");
    fc.assert(
      fc.property(places, fc.nat(), characters, (place, at, character) => {
        const token = tokenOf(place);
        const index = at % (token.length + 1);
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        expect(placeOf(changed)).toBe(changed === token ? place : undefined);
      }),
    );
  });
});
