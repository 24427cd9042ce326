import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTrustFold, restoreTrustFoldSteps } from "../../../src/core/trust/fold.js";
import type { FoldStep, StateChange, TrustAlert } from "../../../src/core/trust/fold-step.js";
import { createObservationDoor } from "../../../src/core/trust/observation-door.js";
import type { TrustFold } from "../../../src/core/trust/trust-fold.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import type { TrustReading } from "../../../src/core/trust/trust-reading.js";
import { finish } from "../../../src/core/finish.js";
import {
  delivered,
  federations,
  type LogEntry,
  logOf,
  placesOfDelivery,
  rulesOf,
} from "../../support/arbitrary-trust.js";

const runs = { numRuns: 150 };

interface Told {
  readonly points: TrustReading[];
  readonly changes: StateChange[];
  readonly alerts: TrustAlert[];
  readonly steps: FoldStep[];
}

function follow(fold: TrustFold, log: readonly LogEntry[]): Told {
  const told: Told = { points: [], changes: [], alerts: [], steps: [] };
  for (const { observation, rules } of log) {
    const step = fold.apply(observation, rules);
    told.points.push(...step.points);
    told.changes.push(...step.changes);
    told.alerts.push(...step.alerts);
    told.steps.push(step);
  }
  return told;
}

function folded(log: readonly LogEntry[]): TrustFold {
  const fold = createTrustFold();
  follow(fold, log);
  return fold;
}

/** Of every client ever heard of, to the last bit. */
function stateOf(fold: TrustFold): TrustReading[] {
  return [...fold.clientIds()].sort().map((clientId) => fold.reading(clientId));
}

/** What later observations would find: the state after some more rounds. */
function stateAndFuture(fold: TrustFold, future: readonly LogEntry[]): unknown[] {
  const now = stateOf(fold);
  const { changes, alerts } = follow(fold, future);
  return [now, changes, alerts, stateOf(fold)];
}

describe("whatever happens,", () => {
  it("scores, factors and intervals stay where they belong", () => {
    fc.assert(
      fc.property(federations, (written) => {
        const misplaced = follow(createTrustFold(), logOf(written)).points.filter(
          ({ trustLower, trustScore, trustUpper, factors }) =>
            !ascends([0, trustLower, trustScore, trustUpper, 1]) ||
            factors.some(({ lower, value, upper }) => !ascends([lower, value, upper])) ||
            factors.some(({ value }) => !(value > 0 && value < 0.8754)),
        );
        expect(misplaced).toStrictEqual([]);
      }),
      runs,
    );
  });

  it("the score is what a reader makes of the factors", () => {
    fc.assert(
      fc.property(federations, (written) => {
        for (const { trustScore, factors } of follow(createTrustFold(), logOf(written)).points) {
          const sum = factors.reduce((total, { value, weight }) => total + value * weight, 0);
          expect(trustScore).toBeCloseTo(sum, 12);
        }
      }),
      runs,
    );
  });

  it("nobody crosses between ACTIVE and REDUCED without crossing the threshold and its margin", () => {
    let crossings = 0;
    const documented = federations.map((written) =>
      logOf(written).map(({ observation }) => ({ observation, rules: DOCUMENTED })),
    );
    fc.assert(
      fc.property(documented, (log) => {
        for (const { before, after, trustScore, cause } of follow(createTrustFold(), log).changes) {
          if (cause !== "ROUND_CLOSED") continue;
          if (before === "ACTIVE" && after === "REDUCED") expect(trustScore).toBeLessThan(0.6);
          if (before === "REDUCED" && after === "ACTIVE") {
            expect(trustScore).toBeGreaterThanOrEqual(0.65);
          }
          crossings += 1;
        }
      }),
      runs,
    );
    expect(crossings).toBeGreaterThan(100);
  });

  it("a round never excludes so many that fewer than the cohort are left", () => {
    let guarded = 0;
    fc.assert(
      fc.property(federations, (written) => {
        const log = logOf(written);
        for (const [index, { evaluated, changes }] of follow(
          createTrustFold(),
          log,
        ).steps.entries()) {
          if (!evaluated) continue;
          if (evaluated.guarded > 0) guarded += 1;
          const excluded = changes.filter(({ after }) => after === "EXCLUDED").length;
          const least =
            log[index]?.rules.minCohort ?? Math.max(2, Math.floor(evaluated.selected / 2));
          const left = evaluated.selected - evaluated.states.EXCLUDED;
          expect(excluded === 0 || left >= least).toBe(true);
        }
      }),
      runs,
    );
    expect(guarded).toBeGreaterThan(10);
  });
});

