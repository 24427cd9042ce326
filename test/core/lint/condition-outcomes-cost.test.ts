import { expect, it } from "vitest";
import { possibleOutcomes } from "../../../src/core/lint/condition-outcomes.js";
import type { ValueMap } from "../../../src/core/values.js";
import { expressionOf } from "../../support/conditions.js";

/** How often the parameters are asked for a name while `comparisons` of them, joined, are judged. */
function lookUps(comparisons: number): number {
  const text = Array.from({ length: comparisons }, (_, index) => `a${index} < 1`).join(" && ");
  let count = 0;
  const parameters = new Proxy<ValueMap>(
    {},
    {
      get() {
        count += 1;
        return undefined;
      },
    },
  );
  possibleOutcomes(expressionOf(text), parameters);
  return count;
}

it("a condition of many comparisons costs no square of them", () => {
  expect(lookUps(200)).toBeLessThan(2.5 * lookUps(100));
});
