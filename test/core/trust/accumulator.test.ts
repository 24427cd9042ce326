import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addEvidence,
  factorInterval,
  factorMean,
  trustInterval,
  trustScore,
} from "../../../src/core/trust/accumulator.js";
import { ClientRecord } from "../../../src/core/trust/client-record.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";

// Made in each test, not at load: a file that does not load says nothing.
const model = () => trustModel();
const [PARTICIPATION, QUALITY, CONSISTENCY, COMPLIANCE] = [0, 1, 2, 3] as const;
const FACTORS = [PARTICIPATION, QUALITY, CONSISTENCY, COMPLIANCE] as const;

function newcomer(): ClientRecord {
  const client = new ClientRecord();
  client.reset(0.5);
  client.score = trustScore(client, model());
  return client;
}

function after(rounds: number, sample: number): ClientRecord {
  const client = newcomer();
  for (let round = 0; round < rounds; round += 1) {
    for (const factor of FACTORS) addEvidence(client, model(), factor, sample, 1 - sample);
  }
  client.score = trustScore(client, model());
  return client;
}

describe("trust", () => {
  // prettier-ignore
  it.each<[says: string, rounds: number, sample: number, score: number]>([
    ["of a client never seen is the prior", 0, 1, 0.5],
    ["after 1 perfect round", 1, 1, 0.6],
    ["after 2", 2, 1, 0.66],
    ["after 3", 3, 1, 0.7],
    ["after 4", 4, 1, 0.73],
    ["after 5", 5, 1, 0.76],
    ["after so many that nothing is gained any more", 300, 1, 0.875],
    ["after 1 bad round", 1, 0, 0.35],
    ["after 2", 2, 0, 0.28],
    ["after 3", 3, 0, 0.23],
  ])("%s", (_says, rounds, sample, score) => {
    expect(after(rounds, sample).score).toBeCloseTo(score, 2);
  });

  // prettier-ignore
  it.each<[says: string, rounds: number, lower: number, upper: number]>([
    ["of a newcomer is wide", 0, 0.31, 0.69],
    ["of a client that has always been good is narrow", 300, 0.81, 0.94],
  ])("the interval %s", (_says, rounds, lower, upper) => {
    const interval = trustInterval(after(rounds, 1), model());
    expect(interval.lower).toBeCloseTo(lower, 2);
    expect(interval.upper).toBeCloseTo(upper, 2);
  });

  it("weighs participation and quality with 0.3, consistency and compliance with 0.2", () => {
    const gains = FACTORS.map((factor) => {
      const client = newcomer();
      addEvidence(client, model(), factor, 1, 0);
      return (trustScore(client, model()) - 0.5) / (factorMean(client, model(), factor) - 0.5);
    });
    expect(gains.map((gain) => Number(gain.toFixed(9)))).toStrictEqual([0.3, 0.3, 0.2, 0.2]);
  });
});

describe("evidence of one factor", () => {
  // prettier-ignore
  it.each<[says: string, factor: number, rounds: readonly (readonly [good: number, bad: number])[], good: number, bad: number]>([
    ["counts as it is when it is good", QUALITY, [[1, 0]], 1, 0],
    ["counts twice when it is bad", QUALITY, [[0, 1]], 0, 2],
    ["counts once when it is an absence", PARTICIPATION, [[0, 1]], 0, 1],
    ["fades to half in 8 rounds when it is good", QUALITY, [[1, 0], ...Array<[number, number]>(8).fill([0, 0])], 0.5, 0],
    ["fades to half in 24 rounds when it is bad", COMPLIANCE, [[0, 1], ...Array<[number, number]>(24).fill([0, 0])], 0, 1],
    ["fades to half in 24 rounds when it is inconsistent", CONSISTENCY, [[0, 1], ...Array<[number, number]>(24).fill([0, 0])], 0, 1],
    ["fades to half in 8 rounds when it is an absence", PARTICIPATION, [[0, 1], ...Array<[number, number]>(8).fill([0, 0])], 0, 0.5],
  ])("%s", (_says, factor, rounds, good, bad) => {
    const client = newcomer();
    for (const [more, worse] of rounds) addEvidence(client, model(), factor, more, worse);
    expect([client.good(factor), client.bad(factor)]).toStrictEqual([
      expect.closeTo(good, 12),
      expect.closeTo(bad, 12),
    ]);
  });

  // prettier-ignore
  it.each<[says: string, good: number, bad: number, mean: number, lower: number, upper: number]>([
    ["is the prior without any", 0, 0, 0.5, 0.132, 0.868],
    ["moves with the good", 4, 0, 0.75, 0.513, 0.987],
    ["moves with the bad", 0, 2, 0.25, 0.013, 0.487],
    ["never passes 1", 12.05, 0, 0.875, 0.744, 1],
    ["never passes 0", 0, 30, 0.0313, 0, 0.067],
  ])("%s", (_says, good, bad, mean, lower, upper) => {
    const client = newcomer();
    addEvidence(client, model(), QUALITY, good, bad);
    expect(factorMean(client, model(), QUALITY)).toBeCloseTo(mean, 3);
    const interval = factorInterval(client, model(), QUALITY);
    expect(interval.lower).toBeCloseTo(lower, 3);
    expect(interval.upper).toBeCloseTo(upper, 3);
  });

  it("never lowers the score by being better", () => {
    const sample = fc.record({
      factor: fc.constantFrom(...FACTORS),
      x: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const better = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        better,
        (all, at, up) => {
          const [before, after] = [newcomer(), newcomer()];
          for (const [index, { factor, x }] of all.entries()) {
            const raised = index === at % all.length ? Math.max(x, up) : x;
            addEvidence(before, model(), factor, x, 1 - x);
            addEvidence(after, model(), factor, raised, 1 - raised);
          }
          expect(trustScore(after, model())).toBeGreaterThanOrEqual(
            trustScore(before, model()) - 1e-15,
          );
        },
      ),
    );
  });
});
