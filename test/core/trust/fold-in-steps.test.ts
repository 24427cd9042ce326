import { describe, expect, it } from "vitest";
import { createTrustFold } from "../../../src/core/trust/fold.js";
import type { FoldStep } from "../../../src/core/trust/fold-step.js";
import type { Observation } from "../../../src/core/trust/observation.js";
import { createObservationDoor } from "../../../src/core/trust/observation-door.js";
import type { TrustFold } from "../../../src/core/trust/trust-fold.js";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import {
  closed,
  opened,
  poisoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

/** More than are evaluated at once, on several pages, of which the last is not full. */
const CLIENTS = Array.from({ length: 700 }, (_, index) => `client-${index}`);

/** Every fifth client attacks; some do not come; every seventh is not selected each time. */
function roundOf(round: number): Observation[] {
  const selected = CLIENTS.filter((_, index) => round === 1 || (index + round) % 7 !== 0);
  const at = { round, observeTimeMs: round };
  const updates = selected.flatMap((id, index) => {
    if (index % 11 === round) return [];
    return [id.endsWith("5") || id.endsWith("0") ? poisoned(id, at) : updated(id, at)];
  });
  return [opened(selected, at), ...updates, closed(at)];
}

/** Late evidence of honest clients: with the last of them too few are left, which concerns everybody. */
const late = (round: number): Observation[] => [
  violated("client-1", "LOW", { round, reporter: "second" }),
  ...[2, 3, 6, 8, 9].map((client) =>
    violated(`client-${client}`, "CRITICAL", { round, reporter: "third" }),
  ),
];

const LOG: readonly Observation[] = [
  ...roundOf(1),
  registered("client-3", "key"),
  registered("client-4", "key"),
  ...[2, 3, 4].flatMap(roundOf),
  ...late(3),
  ...roundOf(5),
];
const RULES = { ...DEFAULT_TRUST_RULES, minCohort: 484 };

/** Clients of every kind and page. */
const asked = CLIENTS.filter((_, index) => index % 13 === 0 || index < 10);
const readings = (fold: TrustFold) => asked.map((id) => fold.reading(id));
const told = ({ points, ...rest }: FoldStep) => ({ ...rest, points: [...points] });

describe("observations that are applied in steps", () => {
  it("change no reading before the last step, and everything then, as at once", () => {
    const [inSteps, atOnce] = [createTrustFold(), createTrustFold()];
    const steppedKinds = new Set<string>();
    let before = readings(inSteps);
    for (const observation of LOG) {
      const steps = inSteps.applySteps(observation, RULES);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        expect(readings(inSteps)).toStrictEqual(before);
        steppedKinds.add(observation.kind);
      }
      expect(told(step.value)).toStrictEqual(told(atOnce.apply(observation, RULES)));
      if (observation.kind !== "update_reported") before = readings(inSteps);
    }
    expect([...steppedKinds]).toStrictEqual(["round_closed", "violation"]);
    expect(inSteps.snapshot()).toStrictEqual(atOnce.snapshot());
    expect(before.some(({ excluded }) => excluded)).toBe(true);
  });

  it("are admitted as at once", () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `client-${index}`);
    const open = (selected: readonly string[]) => opened(selected, { reporter: "second" });
    const asked = [opened(ids), open(ids.toReversed()), open(ids.slice(1)), opened(ids)];
    const [inSteps, atOnce] = [1, 2].map(() =>
      createObservationDoor({ registrationsPerOwnerPerDay: 0 }),
    );
    const verdicts = asked.map((observation) => {
      const steps = inSteps?.admitSteps(observation, 0);
      let count = 0;
      let step = steps?.next();
      for (; step?.done === false; step = steps?.next()) count += 1;
      expect(step?.value).toStrictEqual(atOnce?.admit(observation, 0));
      expect(count).toBeGreaterThan(3);
      return step?.value;
    });
    expect(verdicts).toMatchObject([
      { verdict: "accepted" },
      { verdict: "accepted" },
      { verdict: "rejected", reason: "OBSERVATION_CONFLICT" },
      { verdict: "duplicate" },
    ]);
    expect(inSteps?.snapshot()).toStrictEqual(atOnce?.snapshot());
  });
});
