import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTrustFold } from "../../../src/core/trust/fold.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES, exclusionBelow } from "../../../src/core/trust/trust-rules.js";
import { Federation, HONEST } from "../../support/trust-federation.js";
import {
  closed,
  dropped,
  opened,
  pardoned,
  poisoned,
  updated,
  violated,
} from "../../support/trust-observations.js";

const everybody = ["a", ...HONEST];

/** Rounds in which `a` is refused until it is EXCLUDED: two are enough. */
function withExcludedClient(): Federation {
  const federation = new Federation();
  while (federation.state() !== "EXCLUDED") federation.round([poisoned("a")]);
  return federation;
}

describe("a client", () => {
  it("that was never heard of has the prior", () => {
    expect(createTrustFold().reading("a")).toMatchObject({
      clientId: "a",
      known: false,
      trustScore: 0.5,
      trustLower: expect.closeTo(0.31, 2) as number,
      trustUpper: expect.closeTo(0.69, 2) as number,
      confidence: expect.closeTo(0.62, 2) as number,
      state: "PROBATION",
      excluded: false,
      trustScoreChange: 0,
      trustScoreDelta: 0,
      roundsObserved: 0,
      exclusions: 0,
      dwellRounds: 0,
    });
  });

  it("that was never heard of has no last round and no evidence", () => {
    const names = Object.keys(createTrustFold().reading("a"));
    for (const name of ["runId", "round", "lastEvidenceTimeMs"]) expect(names).not.toContain(name);
  });

  it("is shown to wait while it is EXCLUDED, and not when it was pardoned", () => {
    const federation = withExcludedClient();
    expect(federation.fold.reading("a")).toMatchObject({ excluded: true, dwellRounds: 10 });
    federation.apply(pardoned("a"));
    expect(federation.fold.reading("a")).toMatchObject({ excluded: false, dwellRounds: 0 });
  });

  it("is known with its last round, its factors and what moved", () => {
    const federation = new Federation();
    federation.round([poisoned("a", { observeTimeMs: 5 })]);
    federation.round([
      updated("a", { observeTimeMs: 7 }),
      violated("a", "LOW", { observeTimeMs: 6 }),
    ]);
    const reading = federation.fold.reading("a");
    expect(reading).toMatchObject({
      known: true,
      runId: "run",
      round: 2,
      roundsObserved: 2,
      lastEvidenceTimeMs: 7,
      trustScoreDelta: expect.closeTo(reading.trustScore - 0.35333, 4) as number,
    });
    expect(reading.factors.map(({ name, weight }) => `${name} ${weight}`)).toStrictEqual([
      "participation_rate 0.3",
      "update_quality 0.3",
      "behavioral_consistency 0.2",
      "compliance_history 0.2",
    ]);
    expect(reading.factors[3]).toMatchObject({
      evidenceGood: 0,
      evidenceBad: expect.closeTo(2 * 2 ** (-1 / 24) + 0.5, 9) as number,
    });
  });

  it("that stays away in 7 of 10 rounds is trusted less, and never excluded", () => {
    const federation = new Federation();
    for (let round = 0; round < 200; round += 1) {
      federation.round(round % 10 < 3 ? [updated("a")] : [dropped("a")]);
      expect(federation.state()).not.toBe("EXCLUDED");
    }
    expect(federation.trust()).toBeCloseTo(0.69, 1);
  });

  it("is not moved by a round that it declined, nor by one that it was not selected for", () => {
    const federation = new Federation();
    federation.round([updated("a")]);
    const before = federation.trust();
    federation.round([updated("a", { outcome: "DECLINED", alignmentRatio: -1 })]);
    federation.round([], { selected: HONEST });
    expect(federation.trust()).toBe(before);
    expect(federation.fold.reading("a").roundsObserved).toBe(1);
  });

  it("of whom nobody reports has dropped", () => {
    const [silent, told] = [new Federation(), new Federation()];
    silent.round([]);
    told.round([dropped("a")]);
    expect(silent.trust()).toBe(told.trust());
  });

  it("keeps its score over all runs", () => {
    const federation = new Federation();
    federation.round([updated("a")]);
    const before = federation.trust();
    federation.round([updated("a")], { runId: "other" });
    expect(federation.trust()).toBeGreaterThan(before);
    expect(federation.fold.reading("a")).toMatchObject({ runId: "other", round: 1 });
  });

  it.each([1, 10, 100])(
    "that is EXCLUDED and silent for %d rounds keeps its score and state",
    (rounds) => {
      const federation = withExcludedClient();
      const before = federation.trust();
      federation.repeat(rounds, [dropped("a")]);
      expect([federation.trust(), federation.state()]).toStrictEqual([before, "EXCLUDED"]);
    },
  );

  it("waits in closed rounds of its own runs alone", () => {
    const federation = withExcludedClient();
    federation.repeat(4, [], { runId: "never selected it", selected: HONEST });
    expect(federation.fold.reading("a").dwellRounds).toBe(10);
    const steps = federation.repeat(4, [], { selected: HONEST });
    expect(federation.fold.reading("a").dwellRounds).toBe(6);
    const points = [...(steps.at(-1)?.points ?? [])].map(({ clientId }) => clientId);
    expect(points).toStrictEqual(HONEST);
  });

  it("that proved itself returns in a round that did not select it", () => {
    const federation = new Federation();
    federation.round([updated("a"), violated("a", "CRITICAL")]);
    federation.repeat(3, [updated("a")]);
    const steps = federation.repeat(7, [], { selected: HONEST });
    expect(steps.at(-2)?.changes.filter(({ clientId }) => clientId === "a")).toStrictEqual([]);
    expect(steps.at(-1)?.changes).toMatchObject([
      { clientId: "a", before: "EXCLUDED", after: "REDUCED", cause: "ROUND_CLOSED", round: 11 },
    ]);
    expect([...(steps.at(-1)?.points ?? [])].map(({ clientId }) => clientId)).toContain("a");
    expect(federation.fold.reading("a")).toMatchObject({
      round: 11,
      exclusions: 1,
      excluded: false,
    });
  });

  it("that breaks a critical rule while it is EXCLUDED starts to prove itself anew", () => {
    const federation = new Federation();
    federation.round([updated("a"), violated("a", "CRITICAL")]);
    federation.repeat(8, [updated("a")]);
    federation.round([updated("a"), violated("a", "CRITICAL")]);
    federation.repeat(2, [updated("a")]);
    expect(federation.state()).toBe("EXCLUDED");
    federation.round([updated("a")]);
    expect(federation.state()).toBe("REDUCED");
    federation.round([updated("a")]);
    expect(federation.state()).toBe("REDUCED"); // That violation was paid for.
  });

  it("falls by less than 0.18 in one round, so that no single round raises the alert", () => {
    const told = fc.constantFrom(updated("a"), poisoned("a"), dropped("a"));
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 40 }), (updates) => {
        const federation = new Federation();
        for (const update of updates) {
          const { alerts } = federation.round([update]);
          const { trustScoreDelta, trustScoreChange } = federation.fold.reading("a");
          expect(trustScoreDelta).toBeGreaterThan(-0.18);
          expect(alerts.length === 0 || trustScoreChange < trustScoreDelta).toBe(true);
        }
      }),
    );
  });
});

