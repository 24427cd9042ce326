import { describe, expect, it } from "vitest";
import { ClientRecord } from "../../../src/core/trust/client-record.js";
import {
  alignmentQuality,
  normQuality,
  type RoundEvidence,
  takeEvidence,
} from "../../../src/core/trust/evidence.js";
import type { TrustState } from "../../../src/core/trust/trust-reading.js";
import { trustModel, type TrustModelName } from "../../../src/core/trust/trust-model.js";

const good: RoundEvidence = {
  outcome: "COMPLETED",
  alignmentRatio: 1,
  normRatio: 1,
  maxPairwise: Number.NaN,
  violations: [],
  timeMs: 0,
};
const unseen = { alignmentRatio: Number.NaN, normRatio: Number.NaN };

/** Good and bad units of the four factors, as text, after the rounds; `-` where a factor has none. */
function unitsAfter(
  rounds: readonly Partial<RoundEvidence>[],
  name: TrustModelName = "flopynet-coupled-1",
  state: TrustState = "ACTIVE",
): string {
  const client = new ClientRecord();
  client.reset(0.5);
  client.state = state;
  for (const told of rounds) takeEvidence(client, { ...good, ...told }, trustModel(name));
  return [0, 1, 2, 3]
    .map((factor) => {
      const units = [client.good(factor), client.bad(factor)].map((unit) =>
        Number(unit.toFixed(4)),
      );
      return units.every((unit) => unit === 0) ? "-" : units.join("/");
    })
    .join(" ");
}

// Participation, quality, consistency, compliance.
describe("one round is", () => {
  // prettier-ignore
  it.each<[says: string, told: Partial<RoundEvidence>, units: string]>([
    ["good in everything when a good update came in time", {}, "1/0 1/0 1/0 1/0"],
    ["half a participation when it came late", { outcome: "LATE" }, "0.5/0.5 1/0 1/0 1/0"],
    ["no participation, and nothing else, when none came", { outcome: "DROPPED" }, "0/1 - - -"],
    ["the same when the client failed", { outcome: "FAILED" }, "0/1 - - -"],
    ["nothing when the client declined", { outcome: "DECLINED" }, "- - - -"],
    ["not judged by ratios of an update that did not come", { outcome: "DROPPED", alignmentRatio: -1 }, "0/1 - - -"],

    ["bad in everything when the gate refuses the update", { alignmentRatio: -1 }, "0/1 0/2 0/2 0/2"],
    ["refused by its norm alone", { normRatio: 7 }, "0/1 0/2 0/2 0/2"],
    ["refused just below the gate", { alignmentRatio: -0.001 }, "0/1 0.196/1.608 0/2 0/2"],
    ["not refused at the gate", { alignmentRatio: 0 }, "1/0 0.2/1.6 1/0 1/0"],
    ["of the quality of the worse ratio", { alignmentRatio: 0.1, normRatio: 3 }, "1/0 0.6/0.8 1/0 1/0"],
    ["of the quality of the norm where that is worse", { alignmentRatio: 0.15, normRatio: 4 }, "1/0 0.3691/1.2619 1/0 1/0"],
    ["judged by the norm where the alignment is not seen", { alignmentRatio: Number.NaN }, "1/0 1/0 1/0 1/0"],
    ["judged by the alignment where the norm is not seen", { normRatio: Number.NaN, alignmentRatio: 0.1 }, "1/0 0.6/0.8 1/0 1/0"],
    ["without quality and consistency under secure aggregation", unseen, "1/0 - - 1/0"],
    ["refused for a norm of 0", { normRatio: 0 }, "0/1 0/2 0/2 0/2"],

    ["inconsistent when it is the copy of another's", { maxPairwise: 0.99 }, "1/0 1/0 0/2 1/0"],
    ["half consistent when it is like another's", { maxPairwise: 0.945 }, "1/0 1/0 0.5/1 1/0"],
    ["consistent when it is not more than usually like another's", { maxPairwise: 0.9 }, "1/0 1/0 1/0 1/0"],

    ["no good compliance with a violation, and as bad as that is", { violations: ["LOW"] }, "1/0 1/0 1/0 0/0.5"],
    ["worse with a worse one", { violations: ["MEDIUM"] }, "1/0 1/0 1/0 0/2"],
    ["still worse with a high one", { violations: ["HIGH"] }, "1/0 1/0 1/0 0/4"],
    ["worst with a critical one", { violations: ["CRITICAL"] }, "1/0 1/0 1/0 0/10"],
    ["as bad as all violations together", { violations: ["LOW", "HIGH"] }, "1/0 1/0 1/0 0/4.5"],
    ["one violation more when the gate refuses besides", { violations: ["HIGH"], alignmentRatio: -1 }, "0/1 0/2 0/2 0/6"],
    ["a violation also of a client that did not come", { violations: ["HIGH"], outcome: "DROPPED" }, "0/1 - - 0/4"],
    ["a violation also of a client that declined", { violations: ["LOW"], outcome: "DECLINED" }, "- - - 0/0.5"],
  ])("%s", (_says, told, units) => {
    expect(unitsAfter([told])).toBe(units);
  });

  it.each<[says: string, outcome: RoundEvidence["outcome"], units: string]>([
    ["nothing when none came", "DROPPED", "- - - -"],
    ["nothing when it declined", "DECLINED", "- - - -"],
    ["no participation when it failed", "FAILED", "0/1 - - -"],
    ["scored like any other when one came", "COMPLETED", "1/0 1/0 1/0 1/0"],
  ])("of an excluded client %s", (_says, outcome, units) => {
    expect(unitsAfter([{ outcome }], "flopynet-coupled-1", "EXCLUDED")).toBe(units);
  });

  it.each<[says: string, told: Partial<RoundEvidence>, any: boolean]>([
    ["any when an update came", {}, true],
    ["any when the client failed", { outcome: "FAILED" }, true],
    [
      "any when it broke a rule, although it declined",
      { outcome: "DECLINED", violations: ["LOW"] },
      true,
    ],
    ["none when it declined", { outcome: "DECLINED" }, false],
  ])("evidence: %s", (_says, told, any) => {
    const client = new ClientRecord();
    client.reset(0.5);
    expect(takeEvidence(client, { ...good, ...told }, trustModel())).toBe(any);
  });

  it.each<[says: string, told: Partial<RoundEvidence>, units: string]>([
    ["only of bad quality when it points away", { alignmentRatio: -1 }, "1/0 0/2 1/0 1/0"],
    ["only of bad quality when its norm is far off", { normRatio: 7 }, "1/0 0/2 1/0 1/0"],
    ["only a violation when there is one", { violations: ["MEDIUM"] }, "1/0 1/0 1/0 0/2"],
  ])("by the seed's formula %s", (_says, told, units) => {
    expect(unitsAfter([told], "seed-literal-1")).toBe(units);
  });
});

