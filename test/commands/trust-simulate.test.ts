import { describe, expect, it } from "vitest";
import type { TrustSimulateOptions } from "../../src/commands/trust-simulate.js";
import { simulate, simulated } from "../support/trust-simulation.js";

const small = { clients: "10", rounds: "12", runs: "2" };

describe("a simulation", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(simulate(small)).toStrictEqual(simulate(small));
    expect(simulate({ ...small, seed: "2" }).output).not.toBe(simulate(small).output);
  });

  // prettier-ignore
  it.each<[says: string, options: Partial<TrustSimulateOptions>, name: string, of: Partial<TrustSimulateOptions>]>([
    ["a milder gate lets attackers keep influence", { params: "gate=0, badWeight=1" }, "influence", {}],
    ["attackers under one owner are not better off by coming back", { attack: "whitewash", registered: true }, "identities", { attack: "whitewash" }],
    ["attackers come back under new names", { attack: "whitewash" }, "identities", {}],
    ["late updates count less", { late: "0", share: "0" }, "trust_of_honest", { late: "0.9", share: "0" }],
  ])("where %s", (_says, more, name, less) => {
    const value = (options: Partial<TrustSimulateOptions>): number =>
      simulated({ ...small, ...options })[name] ?? Number.NaN;
    expect(value(more)).toBeGreaterThan(value(less));
  });

  it.each([
    "flip",
    "scale",
    "sign",
    "gaussian",
    "free-rider",
    "on-off",
    "late-betrayal",
    "whitewash",
    "collusion",
  ])("of %s harms without a defence and less with one", (attack) => {
    const options = { attack, clients: "20", rounds: "40", runs: "1", skew: "dirichlet-1" };
    const { influence, influence_undefended: undefended } = simulated(options);
    expect(undefended).toBeGreaterThan(0.05);
    expect(influence).toBeLessThan(0.75 * (undefended ?? 0));
  });

  it("is told for people", () => {
    expect(
      simulate({ ...small, attack: "late-betrayal", startsAfter: "5" }).output.split("\n"),
    ).toStrictEqual([
      "2 of 10 clients: late-betrayal after round 5; iid, 12 rounds, 2 federations from seed 1, flopynet-coupled-1",
      expect.stringMatching(/^ {2}attackers excluded {4,}\d+\.\d %/),
      expect.stringMatching(/^ {2}weight reduced +after .* \(median\)$/),
      expect.stringMatching(/^ {2}F1 +\d\.\d\d$/),
      expect.stringMatching(/^ {2}influence left +\d+\.\d % {2}of \d+\.\d %$/),
      expect.stringMatching(/^ {2}attackers' trust +0\.\d\d {2}at the end$/),
      expect.stringMatching(/^ {2}attackers alerted +\d+\.\d %$/),
      "  attackers' names            2  of 2 attackers",
      expect.stringMatching(/^ {2}honest excluded +\d+\.\d % {2}at any time, of 8$/),
      expect.stringMatching(/^ {2}honest trust +0\.\d\d {2}at the end$/),
      expect.stringMatching(/^ {2}honest alerted +\d+\.\d %$/),
    ]);
  });

  it("without attackers tells of the honest alone", () => {
    const lines = simulate({ ...small, share: "0" }).output.split("\n");
    expect(lines[0]).toBe(
      "no attack; iid, 12 rounds, 2 federations from seed 1, flopynet-coupled-1",
    );
    expect(lines.slice(1).map((line) => line.trim().split(" ")[0])).toStrictEqual([
      "honest",
      "honest",
      "honest",
    ]);
  });
});

describe("options that are wrong are all told, and nothing is simulated:", () => {
  // prettier-ignore
  it.each<[says: string, options: Partial<TrustSimulateOptions>, error: string | RegExp]>([
    ["an attack", { attack: "bribe" }, /^`--attack` must be one of flip, .*collusion, got `bribe`$/],
    ["a skew", { skew: "none" }, "`--skew` must be one of iid, dirichlet-1, dirichlet-0.5, dirichlet-0.1, got `none`"],
    ["a model", { model: "none" }, "`--model` must be one of flopynet-coupled-1, seed-literal-1, got `none`"],
    ["a share above its range", { share: "0.95" }, "`--share` must be a number from 0 to 0.9, got `0.95`"],
    ["a share below it", { share: "-1" }, "`--share` must be a number from 0 to 0.9, got `-1`"],
    ["a half client", { clients: "2.5" }, "`--clients` must be a whole number from 2 to 1000, got `2.5`"],
    ["no number", { rounds: "ten" }, "`--rounds` must be a whole number from 1 to 1000, got `ten`"],
    ["nothing", { runs: " " }, "`--runs` must be a whole number from 1 to 100, got ` `"],
    ["too much", { clients: "1000", rounds: "1000" , runs: "6" }, "`--clients` times `--rounds` times `--runs` is more than 5,000,000 updates: lower one"],
    ["a parameter", { params: "gate=7" }, "`--params`: `gate` must be a number from 0 to 1 (quality)"],
    ["a parameter without a value", { params: "gate" }, "`--params`: `gate` must be a number from 0 to 1 (quality)"],
    ["two at once", { seed: "-1", late: "2" }, "`--seed` must be a whole number from 0 to 2147483647, got `-1`\n`--late` must be a number from 0 to 1, got `2`"],
  ])("%s", (_says, options, error) => {
    const told = simulate(options);
    expect(told).toMatchObject({ exitCode: 2, output: "" });
    expect(told.error).toMatch(error);
  });
});
