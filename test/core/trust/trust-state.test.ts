import { describe, expect, it } from "vitest";
import { ClientRecord } from "../../../src/core/trust/client-record.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import type { TrustReading, TrustState } from "../../../src/core/trust/trust-reading.js";
import {
  DEFAULT_TRUST_RULES,
  exclusionBelow,
  reductionBelow,
  type StateRule,
  type TrustRules,
} from "../../../src/core/trust/trust-rules.js";
import {
  excludeClient,
  holdsAtScore,
  holdsFor,
  pardonClient,
  stepDwell,
  stepState,
  weightMultiplier,
} from "../../../src/core/trust/trust-state.js";

const model = trustModel();

type Step = number | "pardon" | "critical" | "absent" | "elsewhere";

/**
 * The first letters of the states after each step: a score is an evaluated round with an update; the
 * score stays in a round with no update (`absent`), and in one of the run that did not select the client
 * (`elsewhere`).
 */
function states(
  steps: readonly Step[],
  options: { rules?: TrustRules; state?: TrustState; observed?: number; sure?: boolean } = {},
): string {
  const { rules = DEFAULT_TRUST_RULES, state = "ACTIVE", observed = 5, sure = false } = options;
  const client = new ClientRecord();
  client.reset(0.5);
  client.state = state;
  // Much evidence makes the interval narrow; without any it never lies below a threshold.
  if (sure) for (const factor of [0, 1, 2, 3]) client.setEvidence(factor, 1000, 1000);
  client.roundsObserved = observed;
  const letters = steps.map((step) => {
    if (step === "pardon") pardonClient(client);
    else {
      client.roundsObserved += 1;
      if (step === "critical") client.mustExclude = true;
      if (step !== "elsewhere") client.addScore(typeof step === "number" ? step : client.score);
      const wished =
        step !== "elsewhere" &&
        stepState(client, {
          rules,
          model,
          arrived: step !== "absent",
          reading: () => ({ trustScore: client.score }) as TrustReading,
        });
      if (client.state === "EXCLUDED") stepDwell(client, rules);
      if (wished) excludeClient(client, rules);
    }
    return client.state.charAt(0);
  });
  return letters.join("");
}

const high = (count: number): number[] => Array<number>(count).fill(0.7);
const quick = { roundsIn: 1, roundsOut: 1, dwellRounds: 1, exit: 0.3 };
const only = (rules: Partial<TrustRules>): TrustRules => ({
  ...DEFAULT_TRUST_RULES,
  exclusions: [],
  reductions: [],
  ...rules,
});
const condition = (holds: (score: number) => boolean) =>
  ({ kind: "condition", holds: ({ trustScore }: TrustReading) => holds(trustScore) }) as const;

