import { describe, expect, it } from "vitest";
import { parameterProblems, TRUST_PARAMETERS } from "../../../src/core/trust/parameters.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";

describe("the version of a model", () => {
  // prettier-ignore
  it.each<[says: string, of: Parameters<typeof trustModel>, version: string]>([
    ["is its name while nothing is changed", [], "flopynet-coupled-1"],
    ["is the other name of the other", ["seed-literal-1"], "seed-literal-1"],
    ["names what is changed", ["flopynet-coupled-1", { gate: 0.3, badWeight: 3 }], "flopynet-coupled-1 badWeight=3 gate=0.3"],
    ["names several in alphabetical order", ["flopynet-coupled-1", { prior: 0.4, alignmentFull: 0.3 }], "flopynet-coupled-1 alignmentFull=0.3 prior=0.4"],
    ["does not name what is set to its default", ["flopynet-coupled-1", { gate: 0.2 }], "flopynet-coupled-1"],
  ])("%s", (_says, of, version) => {
    expect(trustModel(...of).version).toBe(version);
  });
});

describe("parameters that somebody sets", () => {
  // prettier-ignore
  it.each<[says: string, set: Readonly<Record<string, unknown>>, problems: readonly unknown[]]>([
    ["may be none", {}, []],
    ["may be any within their ranges", { gate: 0, priorWeight: 100 }, []],
    ["are refused when they are unknown, with all that are known", { gates: 1 }, [expect.stringMatching(/`gates` is no parameter of trust: there are participationWeight, .*massChangeShare/)]],
    ["are refused when they are no numbers", { gate: "0.2" }, ["`gate` must be a number from 0 to 1 (quality)"]],
    ["are refused above their range", { gate: 1.1 }, ["`gate` must be a number from 0 to 1 (quality)"]],
    ["are refused below their range", { prior: 0 }, ["`prior` must be a number from 0.01 to 0.99 (score)"]],
    ["are refused when they are not numbers at all", { prior: Number.NaN }, ["`prior` must be a number from 0.01 to 0.99 (score)"]],
    ["are all told at once", { gate: 2, prior: 2 }, [expect.stringContaining("gate"), expect.stringContaining("prior")]],
    ["must keep weights that add up to 1", { qualityWeight: 0.5 }, ["the four weights must add up to 1, they add up to 1.2"]],
    ["may move weight from one factor to another", { qualityWeight: 0.5, participationWeight: 0.1 }, []],
    ["must keep ends of ramps in order", { alignmentNone: 0.2 }, ["`alignmentNone` must be less than `alignmentFull`"]],
    ["must keep norms", { normNone: 2 }, ["`normFull` must be less than `normNone`"]],
    ["must keep deviations", { deviationFull: 6.5 }, ["`deviationFull` must be less than `deviationNone`"]],
    ["must keep likenesses", { pairwiseNone: 0.9 }, ["`pairwiseFull` must be less than `pairwiseNone`"]],
    ["must keep the alert and its end apart", { dropRearmAbove: -0.3 }, ["`dropAlertBelow` must be less than `dropRearmAbove`"]],
  ])("%s", (_says, set, problems) => {
    expect(parameterProblems(set)).toStrictEqual(problems);
  });

  it("throw when nobody looked before", () => {
    expect(() => trustModel("flopynet-coupled-1", { gate: 2, prior: 2 })).toThrow(
      "`gate` must be a number from 0 to 1 (quality); `prior` must be a number from 0.01 to 0.99 (score)",
    );
  });

  it("have defaults within their own ranges", () => {
    const defaults = Object.entries(TRUST_PARAMETERS).map(([name, { value }]) => [name, value]);
    expect(
      parameterProblems(Object.fromEntries(defaults) as object as Record<string, unknown>),
    ).toStrictEqual([]);
  });
});
