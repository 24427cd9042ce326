import { describe, expect, it } from "vitest";
import { type AttackPlan, SimulatedClient } from "../../../src/core/trust/simulate-clients.js";
import {
  type Attack,
  inRound,
  PROFILES,
  type Skew,
} from "../../../src/core/trust/simulate-profiles.js";
import { SeededRandom } from "../../../src/core/trust/simulate-random.js";
import {
  type SimulatedFate,
  type SimulationOptions,
  simulateTrust,
} from "../../../src/core/trust/simulate.js";
import { summaryOf } from "../../../src/core/trust/simulate-summary.js";
import { options } from "../../support/simulation-options.js";

const near = (value: number, digits = 1): number => expect.closeTo(value, digits) as number;

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

describe("random numbers from a seed", () => {
  const drawn = (seed: number, draw: "next" | "normal"): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20_000 }, () => random[draw]());
  };

  it("are the same for the same seed and others for another", () => {
    expect(drawn(7, "next")).toStrictEqual(drawn(7, "next"));
    expect(drawn(8, "next")[0]).not.toBe(drawn(7, "next")[0]);
  });

  it("are even between 0 and 1", () => {
    const numbers = drawn(1, "next");
    expect(spreadOf(numbers)).toStrictEqual({
      mean: near(0.5),
      deviation: near(Math.sqrt(1 / 12)),
    });
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => numbers.filter((number) => Math.floor(number * 10) === tenth).length,
    );
    expect(Math.min(...tenths)).toBeGreaterThan(1_800);
  });

  it("are normal where that is asked for", () => {
    const numbers = drawn(2, "normal");
    expect(spreadOf(numbers)).toStrictEqual({ mean: near(0), deviation: near(1) });
    const outside = numbers.filter((number) => Math.abs(number) > 1.96).length / numbers.length;
    expect(outside).toBeCloseTo(0.05, 2);
  });
});

describe("a number of a profile", () => {
  const values = [5, 10, 20, 30, 40, 50, 60, 70, 80];
  // prettier-ignore
  it.each<[says: string, round: number, value: number]>([
    ["is the first in the first round", 1, 5],
    ["is its own in its round", 5, 20],
    ["is between two in a round between them", 3.75, 15],
    ["is the last after the last", 60, 80],
  ])("%s", (_says, round, value) => {
    expect(inRound(values, round)).toBe(value);
  });
});

