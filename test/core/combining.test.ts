import { describe, expect, it } from "vitest";
import { denyOverrides, type Outcome, permitOverrides } from "../../src/core/combining.js";

const [P, D, E, NA] = ["permit", "deny", "error", "not_applicable"] as const;
type Row = [says: string, outcomes: Outcome[], combined: Outcome];

describe("deny-overrides", () => {
  // prettier-ignore
  it.each<Row>([
    ["without outcomes, nothing applies",  [],            NA],
    ["what is not applicable has no say",  [NA, P, NA],   P],
    ["a deny wins over a permit",          [P, D],        D],
    ["a deny wins over an error",          [E, D],        D],
    ["an error wins over a permit",        [P, E],        E],
    ["a deny wins over all",               [P, E, D, NA], D],
    ["a permit alone permits",             [P],           P],
    ["only not applicable stays so",       [NA, NA],      NA],
  ])("%s, in any order", (_says, outcomes, combined) => {
    expect(denyOverrides(outcomes)).toBe(combined);
    expect(denyOverrides(outcomes.toReversed())).toBe(combined);
  });
});

describe("permit-overrides", () => {
  // prettier-ignore
  it.each<Row>([
    ["without outcomes, nothing applies",  [],            NA],
    ["a permit wins over a deny",          [D, P],        P],
    ["a permit wins over an error",        [E, P],        P],
    ["a deny wins over an error",          [E, D],        D],
    ["an error alone is an error",         [E, NA],       E],
  ])("%s, in any order", (_says, outcomes, combined) => {
    expect(permitOverrides(outcomes)).toBe(combined);
    expect(permitOverrides(outcomes.toReversed())).toBe(combined);
  });
});
