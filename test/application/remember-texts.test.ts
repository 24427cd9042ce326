import { describe, expect, it } from "vitest";
import { rememberTexts } from "../../src/application/remember-texts.js";

/** A maker that counts, behind the memory. */
function counted() {
  const made: string[] = [];
  const remembered = rememberTexts((text) => {
    made.push(text);
    return `<${text}>`;
  });
  return { made, remembered };
}

describe("texts that come again and again", () => {
  it("are made once", () => {
    const { made, remembered } = counted();
    expect(["a", "b", "a", ""].map(remembered)).toEqual(["<a>", "<b>", "<a>", "<>"]);
    expect(made).toEqual(["a", "b", ""]);
  });

  it("are made each time where they are long, so that they take no memory", () => {
    const { made, remembered } = counted();
    const long = "x".repeat(65);
    expect([long, long].map(remembered)).toEqual([`<${long}>`, `<${long}>`]);
    expect(made).toEqual([long, long]);
  });

  it("are right also after more of them than are remembered", () => {
    const { remembered } = counted();
    const texts = Array.from({ length: 10_050 }, (_, n) => `${n}`);
    expect([...texts, ...texts].map(remembered)).toEqual(
      [...texts, ...texts].map((text) => `<${text}>`),
    );
  });
});
