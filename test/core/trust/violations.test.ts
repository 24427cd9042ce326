import { describe, expect, it } from "vitest";
import { finish } from "../../../src/core/finish.js";
import { carriedOver, restoredTrustStateSteps } from "../../../src/application/trust-state.js";
import { createTrustFold, restoreTrustFoldSteps } from "../../../src/core/trust/fold.js";
import { upgradedSnapshot } from "../../../src/core/trust/fold-data.js";
import { createObservationDoor } from "../../../src/core/trust/observation-door.js";
import type { TrustSnapshot } from "../../../src/core/trust/trust-snapshot.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { Federation } from "../../support/trust-federation.js";
import {
  dropped,
  opened,
  poisoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

type Evidence = Parameters<Federation["round"]>[0];

function violationsOf(federation: Federation, clientId = "a"): string {
  const { violations, worstViolation } = federation.fold.reading(clientId);
  return `${violations} ${worstViolation}`;
}

describe("violations of a client: how many there ever were, and the gravest of the last round", () => {
  // prettier-ignore
  it.each<[says: string, rounds: readonly Evidence[], found: string]>([
    ["a client never seen has none",                    [],                                                                   "0 none"],
    ["good work is none",                               [[updated("a")], [updated("a")]],                                     "0 none"],
    ["nor is to be absent",                             [[dropped("a")], []],                                                 "0 none"],
    ["one that is reported counts",                     [[updated("a"), violated("a", "LOW")]],                               "1 low"],
    ["also where no update came",                       [[violated("a", "HIGH")]],                                            "1 high"],
    ["of several reporters each counts",                [[violated("a", "LOW"), violated("a", "MEDIUM", { reporter: "two" })]], "2 medium"],
    ["a refusal by the gate is one, of severity medium", [[poisoned("a")]],                                                   "1 medium"],
    ["beside those that are reported",                  [[poisoned("a"), violated("a", "LOW")]],                              "2 medium"],
    ["the gravest is told",                             [[poisoned("a"), violated("a", "CRITICAL")]],                         "2 critical"],
    ["they add up over rounds",                         [[violated("a", "HIGH")], [violated("a", "LOW")], [poisoned("a")]],   "3 medium"],
    ["a round without any has none to be grave",        [[violated("a", "CRITICAL")], [updated("a")]],                        "1 none"],
    ["those of others do not count",                    [[updated("a"), violated("h1", "HIGH")]],                             "0 none"],
  ])("%s", (_says, rounds, found) => {
    const federation = new Federation();
    for (const evidence of rounds) federation.round(evidence);
    expect(violationsOf(federation)).toBe(found);
  });

  it("the model without a gate that refuses counts reported ones only", () => {
    const federation = new Federation(createTrustFold(trustModel("seed-literal-1")));
    federation.round([poisoned("a"), violated("a", "LOW")]);
    expect(violationsOf(federation)).toBe("1 low");
  });

  it("nothing counts before the round is closed", () => {
    const federation = new Federation();
    federation.apply(opened(["a"]));
    federation.apply(violated("a", "HIGH"));
    expect(violationsOf(federation)).toBe("0 none");
  });

  it("a late one is put at its place", () => {
    const [late, inTime] = [new Federation(), new Federation()];
    late.round([]);
    late.round([updated("a"), violated("a", "LOW")]);
    late.apply(violated("a", "CRITICAL", { round: 1 }));
    inTime.round([violated("a", "CRITICAL")]);
    inTime.round([updated("a"), violated("a", "LOW")]);
    expect(violationsOf(late)).toBe("2 low");
    expect(late.fold.reading("a")).toStrictEqual(inTime.fold.reading("a"));
  });

  it("a second name of a client has them too", () => {
    const federation = new Federation();
    federation.round([violated("a", "HIGH")]);
    federation.apply(registered("a", "key"));
    federation.apply(registered("b", "key"));
    expect(violationsOf(federation, "b")).toBe("1 high");
  });
});

describe("a snapshot of layout 1, which knew nothing of violations", () => {
  /** Rounds that no late observation reaches any more, and three that are kept. */
  function federated(): Federation {
    const federation = new Federation();
    federation.repeat(6, [violated("a", "LOW")]);
    return federation;
  }

  it("is folded anew: what it lacks is in the log", () => {
    const old = asOfLayout1(federated().fold.snapshot());
    expect(
      finish(restoreTrustFoldSteps(trustModel(), old, () => DEFAULT_TRUST_RULES)),
    ).toBeUndefined();
  });

  it("is taken over where there is no such log, with everything but the violations", () => {
    const federation = federated();
    const old = asOfLayout1(federation.fold.snapshot());
    const upgraded = upgradedSnapshot(old);
    const restored = finish(
      restoreTrustFoldSteps(trustModel(), upgraded, () => DEFAULT_TRUST_RULES),
    );
    for (const id of ["a", "h1", "h5"]) {
      const { violations: _, ...known } = federation.fold.reading(id);
      expect(restored?.reading(id)).toMatchObject(known);
    }
    // Those of the rounds that are kept are folded again.
    expect(restored?.reading("a").violations).toBe(3);
  });

  it("is so where a log begins with it, after the log before it was lost", () => {
    const federation = federated();
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 }).snapshot();
    const fold = asOfLayout1(federation.fold.snapshot());
    const model = trustModel();
    const first = { position: 0, evaluation: 6, model: model.version, state: { fold, door } };
    const options = { model, registrationsPerOwnerPerDay: 0 };
    const rulesOf = () => DEFAULT_TRUST_RULES;
    expect(finish(restoredTrustStateSteps(first, options, rulesOf))).toBeUndefined();
    const state = finish(restoredTrustStateSteps(carriedOver(first, model), options, rulesOf));
    expect(state?.fold.reading("a").trustScore).toBe(federation.trust());
  });

  it("of the present layout stays as it is", () => {
    const snapshot = federated().fold.snapshot();
    expect(upgradedSnapshot(snapshot)).toBe(snapshot);
  });
});

/** What the version before this layout stored: records of 40 numbers, 256 to a page. */
function asOfLayout1(snapshot: TrustSnapshot): TrustSnapshot {
  const state = structuredClone(snapshot.state) as {
    base: { records: { size: number; pages: { numbers: Float64Array; window: Float32Array }[] } };
  };
  for (const page of state.base.records.pages) {
    const stride = page.numbers.length / 256;
    const numbers = Array.from({ length: 256 }, (_, place) => [
      ...page.numbers.subarray(place * stride, place * stride + 40),
    ]);
    page.numbers = new Float64Array(numbers.flat());
  }
  return { ...snapshot, layout: 1, state };
}
