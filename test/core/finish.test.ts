import { describe, expect, it } from "vitest";
import { finish } from "../../src/core/finish.js";

describe("steps that are run to their end at once", () => {
  it.each([0, 1, 3])("give what they return after %i turns for others", (turns) => {
    let taken = 0;
    function* steps(): Generator<void, string> {
      for (; taken < turns; taken += 1) yield;
      return `after ${taken}`;
    }
    expect(finish(steps())).toBe(`after ${turns}`);
  });

  it("throw what a step throws", () => {
    function* steps(): Generator<void, never> {
      yield;
      throw new RangeError("in a step");
    }
    expect(() => finish(steps())).toThrow("in a step");
  });
});
