import { describe, expect, it } from "vitest";
import { searchSteps, spendShare, textSteps } from "../../src/core/steps.js";

describe("a share of the steps", () => {
  // prettier-ignore
  it.each<[says: string, left: number, share: number, spent: number, lent: number, after: number]>([
    ["is lent, and what is not spent comes back", 100, 0.25, 10, 25, 90],
    ["is in whole steps", 7, 0.5, 0, 3, 7],
    ["may be overspent, which counts", 100, 0.25, 30, 25, 70],
    ["of nothing left is nothing", -3, 0.5, 0, 0, -3],
    ["of nothing left may be overspent", -3, 0.5, 2, 0, -5],
  ])("%s", (_says, left, share, spent, lent, after) => {
    const steps = { left };
    const part = spendShare(steps, share, (own) => {
      const given = own.left;
      own.left -= spent;
      return given;
    });
    expect([part, steps.left]).toEqual([lent, after]);
  });
});

describe("a text costs", () => {
  // prettier-ignore
  it.each<[says: string, length: number, steps: number]>([
    ["nothing while it is short", 63, 0],
    ["a step for 64 characters", 64, 1],
    ["a step for each 64", 640, 10],
  ])("%s", (_says, length, steps) => {
    expect(textSteps("x".repeat(length))).toBe(steps);
  });
});

describe("a search costs", () => {
  // prettier-ignore
  it.each<[says: string, text: number, sought: number, steps: number]>([
    ["what the text costs where little is sought", 640, 7, 10],
    ["so much again for each 8 characters sought", 640, 8, 20],
    ["so much again for all of them", 640, 640, 810],
    ["nothing where more is sought than there is", 640, 641, 0],
  ])("%s", (_says, text, sought, steps) => {
    expect(searchSteps("x".repeat(text), "x".repeat(sought))).toBe(steps);
  });
});