describe("over the rounds", () => {
  const spread = (ratios: readonly number[]) => ratios.map((normRatio) => ({ normRatio }));
  // Consistency alone: units of the last round when everything before is told apart by fading.
  const lastConsistency = (rounds: readonly Partial<RoundEvidence>[]): number => {
    const units = (told: readonly Partial<RoundEvidence>[]): number =>
      Number(unitsAfter(told, "seed-literal-1").split(" ")[2]?.split("/")[0]);
    return units(rounds) - units(rounds.slice(0, -1)) * 2 ** (-1 / 8);
  };

  // prettier-ignore
  it.each<[says: string, rounds: readonly Partial<RoundEvidence>[], last: number]>([
    ["four earlier updates are too few to be held against one", [...Array<object>(4).fill({}), { normRatio: 1.9 ** 4 }], 1],
    ["with five, a norm within three spreads agrees", [...Array<object>(5).fill({}), { normRatio: Math.exp(3 * 0.35) }], 1],
    ["halfway to six spreads it half agrees", [...Array<object>(5).fill({}), { normRatio: Math.exp(4.5 * 0.35) }], 0.5],
    ["smaller norms deviate as larger ones do", [...Array<object>(5).fill({}), { normRatio: Math.exp(-4.5 * 0.35) }], 0.5],
    ["six spreads away it does not", [...Array<object>(5).fill({}), { normRatio: Math.exp(6 * 0.35) }], 0],
    ["an alignment deviates by its own spread", [...Array<object>(5).fill({}), { alignmentRatio: 1 - 4.5 * 0.4 }], 0.5],
    ["the larger of the two deviations counts", [...Array<object>(5).fill({}), { alignmentRatio: 1 - 4.5 * 0.4, normRatio: Math.exp(3.1 * 0.35) }], 0.5],
    ["what is not seen does not deviate", [...Array<object>(5).fill({}), { alignmentRatio: Number.NaN, normRatio: Math.exp(4.5 * 0.35) }], 0.5],
    ["what was not seen does not count as earlier", [...Array<object>(5).fill({ alignmentRatio: Number.NaN }), { alignmentRatio: -1 }], 1],
    ["what was not seen between them does not either", [...Array<object>(5).fill({}), { alignmentRatio: Number.NaN, normRatio: Number.NaN }, { alignmentRatio: 1 - 4.5 * 0.4, normRatio: Number.NaN }], 0.5],
    ["an alignment that was once not seen is left out", [...Array<object>(5).fill({}), { alignmentRatio: Number.NaN }, { alignmentRatio: 1 - 4.5 * 0.4 }], 0.5],
    ["norms are held against the mean of the earlier ones", Array<object>(6).fill({ normRatio: 3 }), 1],
    ["norms that vary are held against their own spread", [...spread([Math.E, 1 / Math.E, Math.E, 1 / Math.E, Math.E, 1 / Math.E]), { normRatio: Math.exp(4.5) }], 0.5],
    ["earlier updates that vary allow more", [...spread([0.1, 10, 0.1, 10, 0.1, 10]), { normRatio: 100 }], 1],
    ["only the last 20 are looked at", [...Array<object>(3).fill({ normRatio: 1000 }), ...Array<object>(20).fill({}), { normRatio: Math.exp(4.5 * 0.35) }], 0.5],
  ])("%s", (_says, rounds, last) => {
    expect(lastConsistency(rounds)).toBeCloseTo(last, 3);
  });

  // Quality: the last sample by itself, faded units taken off.
  it.each<[says: string, ratios: readonly number[], quality: number]>([
    ["two alignments alike are smoothed to the same", [0.1, 0.1], 0.6],
    ["an alignment from before counts half after three updates", [0.2, 0.05, 0.05, 0.05], 0.5026],
  ])("%s", (_says, ratios, quality) => {
    const units = (of: readonly number[]): number =>
      Number(
        unitsAfter(of.map((alignmentRatio) => ({ alignmentRatio })))
          .split(" ")[1]
          ?.split("/")[0],
      );
    expect(units(ratios) - units(ratios.slice(0, -1)) * 2 ** (-1 / 8)).toBeCloseTo(quality, 4);
  });

  it("what a round says nothing of does not fade", () => {
    expect(unitsAfter([{}, { outcome: "DROPPED" }])).toBe("0.917/1 1/0 1/0 1/0");
    expect(unitsAfter([{}, { outcome: "DECLINED" }])).toBe("1/0 1/0 1/0 1/0");
    expect(unitsAfter([{}, unseen])).toBe("1.917/0 1/0 1/0 1.917/0");
  });

  // prettier-ignore
  it.each<[says: string, ratios: readonly number[], refused: boolean]>([
    ["one bad alignment after many good ones is not refused", [1, 1, 1, 1, 1, 1, 1, -1], false],
    ["the second is not either", [1, 1, 1, 1, 1, 1, 1, -1, -1], false],
    ["the third is", [1, 1, 1, 1, 1, 1, 1, -1, -1, -1], true],
    ["one good alignment after bad ones is refused", [-1, -1, -1, 1], true],
    ["three are not", [-1, -1, -1, 1, 1, 1], false],
  ])("%s", (_says, ratios, refused) => {
    const rounds = ratios.map((alignmentRatio) => ({ alignmentRatio }));
    const badOf = (told: readonly object[]): number =>
      Number(unitsAfter(told).split(" ")[0]?.split("/")[1] ?? 0);
    expect(badOf(rounds) > badOf(rounds.slice(0, -1))).toBe(refused);
  });
});

describe("quality", () => {
  // prettier-ignore
  it.each<[alignment: number, quality: number]>([[-1, 0], [-0.05, 0], [0.075, 0.5], [0.2, 1], [1.5, 1]])(
    "of a smoothed alignment of %d is %d",
    (alignment, quality) => expect(alignmentQuality(alignment, trustModel().parameters)).toBeCloseTo(quality, 12),
  );
  // prettier-ignore
  it.each<[norm: number, quality: number]>([[1, 1], [2, 1], [0.5, 1], [Math.sqrt(12), 0.5], [1 / Math.sqrt(12), 0.5], [6, 0], [1 / 6, 0], [100, 0]])(
    "of a norm of %d is %d",
    (norm, quality) => expect(normQuality(Math.log(norm), trustModel().parameters)).toBeCloseTo(quality, 12),
  );
});