describe("the state does not depend on", () => {
  it("when evidence is told, between the opening of its round and two closed rounds after it", () => {
    const seen = { late: 0, guarded: 0, excluded: 0 };
    fc.assert(
      fc.property(federations, placesOfDelivery, federations, (written, places, next) => {
        const log = logOf(written);
        const inOrder = createTrustFold();
        const told = follow(inOrder, log);
        const late = createTrustFold();
        const toldLate = follow(late, delivered(log, places));
        seen.guarded += told.steps.filter(({ evaluated }) => (evaluated?.guarded ?? 0) > 0).length;
        seen.late += toldLate.changes.filter(({ cause }) => cause === "LATE").length;
        seen.excluded += told.changes.filter(({ after }) => after === "EXCLUDED").length;
        const future = logOf(next).map((entry) => inAnotherRun(entry));
        expect(stateAndFuture(late, future)).toStrictEqual(stateAndFuture(inOrder, future));
      }),
      { numRuns: 250 },
    );
    expect(seen.late).toBeGreaterThan(15);
    expect(seen.guarded).toBeGreaterThan(50);
    expect(seen.excluded).toBeGreaterThan(200);
  });

  it("repetitions: the door takes each once, also in whole logs", () => {
    fc.assert(
      fc.property(federations, (written) => {
        // An operator may well pardon again; nobody else says a thing twice.
        const log = logOf(written).filter(
          ({ observation }) => observation.kind !== "client_pardoned",
        );
        const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
        const fold = createTrustFold();
        const isTaken = ({ observation, rules }: LogEntry): boolean => {
          if (door.admit(observation, 0).verdict !== "accepted") return false;
          fold.apply(observation, rules);
          return true;
        };
        const taken = log.filter(isTaken);
        const once = stateOf(fold);
        expect(log.filter(isTaken)).toStrictEqual([]);
        expect(stateOf(fold)).toStrictEqual(once);
        expect(once).toStrictEqual(stateOf(folded(taken)));
      }),
      runs,
    );
  });

  it("where a snapshot was taken", () => {
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(federations, placesOfDelivery, cut, (written, places, at) => {
        const log = delivered(logOf(written), places);
        const place = Math.floor(at * log.length);
        const fold = folded(log.slice(0, place));
        const snapshot = structuredClone(fold.snapshot());
        follow(fold, log.slice(place)); // Goes on while the snapshot is kept.
        const restored = finish(restoreTrustFoldSteps(trustModel(), snapshot, rulesOf));
        expect(stateAndFuture(restored ?? createTrustFold(), log.slice(place))).toStrictEqual(
          stateAndFuture(folded(log.slice(0, place)), log.slice(place)),
        );
        expect(stateOf(fold)).toStrictEqual(stateOf(folded(log)));
      }),
      runs,
    );
  });

  it("what clients tell that were not selected", () => {
    fc.assert(
      fc.property(federations, (written) => {
        const log = logOf(written);
        const fold = folded(log);
        const before = stateOf(fold);
        for (const { observation, rules } of log) {
          if (observation.kind === "update_reported") {
            fold.apply({ ...observation, round: observation.round + 100 }, rules);
            fold.apply({ ...observation, clientId: "nobody" }, rules);
          }
        }
        expect(stateOf(fold)).toStrictEqual(before);
      }),
      runs,
    );
  });
});

function ascends(numbers: readonly number[]): boolean {
  return numbers.every((number, place) => place === 0 || (numbers[place - 1] ?? NaN) <= number);
}

const DOCUMENTED = rulesOf("default") ?? expect.fail("no documented rules");

function inAnotherRun({ observation, rules }: LogEntry): LogEntry {
  if (!("runId" in observation)) return { observation, rules };
  return { observation: { ...observation, runId: `later ${observation.runId}` }, rules };
}