describe("a client", () => {
  // prettier-ignore
  it.each<[says: string, steps: readonly Step[], after: string, options?: Parameters<typeof states>[1]]>([
    ["stays ACTIVE at 0.6", [0.6, 0.6], "AA"],
    ["is REDUCED below 0.6 at once", [0.5999, 0.62], "RR"],
    ["is ACTIVE again after three rounds in a row at 0.65", [0.5, 0.65, 0.65, 0.65], "RRRA"],
    ["stays REDUCED while a round between is below 0.65", [0.5, 0.65, 0.65, 0.6499, 0.65, 0.65, 0.65], "RRRRRRA"],
    ["stays REDUCED at a score that would not reduce it", [0.5, 0.64, 0.64, 0.64, 0.64], "RRRRR"],
    ["is not EXCLUDED by one round below 0.3", [0.29, 0.3, 0.29, 0.3], "RRRR"],
    ["is EXCLUDED by two in a row", [0.29, 0.29], "RE"],
    ["is EXCLUDED at once when it is surely below 0.3", [0.2], "E", { sure: true }],
    ["is not when it may as well be above", [0.295], "R", { sure: true }],
    ["is EXCLUDED at once by a critical violation", ["critical"], "E"],
    ["is EXCLUDED from REDUCED as well", [0.5, 0.29, 0.29], "RRE"],
  ])("%s", (_says, steps, after, options) => {
    expect(states(steps, options)).toBe(after);
  });

  // prettier-ignore
  it.each<[says: string, steps: readonly Step[], after: string, observed: number]>([
    ["stays there for five rounds of evidence", high(5), "PPPPA", 0],
    ["stays there while it is below 0.6", [0.59, 0.59, 0.6], "PPA", 5],
    ["is not REDUCED", [0.4, 0.4, 0.4], "PPP", 5],
    ["is EXCLUDED like any other", [0.29, 0.29], "PE", 0],
  ])("in PROBATION %s", (_says, steps, after, observed) => {
    expect(states(steps, { state: "PROBATION", observed })).toBe(after);
  });

  const out = [0.29, 0.29];
  // prettier-ignore
  it.each<[says: string, steps: readonly Step[], after: string, options?: Parameters<typeof states>[1]]>([
    ["stays out for ten closed rounds however good it is", [...out, ...high(10)], "REEEEEEEEEER"],
    ["counts rounds of its runs that did not select it", [...out, ...high(3), ...Array<Step>(7).fill("elsewhere")], "REEEEEEEEEER"],
    ["stays out below 0.4", [...out, ...Array<number>(20).fill(0.3999)], `R${"E".repeat(21)}`],
    ["returns after three rounds in a row at 0.4, also during the ten", [...out, ...Array<number>(7).fill(0.39), 0.4, 0.4, 0.4], "REEEEEEEEEER"],
    ["returns later when it was below in between", [...out, ...high(8), 0.39, 0.4, 0.4, 0.4], "REEEEEEEEEEEER"],
    ["proves nothing by not coming", [...out, ...high(2), ...Array<Step>(10).fill("absent"), 0.7], `R${"E".repeat(13)}R`],
    ["returns to REDUCED, and to ACTIVE from there", [...out, ...high(13)], "REEEEEEEEEERRRA"],
    ["stays out twice as long the second time", [...out, ...high(10), ...out, ...high(20)], `R${"E".repeat(10)}RR${"E".repeat(20)}R`],
    ["and four times as long the third time", [...out, ...high(10), ...out, ...high(20), ...out, ...high(40)], `R${"E".repeat(10)}RR${"E".repeat(20)}RR${"E".repeat(40)}R`],
  ])("EXCLUDED %s", (_says, steps, after, options) => {
    expect(states(steps, options)).toBe(after);
  });

  // prettier-ignore
  it.each<[says: string, steps: readonly Step[], after: string, options?: Parameters<typeof states>[1]]>([
    ["is REDUCED", [...out, "pardon"], "RER"],
    ["stays admitted while it gets better, although it is below 0.3", [...out, "pardon", 0.1, 0.11, 0.12, 0.13], "RERRRRR"],
    ["stays admitted although it is surely below 0.3", [0.2, "pardon", 0.21], "ERR", { sure: true }],
    ["is EXCLUDED again after two rounds in which it does not get better", [...out, "pardon", 0.28, 0.28], "RERRE"],
    ["is EXCLUDED again like any other once it was above 0.3", [...out, "pardon", 0.31, 0.2, 0.21], "RERRRE"],
    ["is EXCLUDED again by a critical violation", [...out, "pardon", "critical"], "RERE"],
    ["has its rounds to ACTIVE counted from then on", [...out, ...high(2), "pardon", ...high(3)], "REEERRRA"],
    ["stays what it is when it was not EXCLUDED", [0.7, "pardon"], "AA"],
  ])("pardoned %s", (_says, steps, after, options) => {
    expect(states(steps, options)).toBe(after);
  });
});

describe("trust rules", () => {
  // prettier-ignore
  it.each<[says: string, steps: readonly Step[], after: string, rules: TrustRules]>([
    ["say where to exclude", [0.49, 0.49], "RE", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.5)] }],
    ["say for how many rounds before", [0.29], "E", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, quick)] }],
    ["say how long to stay out, and when to return", [0.29, 0.3], "ER", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, quick)] }],
    ["say whether the threshold itself is meant", [0.3], "E", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, { ...quick, orEqual: true })] }],
    ["say so of no score above it", [0.31], "R", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, { ...quick, orEqual: true })] }],
    ["say in how many rounds in a row, with none between", [0.39, 0.5, 0.39, 0.39], "AAAR", only({ reductions: [reductionBelow(0.4, 0.5, { roundsIn: 2 })] })],
    ["say where to reduce", [0.5, 0.39], "AR", only({ reductions: [reductionBelow(0.4, 0.5)] })],
    ["say how many rounds before reducing", [0.39, 0.39], "AR", only({ reductions: [reductionBelow(0.4, 0.5, { roundsIn: 2 })] })],
    ["say when to be ACTIVE again", [0.39, 0.41], "RA", only({ reductions: [reductionBelow(0.4, 0.5, { roundsOut: 1, exit: 0.41 })] })],
    ["that only reduce exclude nobody", [0.1, 0.1, 0.1], "RRR", only({ reductions: [reductionBelow(0.4, 0.5)] })],
    ["that only exclude reduce nobody", [0.5, 0.4], "AA", only({ exclusions: [exclusionBelow(0.3)] })],
    ["are the documented ones where there are none", [0.59, 0.29, 0.29], "RRE", only({})],
    ["may be any condition, which is left when it does not hold", [0.8, 0.5, 0.5], "ERA", only({ exclusions: [{ condition: condition((score) => score > 0.75), ...quick }], reductions: [{ condition: condition(() => false), weightMultiplier: 0.5, ...quick }] })],
    ["may be several, each with its own number of rounds", [0.29, 0.1], "RE", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, { roundsIn: 9 }), exclusionBelow(0.2, { roundsIn: 2 })] }],
    ["keep a client REDUCED until all of them are left", [0.5, 0.5, 0.6], "RRA", only({ reductions: [reductionBelow(0.6, 0.5, { roundsOut: 1, exit: 0.6 }), reductionBelow(0.4, 0.25, { roundsOut: 1 })] })],
    ["keep a client REDUCED for as many rounds as the longest says", [0.3, 0.7, 0.7, 0.7], "RRRA", only({ reductions: [reductionBelow(0.6, 0.5, { roundsOut: 3 }), reductionBelow(0.4, 0.25, { roundsOut: 1 })] })],
    ["keep a client out for as many rounds as the longest says", [0.1, ...high(4)], "EEEER", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, quick), exclusionBelow(0.2, { ...quick, dwellRounds: 4 })] }],
    ["keep a client out for ten rounds where none excludes", ["critical", ...high(10)], `${"E".repeat(10)}R`, only({ reductions: [reductionBelow(0.4, 0.5)] })],
    ["keep a client out until all of them are left", [0.1, 0.35, 0.45], "EER", { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.3, quick), exclusionBelow(0.2, { ...quick, exit: 0.45 })] }],
  ])("%s", (_says, steps, after, rules) => {
    expect(states(steps, { rules })).toBe(after);
  });
});

