import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { Federation } from "../../support/trust-federation.js";
import {
  dropped,
  pardoned,
  poisoned,
  updated,
  violated,
} from "../../support/trust-observations.js";

const told = fc.constantFrom(
  updated("a"),
  poisoned("a"),
  dropped("a"),
  updated("a", { alignmentRatio: 0.05, normRatio: 2.5 }),
  violated("a", "HIGH"),
  violated("a", "CRITICAL"),
);

const unseen = { ...updated("a"), alignmentRatio: Number.NaN, normRatio: Number.NaN };

describe("an explanation", () => {
  it("adds up: the prior and what each factor moved make the score", () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20 }), (all) => {
        const federation = new Federation();
        for (const one of all) federation.round([one]);
        const { prior, contributions } = federation.fold.explain("a", DEFAULT_TRUST_RULES);
        const moved = contributions.reduce((sum, { contribution }) => sum + contribution, 0);
        expect(prior + moved).toBeCloseTo(federation.trust(), 12);
      }),
    );
  });

  it("of a client never heard of moves nothing", () => {
    const { fold } = new Federation();
    const { prior, contributions } = fold.explain("a", DEFAULT_TRUST_RULES);
    expect([prior, ...contributions]).toStrictEqual([
      0.5,
      { factor: "participation_rate", contribution: 0 },
      { factor: "update_quality", contribution: 0 },
      { factor: "behavioral_consistency", contribution: 0 },
      { factor: "compliance_history", contribution: 0 },
    ]);
    expect(fold.reading("a").known).toBe(false);
  });

  // prettier-ignore
  it.each<[says: string, before: (federation: Federation) => void, forecast: object]>([
    ["a newcomer is ACTIVE after 5 good rounds, and EXCLUDED after 3 bad ones", () => undefined, { better: { state: "ACTIVE", rounds: 5 }, worse: { state: "EXCLUDED", rounds: 3 } }],
    ["an ACTIVE client has nothing better, and is REDUCED by bad rounds", (federation) => { federation.repeat(20, [updated("a")]); }, { worse: { state: "REDUCED", rounds: 5 } }],
    ["an EXCLUDED client has nothing worse, and has to wait", (federation) => { federation.round([violated("a", "CRITICAL"), updated("a")]); }, { better: { state: "REDUCED", rounds: 10 } }],
    ["a pardoned client has two bad rounds", (federation) => { federation.repeat(3, [poisoned("a")]); federation.apply(pardoned("a")); }, { better: { state: "ACTIVE", rounds: 18 }, worse: { state: "EXCLUDED", rounds: 2 } }],
    ["under secure aggregation a client is REDUCED by staying away", (federation) => { federation.repeat(9, [unseen]); }, { worse: { state: "REDUCED", rounds: 3 } }],
    ["and EXCLUDED by nothing that it could then do", (federation) => { federation.repeat(9, [unseen]); federation.repeat(3, [dropped("a")]); }, { better: { state: "ACTIVE", rounds: 11 } }],
  ])("forecasts: %s", (_says, before, forecast) => {
    const federation = new Federation();
    before(federation);
    const { counterfactual } = federation.fold.explain("a", DEFAULT_TRUST_RULES);
    expect(counterfactual).toStrictEqual(forecast);
  });

  it("forecasts what then happens, to the round", () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20 }), fc.boolean(), (all, good) => {
        const federation = new Federation();
        for (const one of all) federation.round([one]);
        const { better, worse } = federation.fold.explain("a", DEFAULT_TRUST_RULES).counterfactual;
        const forecast = good ? better : worse;
        if (forecast === undefined || federation.fold.reading("a").roundsObserved === 0) return;
        tried += 1;
        const evidence = good ? updated("a") : poisoned("a");
        federation.repeat(forecast.rounds - 1, [evidence]);
        expect(federation.state()).not.toBe(forecast.state);
        federation.round([evidence]);
        expect(federation.state()).toBe(forecast.state);
      }),
    );
    expect(tried).toBeGreaterThan(30);
  });
});
