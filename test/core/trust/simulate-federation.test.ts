import { describe, expect, it } from "vitest";
import { PROFILE_ROUNDS, PROFILES, SKEWS } from "../../../src/core/trust/simulate-profiles.js";
import { type SimulationOptions, simulateTrust } from "../../../src/core/trust/simulate.js";
import {
  DEFAULT_TRUST_RULES,
  exclusionBelow,
  reductionBelow,
} from "../../../src/core/trust/trust-rules.js";
import { options } from "../../support/simulation-options.js";

const one = (told: Partial<SimulationOptions> = {}) => {
  const [run] = simulateTrust({ ...options, ...told });
  return run ?? expect.fail("nothing was simulated");
};
const trustOfFirst = (told: Partial<SimulationOptions>): number =>
  one(told).fates[0]?.trustAtEnd ?? Number.NaN;

describe.each(SKEWS)("a federation of the kind %s", (skew) => {
  const profile = PROFILES[skew];
  const by = (values: readonly number[]) =>
    PROFILE_ROUNDS.map((round, place) => ({ round, value: values[place] ?? Number.NaN }));

  it.each(["honestSpread", "flipMean", "flipSpread", "flipLogNorm"] as const)(
    "has a number for %s in every round that numbers were taken from",
    (name) => {
      expect(profile[name]).toHaveLength(PROFILE_ROUNDS.length);
    },
  );

  it("spreads honest updates more and more, and never less than clients differ at the end", () => {
    const [first = 0] = profile.honestSpread;
    const last = profile.honestSpread.at(-1) ?? 0;
    expect(last).toBeGreaterThan(2 * first);
    expect(last).toBeGreaterThan(profile.honestBetween);
  });

  it("has flippers that point away from the ninth round on, and grow", () => {
    const late = by(profile.flipMean).filter(({ round }) => round >= 8.5);
    expect(late.filter(({ value }) => !(value < 0))).toEqual([]);
    expect(profile.flipLogNorm.at(-1)).toBeGreaterThan(1);
    expect(profile.flipSpread.filter((spread) => !(spread > 0))).toEqual([]);
  });
});

describe("federations", () => {
  it("whose clients are alike see flippers from the third round on, others not so soon", () => {
    const early = SKEWS.map((skew) => (PROFILES[skew].flipMean[1] ?? 0) < -0.1);
    expect(early).toEqual([true, false, false, false]);
  });

  it("whose clients differ have the next round go against the last one", () => {
    const memories = SKEWS.map((skew) => Math.sign(PROFILES[skew].honestMemory));
    expect(memories).toEqual([0, -1, -1, -1]);
  });

  it("are others with another seed", () => {
    expect(one({ seed: 2 })).not.toStrictEqual(one({ seed: 1 }));
  });
});

describe("in a simulated federation", () => {
  it("ratios are to the median, so that honest clients are trusted though most attack", () => {
    const { fates } = one({ share: 0.8 });
    const [attacker, honest] = [fates[0], fates.at(-1)];
    expect(honest?.trustAtEnd).toBeGreaterThan(0.8);
    expect(attacker?.trustAtEnd).toBeLessThan(0.2);
  });

  it("colluders are less trusted than others that flip, from the first round on", () => {
    const rounds = { rounds: 1 };
    expect(trustOfFirst({ ...rounds, attack: "collusion" })).toBeLessThan(
      trustOfFirst(rounds) - 0.02,
    );
  });

  it("nobody has influence where nobody has weight", () => {
    const rules = { ...DEFAULT_TRUST_RULES, newcomerWeight: 0 };
    expect(one({ rounds: 1, rules }).influence).toBe(0);
  });

  it("newcomers weigh what a reduction that holds says", () => {
    const influence = (weight: number): number =>
      one({
        rounds: 5,
        rules: { ...DEFAULT_TRUST_RULES, reductions: [reductionBelow(0.5, weight)] },
      }).influence;
    expect(influence(0.1)).toBeLessThan(influence(0.5) - 0.01);
  });

  it("who is out already is out from the first round of the attack on", () => {
    const exclusions = [exclusionBelow(0.99, { roundsIn: 1, dwellRounds: 1_000 })];
    const rules = { ...DEFAULT_TRUST_RULES, exclusions, minCohort: 0 };
    const { fates } = one({ startsAfterRound: 5, rounds: 8, rules });
    expect(fates.map(({ excludedAfter, reducedAfter }) => [excludedAfter, reducedAfter])).toEqual(
      fates.map(() => [1, 1]),
    );
  });

  it("each attacker comes back under names of its own", () => {
    const { fates } = one({ attack: "whitewash", rounds: 40, registered: true });
    const [first, second] = fates;
    expect(first?.identities).toBeGreaterThan(2);
    expect(second?.trustAtEnd).not.toBe(first?.trustAtEnd);
  });
});