describe("a closed round", () => {
  it("tells one point for each selected client, and how many are in which state", () => {
    const federation = new Federation();
    federation.repeat(4, [poisoned("a")]);
    const step = federation.round([poisoned("a")]);
    expect(step.evaluated).toStrictEqual({
      runId: "run",
      round: 5,
      selected: 6,
      states: { PROBATION: 0, ACTIVE: 5, REDUCED: 0, EXCLUDED: 1 },
      guarded: 0,
    });
    expect([...step.points].map(({ clientId }) => clientId).sort()).toStrictEqual(everybody);
    expect([...step.points].map(({ round }) => round)).toStrictEqual([]); // Read once.
  });

  it("tells changes of state in the order of client ids", () => {
    const federation = new Federation();
    federation.repeat(4, []);
    const { changes } = federation.round([], { selected: HONEST.toReversed() });
    expect(changes.map(({ clientId }) => clientId)).toStrictEqual(HONEST);
    expect(changes[0]).toStrictEqual({
      clientId: "h1",
      before: "PROBATION",
      after: "ACTIVE",
      cause: "ROUND_CLOSED",
      trustScore: expect.closeTo(0.76, 2) as number,
      runId: "run",
      round: 5,
    });
  });

  it("is evaluated once, whoever opens or closes it again", () => {
    const federation = new Federation();
    federation.round([updated("a")]);
    const before = federation.fold.reading("a");
    federation.apply(closed({ reporter: "two" }));
    federation.apply(opened(["z"], { round: 2 }));
    federation.apply(opened(everybody, { round: 2, reporter: "two" }));
    federation.apply(updated("z", { round: 2 }));
    federation.apply(closed({ round: 2 }));
    expect(federation.fold.reading("a")).toStrictEqual(before);
    expect(federation.fold.reading("z").roundsObserved).toBe(1);
  });

  it("takes nothing of rounds that were not opened, nor of clients not selected", () => {
    const federation = new Federation();
    const { fold } = federation;
    fold.apply(updated("a"), DEFAULT_TRUST_RULES);
    fold.apply(closed(), DEFAULT_TRUST_RULES);
    federation.round([updated("a")], { selected: ["h1", "h2"] });
    expect(fold.reading("a")).toMatchObject({ trustScore: 0.5, roundsObserved: 0 });
  });

  it("uses the rules that were in force at its close, also when it is folded again", () => {
    const strict = { ...DEFAULT_TRUST_RULES, hash: "strict", exclusions: [exclusionBelow(0.4)] };
    const federation = new Federation();
    federation.round([poisoned("a")], { rules: strict });
    federation.round([poisoned("a")], { rules: strict });
    expect(federation.state()).toBe("EXCLUDED");
    federation.apply(updated("h1", { round: 1, reporter: "two" }), DEFAULT_TRUST_RULES);
    federation.apply(poisoned("a", { round: 1, reporter: "two" }), DEFAULT_TRUST_RULES);
    expect(federation.state()).toBe("EXCLUDED");
  });
});

it("by the seed's formula, a poisoner is never excluded", () => {
  const federation = new Federation(createTrustFold(trustModel("seed-literal-1")));
  federation.repeat(60, [poisoned("a")]);
  expect(federation.state()).not.toBe("EXCLUDED");
  expect(federation.trust()).toBeGreaterThan(0.55);
});
