import { describe, expect, it } from "vitest";
import { restoreTrustFold } from "../../../src/core/trust/fold.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { Federation } from "../../support/trust-federation.js";
import {
  closed,
  opened,
  pardoned,
  poisoned,
  updated,
  violated,
} from "../../support/trust-observations.js";

describe("several reporters of one round", () => {
  // prettier-ignore
  it.each<[says: string, ratios: readonly (number | undefined)[], ratio: number | undefined]>([
    ["the median of three counts", [-1, 0.1, 1], 0.1],
    ["the lower of two counts", [1, 0.1], 0.1],
    ["the second of four counts", [1.5, 1, 0.1, -1], 0.1],
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
    expect(restoreTrustFold(model, federation.fold.snapshot(), rulesOf)).toBeUndefined();
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
    const restored = restoreTrustFold(trustModel(), snapshot, () => DEFAULT_TRUST_RULES);
    federation.apply(closed({ round: 9 }));
    restored?.apply(closed({ round: 9 }), DEFAULT_TRUST_RULES);
    expect(restored?.reading("a")).toStrictEqual(federation.fold.reading("a"));
  });
});