it("a client that was EXCLUDED by rules that are gone returns after three rounds in a row", () => {
  const rules = only({ reductions: [reductionBelow(0.4, 0.5)] });
  expect(states(high(3), { rules, state: "EXCLUDED" })).toBe("EER");
});

it("a client is EXCLUDED at once when it is surely below one of several thresholds", () => {
  const slow = { roundsIn: 9 };
  const near = [exclusionBelow(0.205, slow)];
  const both = [...near, exclusionBelow(0.3, slow)];
  expect(states([0.2], { rules: only({ exclusions: near }), sure: true })).toBe("A");
  expect(states([0.2], { rules: only({ exclusions: both }), sure: true })).toBe("E");
});

describe("a rule holds", () => {
  const always: StateRule = { ...quick, condition: condition((score) => score > 0) };
  // prettier-ignore
  it.each<[says: string, rule: StateRule, score: number, known: boolean, atScore: boolean]>([
    ["below its threshold", exclusionBelow(0.3), 0.29, true, true],
    ["not at it", exclusionBelow(0.3), 0.3, false, false],
    ["at it where that is meant", reductionBelow(0.3, 0.5, { orEqual: true }), 0.3, true, true],
    ["not above it", reductionBelow(0.3, 0.5, { orEqual: true }), 0.31, false, false],
    ["below it where that reduces", reductionBelow(0.3, 0.5), 0.29, true, true],
    ["by any other condition, which no score alone says", always, 0.1, true, false],
    ["not where that condition does not", always, 0, false, false],
  ])("%s", (_says, rule, trustScore, known, atScore) => {
    expect(holdsFor(rule, { trustScore } as TrustReading)).toBe(known);
    expect(holdsAtScore(rule, trustScore)).toBe(atScore);
  });
});

describe("the weight", () => {
  const rules: TrustRules = {
    ...DEFAULT_TRUST_RULES,
    reductions: [reductionBelow(0.6, 0.5), reductionBelow(0.4, 0.25)],
    newcomerWeight: 0.4,
  };
  // prettier-ignore
  it.each<[says: string, state: TrustState, holding: number, weight: number, rules?: TrustRules]>([
    ["of an ACTIVE client is whole", "ACTIVE", 0, 1],
    ["of an EXCLUDED client is nothing", "EXCLUDED", 2, 0],
    ["in PROBATION is that of newcomers", "PROBATION", 0, 0.4],
    ["in PROBATION is that of newcomers where it is less than what a rule says", "PROBATION", 1, 0.4],
    ["in PROBATION is that of a rule that holds where it is less than that of newcomers", "PROBATION", 2, 0.25],
    ["is the reduction that holds", "REDUCED", 1, 0.5],
    ["is the smallest of several that hold", "REDUCED", 2, 0.25],
    ["is the mildest while none holds any more", "REDUCED", 0, 0.5],
    ["is the documented half where no rule reduces", "REDUCED", 0, 0.5, only({ exclusions: [exclusionBelow(0.3)] })],
  ])("%s", (_says, state, holding, weight, inForce = rules) => {
    const isHolding = (rule: unknown): boolean =>
      inForce.reductions.findIndex((one) => one === rule) < holding;
    expect(weightMultiplier(state, inForce, holding === 0 ? () => false : isHolding)).toBe(weight);
  });
});