describe("updates of", () => {
  const plan: AttackPlan = { attack: "flip", startsAfterRound: 0, onOffRounds: 5 };

  /** Means and deviations over many clients in one round. */
  function seen(of: {
    malicious: boolean;
    attack?: Attack;
    skew?: Skew;
    round?: number;
    captured?: number;
  }): { alignment: number; spread: number; logNorm: number } {
    const { malicious, attack = "flip", skew = "dirichlet-1", round = 13, captured = 0 } = of;
    const random = new SeededRandom(3);
    const updates = Array.from({ length: 4_000 }, () =>
      new SimulatedClient("c", malicious, PROFILES[skew], random).update(
        round,
        { ...plan, attack },
        captured,
      ),
    );
    const alignment = spreadOf(updates.map((update) => update.alignment));
    const { mean: logNorm } = spreadOf(updates.map(({ normRatio }) => Math.log(normRatio)));
    return { alignment: alignment.mean, spread: alignment.deviation, logNorm };
  }

  // prettier-ignore
  it.each<[says: string, of: Parameters<typeof seen>[0], alignment: number, spread: number, logNorm: number]>([
    ["honest clients lie around the median, by the spread of the round", { malicious: false }, 1, 0.5, 0],
    ["honest clients later spread more", { malicious: false, round: 53 }, 1, 1.5, 0],
    ["honest clients with very unlike data spread more", { malicious: false, skew: "dirichlet-0.5" }, 1, 0.8, 0],
    ["flippers point away and are larger", { malicious: true }, -0.68, 0.4, 0.5],
    ["flippers among clients alike do so together", { malicious: true, skew: "iid" }, -0.68, 0.04, 0.77],
    ["flippers with a fifth of the weight are not nearer to the reference", { malicious: true, captured: 0.2 }, -0.68, 0.4, 0.5],
    ["flippers with more of it are", { malicious: true, captured: 0.4 }, -0.56, 0.4, 0.5],
    ["who comes back flips", { malicious: true, attack: "whitewash" }, -0.68, 0.4, 0.5],
    ["colluders flip", { malicious: true, attack: "collusion" }, -0.68, 0.4, 0.5],
    ["those that scale flip and are five times larger", { malicious: true, attack: "scale" }, -0.68, 0.4, 0.5 + Math.log(5)],
    ["those that turn the sign are the opposite of honest", { malicious: true, attack: "sign" }, -1, 0.5, 0],
    ["noise is at right angles", { malicious: true, attack: "gaussian" }, 0, 0.11, 0],
    ["free riders send next to nothing", { malicious: true, attack: "free-rider" }, 0, 0.11, -4.6],
    ["those that turn against a trained model point away hard", { malicious: true, attack: "on-off" }, -1.2, 0.5, 0.9],
    ["those that turn against it in the tenth round still flip", { malicious: true, attack: "late-betrayal", round: 10 }, -0.6, 0.4, 0.35],
    ["those that turn against it early flip", { malicious: true, attack: "late-betrayal", round: 5 }, -0.3, 0.35, 0.18],
  ])("%s", (_says, of, alignment, spread, logNorm) => {
    expect(seen(of)).toStrictEqual({
      alignment: near(alignment),
      spread: near(spread),
      logNorm: near(logNorm),
    });
  });

  // prettier-ignore
  it.each<[says: string, plan: Partial<AttackPlan>, poisoned: string]>([
    ["a flipper are all poisoned", {}, "xxxxxxxx"],
    ["one that waits are not before", { startsAfterRound: 3 }, "---xxxxx"],
    ["one that goes on and off are in turns", { attack: "on-off", onOffRounds: 2 }, "xx--xx--"],
    ["one that does so later are in turns from then on", { attack: "on-off", onOffRounds: 2, startsAfterRound: 1 }, "-xx--xx-"],
  ])("%s", (_says, told, poisoned) => {
    const client = new SimulatedClient("c", true, PROFILES.iid, new SeededRandom(1));
    const rounds = [1, 2, 3, 4, 5, 6, 7, 8].map((round) => client.update(round, { ...plan, ...told }, 0));
    expect(rounds.map((update) => (update.poisoned ? "x" : "-")).join("")).toBe(poisoned);
  });

  it("colluders are copies of each other, those of others are not known to be", () => {
    const of = (attack: Attack) =>
      new SimulatedClient("c", true, PROFILES.iid, new SeededRandom(1)).update(
        1,
        { ...plan, attack },
        0,
      );
    expect([of("collusion").maxPairwise, of("flip").maxPairwise]).toStrictEqual([1, undefined]);
  });

  it("one client keep what is its own, and forget the rest as the profile says", () => {
    const random = new SeededRandom(5);
    const profile = PROFILES["dirichlet-0.5"];
    const pairs = Array.from({ length: 4_000 }, () => {
      const client = new SimulatedClient("c", false, profile, random);
      return [client.update(25.5, plan, 0), client.update(25.5, plan, 0)] as const;
    });
    const product = (of: "alignment" | "normRatio"): number =>
      spreadOf(pairs.map(([one, two]) => (one[of] - 1) * (two[of] - 1))).mean;
    expect(product("alignment")).toBeCloseTo(0.25 - 0.14 * (1.5 ** 2 - 0.25), 1);
    expect(product("normRatio")).toBeGreaterThan(0.05);
  });
});

