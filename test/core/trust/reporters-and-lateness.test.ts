import { describe, expect, it } from "vitest";
import { restoreTrustFoldSteps } from "../../../src/core/trust/fold.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES, exclusionBelow } from "../../../src/core/trust/trust-rules.js";
import { finish } from "../../../src/core/finish.js";
import { remembered } from "../../support/remembered.js";
import { Federation, HONEST } from "../../support/trust-federation.js";
import {
  closed,
  opened,
  pardoned,
  poisoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

describe("several reporters of one round", () => {
  // prettier-ignore
  it.each<[says: string, ratios: readonly (number | undefined)[], ratio: number | undefined]>([
    ["the median of three counts", [1, -1, 0.1], 0.1],
    ["the lower of two counts", [1, 0.1], 0.1],
    ["the second of four counts", [1.5, 0.1, -1, 1], 0.1],
    ["only those that saw it count", [undefined, 0.1, undefined], 0.1],
  ])("%s", (_says, ratios, ratio) => {
    const [several, one] = [new Federation(), new Federation()];
    several.round(ratios.map((seen, index) => told(seen, `reporter ${index}`)));
    one.round([told(ratio, "one")]);
    expect(several.fold.reading("a")).toStrictEqual(one.fold.reading("a"));
  });

  // prettier-ignore
  it.each<[says: string, outcomes: readonly ("COMPLETED" | "LATE" | "DROPPED" | "FAILED" | "DECLINED")[], outcome: "COMPLETED" | "LATE" | "DROPPED" | "DECLINED"]>([
    ["of two outcomes, the worse for the client counts", ["COMPLETED", "LATE"], "LATE"],
    ["an update that one of two missed did not come", ["COMPLETED", "DROPPED"], "DROPPED"],
    ["an update that two of three saw came", ["FAILED", "COMPLETED", "COMPLETED"], "COMPLETED"],
    ["who declined is not held to have dropped by one of two", ["DECLINED", "COMPLETED"], "DECLINED"],
  ])("%s", (_says, outcomes, outcome) => {
    const [several, one] = [new Federation(), new Federation()];
    several.round(outcomes.map((seen, index) => updated("a", { outcome: seen, reporter: `${index}` })));
    one.round([updated("a", { outcome })]);
    expect(several.trust()).toBe(one.trust());
  });

  it("have medians of every number, each by itself, and the time of the latest", () => {
    const [several, one] = [new Federation(), new Federation()];
    const numbers = [
      { alignmentRatio: 0.1, normRatio: 9, maxPairwise: 0.95, observeTimeMs: 3 },
      { alignmentRatio: 1, normRatio: 2.5, maxPairwise: 0.5, observeTimeMs: 7 },
      { alignmentRatio: -1, normRatio: 0.1, maxPairwise: 1, observeTimeMs: 5 },
    ];
    several.round(numbers.map((seen, index) => updated("a", { ...seen, reporter: `${index}` })));
    one.round([
      updated("a", { alignmentRatio: 0.1, normRatio: 2.5, maxPairwise: 0.95, observeTimeMs: 7 }),
    ]);
    expect(several.fold.reading("a")).toStrictEqual(one.fold.reading("a"));
  });

  it("never count more than one unit of evidence", () => {
    const [many, one] = [new Federation(), new Federation()];
    many.round(Array.from({ length: 50 }, (_, index) => updated("a", { reporter: `${index}` })));
    one.round([updated("a")]);
    expect(many.trust()).toBe(one.trust());
  });

  function told(ratio: number | undefined, reporter: string) {
    const { alignmentRatio: _, ...rest } = updated("a", { reporter });
    return ratio === undefined ? rest : { ...rest, alignmentRatio: ratio };
  }
});

describe("a late observation", () => {
  it("is put at its place: what followed is told again, and changes with the cause LATE", () => {
    const [late, inTime] = [new Federation(), new Federation()];
    late.round([poisoned("a")]);
    late.round([]);
    late.round([]);
    inTime.round([poisoned("a")]);
    inTime.round([poisoned("a")]);
    inTime.round([poisoned("a")]);
    late.apply(poisoned("a", { round: 3 }));
    const { points, changes, evaluated } = late.apply(poisoned("a", { round: 2 }));
    expect([...points].map(({ round }) => round)).toStrictEqual([2, 3]);
    expect(changes).toMatchObject([{ clientId: "a", after: "EXCLUDED", cause: "LATE" }]);
    expect(evaluated).toBeUndefined();
    expect(late.fold.reading("a")).toStrictEqual(inTime.fold.reading("a"));
  });

  it("leaves a pardon at its place", () => {
    const [late, inTime] = [new Federation(), new Federation()];
    for (const federation of [late, inTime]) {
      federation.repeat(2, [poisoned("a")]);
      federation.round(federation === late ? [] : [poisoned("a")]);
      federation.apply(pardoned("a"));
      federation.round([updated("a")]);
    }
    late.apply(poisoned("a", { round: 3 }));
    expect(late.fold.reading("a")).toStrictEqual(inTime.fold.reading("a"));
    expect(late.state()).toBe("REDUCED");
  });

  it("of more than two rounds ago changes nothing any more", () => {
    const federation = new Federation();
    federation.repeat(4, []);
    const before = federation.fold.reading("a");
    expect([...federation.apply(updated("a", { round: 1 })).points]).toStrictEqual([]);
    expect(federation.fold.reading("a")).toStrictEqual(before);
  });
});

describe("late evidence leaves the same behind as evidence in time:", () => {
  type Late = readonly (ReturnType<typeof updated> | ReturnType<typeof violated>)[];
  interface Told {
    /** In its round, or `tell` it at the end. */
    readonly late: (round: number, ...evidence: Late) => Late;
    readonly federation: Federation;
  }
  const good = (...clients: string[]) => clients.map((client) => updated(client));
  const bad = (...clients: string[]) => clients.map((client) => poisoned(client));

  // prettier-ignore
  it.each<[says: string, tell: (told: Told) => void]>([
    ["of a client that is then EXCLUDED, and waits in rounds that do not select it", ({ federation, late }) => {
      federation.repeat(4, bad("a"));
      federation.round(late(5, ...bad("a")));
      federation.round([], { selected: HONEST });
      federation.round([]);
    }],
    ["of a client that returns in a round that does not select it", ({ federation, late }) => {
      federation.round([...good("a"), violated("a", "CRITICAL")]);
      federation.repeat(7, good("a"));
      federation.round(late(9, ...good("a")));
      federation.round([], { selected: HONEST });
      federation.round([], { selected: HONEST });
    }],
    ["beside a run that never selected the client", ({ federation, late }) => {
      federation.repeat(3, bad("a"));
      federation.round(late(4, ...bad("a")));
      federation.repeat(3, [], { runId: "other", selected: HONEST });
    }],
    ["beside a run that selects it later", ({ federation, late }) => {
      federation.repeat(3, bad("a"));
      federation.round(late(4, ...bad("a")));
      federation.round(good("a"), { runId: "other" });
      federation.round([], { runId: "other", selected: HONEST });
    }],
    ["beside a run that selects it only after it was closed without it", ({ federation, late }) => {
      federation.repeat(3, bad("a"));
      federation.round(late(4, ...bad("a")));
      federation.repeat(2, [], { runId: "other", selected: HONEST });
      federation.round(good("a"), { runId: "other" });
    }],
    ["of a client that is not EXCLUDED any more, in rounds that do not select it", ({ federation, late }) => {
      federation.repeat(5, good("a"));
      federation.round(late(6, ...good("a")));
      federation.repeat(2, [], { selected: HONEST });
    }],
    ["beside the registration of a client of the same owner", ({ federation, late }) => {
      federation.repeat(4, []);
      federation.apply(registered("a", "key", { owner: "alice" }));
      federation.round(late(5, ...bad("a")));
      federation.apply(registered("b", "other", { owner: "alice" }));
      federation.round(good("b"), { selected: ["b", ...HONEST] });
    }],
    ["beside the registration of somebody else", ({ federation, late }) => {
      federation.repeat(4, []);
      federation.round(late(5, ...bad("a")));
      federation.apply(registered("b", "other", { owner: "bob" }));
      federation.round(good("b"), { selected: ["b", ...HONEST] });
    }],
    ["of a client whose key was registered twice before", ({ federation, late }) => {
      federation.repeat(4, []);
      federation.apply(registered("a", "key"));
      federation.round(late(5, ...bad("a")));
      federation.apply(registered("b", "key"));
      federation.round(good("b"), { selected: ["b", ...HONEST] });
    }],
    ["beside the pardon of another client", ({ federation, late }) => {
      federation.repeat(3, bad("a", "h1"));
      federation.round(late(4, ...bad("a")));
      federation.apply(pardoned("h1"));
      federation.round(bad("a"));
    }],
    ["beside its own pardon", ({ federation, late }) => {
      federation.repeat(3, bad("a"));
      federation.round(late(4, ...bad("a")));
      federation.apply(pardoned("a"));
      federation.round(bad("a"));
    }],
    ["that makes a round guarded: then others are not EXCLUDED either", ({ federation, late }) => {
      const rules = { ...DEFAULT_TRUST_RULES, minCohort: 3 };
      federation.repeat(2, bad("a", "b", "c"), { selected: ["a", "b", "c", "d", "e"], rules: { ...rules, minCohort: 6 } });
      federation.round([...bad("b", "c"), ...late(3, ...bad("a")), ...good("d", "e")], { selected: ["a", "b", "c", "d", "e"], rules });
      federation.round([...bad("a", "b", "c"), ...good("d", "e")], { selected: ["a", "b", "c", "d", "e"], rules });
    }],
    ["that makes a round no longer guarded: then others are EXCLUDED", ({ federation, late }) => {
      const selected = ["a", "b", "c", "d", "e"];
      federation.repeat(4, [], { selected }); // Absent, all have 0.430; once more, 0.423.
      const rules = { ...DEFAULT_TRUST_RULES, exclusions: [exclusionBelow(0.425, { roundsIn: 1 })], minCohort: 3 };
      federation.round([...bad("a", "b"), ...good("d", "e"), ...late(5, ...good("c"))], { selected, rules });
      federation.round(good(...selected), { selected });
    }],
    ["of a client with two names", ({ federation, late }) => {
      federation.apply(registered("a", "key"));
      federation.apply(registered("b", "key"));
      federation.repeat(4, []);
      federation.round(late(5, ...bad("b")), { selected: ["a", "b", ...HONEST] });
      federation.round(bad("a"));
    }],
    ["of clients one after the other", ({ federation, late }) => {
      const selected = ["a", "b", "c", ...HONEST];
      federation.repeat(6, good("a", "b", "c"), { selected });
      federation.round([...good("c"), ...late(7, ...bad("a", "b"))], { selected });
      federation.round([...good("c"), ...late(8, ...bad("a", "b"), violated("c", "CRITICAL"))], { selected });
    }],
  ])("%s", (_says, tell) => {
    const left = [true, false].map((inTime) => {
      const federation = new Federation();
      const kept: Late[number][] = [];
      const late = (round: number, ...evidence: Late): Late => {
        if (inTime) return evidence;
        kept.push(...evidence.map((one) => ({ ...one, round })));
        return [];
      };
      tell({ federation, late });
      for (const one of kept) federation.apply(one);
      return remembered(federation);
    });
    expect(left[1]).toStrictEqual(left[0]);
  });
});

describe("a snapshot", () => {
  it.each([
    ["of another model", trustModel("seed-literal-1"), () => DEFAULT_TRUST_RULES],
    [
      "of other parameters",
      trustModel("flopynet-coupled-1", { gate: 0.3 }),
      () => DEFAULT_TRUST_RULES,
    ],
    ["of rules that nobody knows", trustModel(), () => undefined],
  ])("%s is refused", (_says, model, rulesOf) => {
    const federation = new Federation();
    federation.round([]);
    expect(
      finish(restoreTrustFoldSteps(model, federation.fold.snapshot(), rulesOf)),
    ).toBeUndefined();
  });

  it("of another layout is refused", () => {
    const snapshot = { ...new Federation().fold.snapshot(), layout: 0 };
    expect(
      finish(restoreTrustFoldSteps(trustModel(), snapshot, () => DEFAULT_TRUST_RULES)),
    ).toBeUndefined();
  });

  it("is not changed by what is made of it", () => {
    const federation = new Federation();
    federation.round([updated("a"), violated("a", "LOW"), poisoned("a", { reporter: "two" })]);
    federation.apply(opened(["a"], { round: 2 }));
    federation.apply(updated("a", { round: 2 }));
    const snapshot = structuredClone(federation.fold.snapshot());
    const before = structuredClone(snapshot);
    const restored = finish(
      restoreTrustFoldSteps(trustModel(), snapshot, () => DEFAULT_TRUST_RULES),
    );
    const more = [
      violated("a", "HIGH", { reporter: "three" }),
      updated("h1", { reporter: "two", maxPairwise: 1, observeTimeMs: 9 }),
      poisoned("a", { round: 2, reporter: "two" }),
      violated("a", "LOW", { round: 2 }),
      registered("a", "key", { owner: "alice" }),
      closed({ round: 2 }),
      opened(["a", "z"], { round: 3, runId: "other" }),
    ];
    for (const observation of more) restored?.apply(observation, DEFAULT_TRUST_RULES);
    expect(restored?.reading("a").round).toBe(2);
    expect(snapshot).toStrictEqual(before);
  });

  it("knows open rounds, further reporters and violations", () => {
    const federation = new Federation();
    const told = [
      opened(["a"], { round: 9 }),
      updated("a", { round: 9 }),
      poisoned("a", { round: 9, reporter: "two", maxPairwise: 1 }),
      violated("a", "LOW", { round: 9 }),
    ];
    for (const observation of told) federation.apply(observation);
    const snapshot = structuredClone(federation.fold.snapshot());
    const restored = finish(
      restoreTrustFoldSteps(trustModel(), snapshot, () => DEFAULT_TRUST_RULES),
    );
    federation.apply(closed({ round: 9 }));
    restored?.apply(closed({ round: 9 }), DEFAULT_TRUST_RULES);
    expect(restored?.reading("a")).toStrictEqual(federation.fold.reading("a"));
  });
});