describe("a simulated federation", () => {
  const one = (told: Partial<SimulationOptions> = {}) => {
    const [run] = simulateTrust({ ...options, ...told });
    return run ?? expect.fail("nothing was simulated");
  };

  it("has its share of attackers, who are found, and nobody else", () => {
    const { fates } = one();
    expect(fates.map(({ malicious }) => malicious)).toStrictEqual([
      true,
      true,
      ...Array<boolean>(8).fill(false),
    ]);
    expect(fates.map(({ excludedAfter }) => excludedAfter !== undefined)).toStrictEqual(
      fates.map(({ malicious }) => malicious),
    );
    expect(fates[0]).toMatchObject({ identities: 1, trustAtEnd: near(0.08) });
    expect(fates[9]).toMatchObject({ identities: 1, trustAtEnd: near(0.85), alerted: false });
    expect(fates[0]?.reducedAfter).toBe(fates[0]?.excludedAfter);
  });

  it("has the influence that is left beside that without weights", () => {
    const { influence, influenceUndefended } = one({ rounds: 6 });
    expect(influenceUndefended).toBeCloseTo(0.2, 12);
    expect(influence).toBeLessThan(0.2);
    expect(one({ rounds: 1 }).influence).toBeCloseTo(0.2, 12);
    expect(one({ startsAfterRound: 20 }).influenceUndefended).toBe(0);
    expect(one({ startsAfterRound: 10 }).influenceUndefended).toBeCloseTo(0.2, 12);
  });

  it("counts rounds from the start of the attack", () => {
    const { fates } = one({ startsAfterRound: 12, rounds: 60, attack: "late-betrayal" });
    expect(fates[0]?.reducedAfter).toBeGreaterThan(2);
    expect(fates[0]?.excludedAfter).toBeLessThan(20);
    expect(fates[0]?.reducedAfter).toBeLessThan(fates[0]?.excludedAfter ?? 0);
    expect(fates.map(({ alerted }) => alerted)).toStrictEqual(
      fates.map(({ malicious }) => malicious),
    );
  });

  it("takes seeds one after the other", () => {
    const runs = [...simulateTrust({ ...options, runs: 2 })];
    expect(runs).toHaveLength(2);
    expect(runs[0]).toStrictEqual(one());
    expect(runs[1]).not.toStrictEqual(runs[0]);
  });

  it("lets excluded attackers come back under new names where they do that", () => {
    const [first] = one({ attack: "whitewash" }).fates;
    expect(first?.identities).toBeGreaterThan(1);
    expect(first?.trustAtEnd).toBeGreaterThan(0.15);
  });

  it("starts them no better than their owner where clients register", () => {
    const [first] = one({ attack: "whitewash", registered: true }).fates;
    expect(first?.trustAtEnd).toBeLessThan(0.15);
  });

  it("has updates that do not come, and that come late", () => {
    const honest = (told: Partial<SimulationOptions>): number =>
      one({ share: 0, ...told }).fates[0]?.trustAtEnd ?? 0;
    expect(honest({ late: 1 })).toBeLessThan(honest({}) - 0.05);
    expect(honest({ late: 1 })).toBeGreaterThan(0.7);
    expect(honest({ dropouts: 0.6 })).toBeLessThan(honest({}) - 0.05);
    expect(one({ dropouts: 1 })).toMatchObject({ influence: 0, influenceUndefended: 0 });
  });
});

it("a summary takes means, medians and shares", () => {
  const fate = (malicious: boolean, told: Partial<SimulatedFate> = {}): SimulatedFate => ({
    malicious,
    alerted: false,
    trustAtEnd: 0.8,
    identities: 1,
    ...told,
  });
  const fates = [
    fate(true, {
      excludedAfter: 9,
      reducedAfter: 2,
      alerted: true,
      trustAtEnd: 0.1,
      identities: 4,
    }),
    fate(true, { excludedAfter: 3, reducedAfter: 3, trustAtEnd: 0.2 }),
    fate(true, { excludedAfter: 5, reducedAfter: 1, trustAtEnd: 0.3 }),
    fate(true, { trustAtEnd: 0.6 }),
    fate(false, { excludedAfter: 7, trustAtEnd: 0.4 }),
    fate(false, { alerted: true, reducedAfter: 8 }),
  ];
  expect(
    summaryOf([
      { fates, influence: 0.1, influenceUndefended: 0.3 },
      { fates, influence: 0.2, influenceUndefended: 0.5 },
    ]),
  ).toStrictEqual({
    runs: 2,
    attackers: 4,
    honest: 2,
    detected: 0.75,
    detectionMedianRounds: 5,
    detectionP90Rounds: 9,
    reducedMedianRounds: 2,
    falseExclusion: 0.5,
    f1: 12 / 16,
    influence: near(0.15, 9),
    influenceUndefended: near(0.4, 9),
    alertedAttackers: 0.25,
    alertedHonest: 0.5,
    trustOfAttackers: near(0.3, 9),
    trustOfHonest: near(0.6, 9),
    identities: 7,
  });
});
