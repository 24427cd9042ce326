import { describe, expect, it } from "vitest";
import {
  ClientRecord,
  RECORD_NUMBERS,
  RECORD_WINDOW,
} from "../../../src/core/trust/client-record.js";

type Told = Readonly<Record<string, unknown>>;

/** All that a record says. */
function said(record: ClientRecord): Told {
  const factors = [0, 1, 2, 3];
  const updates = Array.from({ length: record.updatesKept }, (_, place) => place);
  return {
    good: factors.map((factor) => record.good(factor)),
    bad: factors.map((factor) => record.bad(factor)),
    alignment: [record.alignmentSum, record.alignmentWeight],
    prior: record.prior,
    score: record.score,
    delta: record.delta,
    change: record.change,
    state: record.state,
    roundsObserved: record.roundsObserved,
    exclusions: record.exclusions,
    dwell: record.dwell,
    roundsBelowExclusion: record.roundsBelowExclusion,
    roundsAboveExclusion: record.roundsAboveExclusion,
    roundsBelowReduction: record.roundsBelowReduction,
    roundsAboveReduction: record.roundsAboveReduction,
    mustExclude: record.mustExclude,
    pardoned: record.pardoned,
    alerted: record.alerted,
    run: record.run,
    round: record.round,
    evidenceTimeMs: record.evidenceTimeMs,
    updates: updates.map((place) => [record.logNormAt(place), record.alignmentAt(place)]),
  };
}

const NEW: Told = {
  good: [0, 0, 0, 0],
  bad: [0, 0, 0, 0],
  alignment: [0, 0],
  prior: 0.25,
  score: 0.25,
  delta: 0,
  change: 0,
  state: "PROBATION",
  roundsObserved: 0,
  exclusions: 0,
  dwell: 0,
  roundsBelowExclusion: 0,
  roundsAboveExclusion: 0,
  roundsBelowReduction: 0,
  roundsAboveReduction: 0,
  mustExclude: false,
  pardoned: false,
  alerted: false,
  run: -1,
  round: 0,
  evidenceTimeMs: Number.NaN,
  updates: [],
};

function fresh(): ClientRecord {
  const record = new ClientRecord();
  record.reset(0.25);
  return record;
}

// prettier-ignore
const CHANGES: readonly (readonly [what: string, change: (record: ClientRecord) => void, changed: Told])[] = [
  ["evidence of the first factor", (record) => { record.setEvidence(0, 3, 4); }, { good: [3, 0, 0, 0], bad: [4, 0, 0, 0] }],
  ["evidence of the last factor", (record) => { record.setEvidence(3, 3, 4); }, { good: [0, 0, 0, 3], bad: [0, 0, 0, 4] }],
  ["the alignment", (record) => { record.setAlignment(5, 6); }, { alignment: [5, 6] }],
  ["the prior", (record) => { record.prior = 0.75; }, { prior: 0.75 }],
  ["the score", (record) => { record.score = 0.75; }, { score: 0.75 }],
  ["the score of a round that is better", (record) => { record.addScore(0.75); }, { score: 0.75, delta: 0.5 }],
  ["the state", (record) => { record.state = "REDUCED"; }, { state: "REDUCED" }],
  ["the state EXCLUDED", (record) => { record.state = "EXCLUDED"; }, { state: "EXCLUDED" }],
  ["the state ACTIVE", (record) => { record.state = "ACTIVE"; }, { state: "ACTIVE" }],
  ["the rounds observed", (record) => { record.roundsObserved = 7; }, { roundsObserved: 7 }],
  ["the exclusions", (record) => { record.exclusions = 7; }, { exclusions: 7 }],
  ["the wait", (record) => { record.dwell = -7; }, { dwell: -7 }],
  ["the rounds below an exclusion", (record) => { record.roundsBelowExclusion = 7; }, { roundsBelowExclusion: 7 }],
  ["the rounds above it", (record) => { record.roundsAboveExclusion = 7; }, { roundsAboveExclusion: 7 }],
  ["the rounds below a reduction", (record) => { record.roundsBelowReduction = 7; }, { roundsBelowReduction: 7 }],
  ["the rounds above it", (record) => { record.roundsAboveReduction = 7; }, { roundsAboveReduction: 7 }],
  ["that it must be excluded", (record) => { record.mustExclude = true; }, { mustExclude: true }],
  ["that it was pardoned", (record) => { record.pardoned = true; }, { pardoned: true }],
  ["that its fall was told", (record) => { record.alerted = true; }, { alerted: true }],
  ["the run", (record) => { record.run = 7; }, { run: 7 }],
  ["the round", (record) => { record.round = 7; }, { round: 7 }],
  ["the time of evidence", (record) => { record.evidenceTimeMs = 7; }, { evidenceTimeMs: 7 }],
  ["an update", (record) => { record.addUpdate(1.5, 0.5); }, { updates: [[1.5, 0.5]] }],
];

describe("a record", () => {
  it("of a client never heard of has the prior and nothing else", () => {
    expect(said(fresh())).toStrictEqual(NEW);
  });

  it.each(CHANGES)("keeps %s, and nothing else changes", (_what, change, changed) => {
    const record = fresh();
    change(record);
    expect(said(record)).toStrictEqual({ ...NEW, ...changed });
  });

  it.each(CHANGES)("forgets %s when it is made new", (_what, change) => {
    const record = fresh();
    change(record);
    record.reset(0.25);
    expect(said(record)).toStrictEqual(NEW);
  });

  it("has flags that can be taken back", () => {
    const record = fresh();
    for (const flag of [true, false]) {
      record.mustExclude = flag;
      record.pardoned = flag;
      record.alerted = flag;
    }
    expect(said(record)).toStrictEqual(NEW);
  });

  it("keeps its last twenty updates", () => {
    const record = new ClientRecord();
    for (let update = 0; update < 23; update += 1) record.addUpdate(update, 0.5);
    const kept = Array.from({ length: record.updatesKept }, (_, place) => record.logNormAt(place));
    expect(kept.sort((left, right) => left - right)).toStrictEqual(
      Array.from({ length: 20 }, (_, index) => index + 3),
    );
  });

  it("falls from the highest of its last ten scores", () => {
    const record = new ClientRecord();
    const changes = [0.9, ...Array<number>(10).fill(0.5), 0.5, 0.6].map((score) => {
      record.addScore(score);
      return Number(record.change.toFixed(9));
    });
    expect(changes).toStrictEqual([0, ...Array<number>(10).fill(-0.4), 0, 0]);
    expect(record.delta).toBeCloseTo(0.1, 9);
  });

  it("falls from the highest score wherever among the ten that was", () => {
    for (let place = 0; place < 10; place += 1) {
      const record = new ClientRecord();
      for (let round = 0; round < 10; round += 1) record.addScore(round === place ? 0.75 : 0.5);
      record.addScore(0.5);
      expect(record.change).toBe(-0.25);
    }
  });

  it("has not fallen in its first round, however low that is", () => {
    const record = fresh();
    record.addScore(-1);
    expect([record.change, record.delta]).toStrictEqual([0, -1.25]);
  });
});

describe("records side by side", () => {
  /** Three of them in one pair of arrays, of which the second is looked at. */
  function three(): readonly [ClientRecord, ClientRecord, ClientRecord] {
    const numbers = new Float64Array(3 * RECORD_NUMBERS);
    const window = new Float32Array(3 * RECORD_WINDOW);
    const records = [new ClientRecord(), new ClientRecord(), new ClientRecord()] as const;
    for (const [place, record] of records.entries()) {
      record.moveTo(numbers, window, place);
      record.reset(0.25);
    }
    return records;
  }
  /** Every number of a record that can be, with all places of its windows. */
  function fill(record: ClientRecord): void {
    for (const [, change] of CHANGES) change(record);
    for (let round = 0; round < 20; round += 1) {
      record.addScore(0.9);
      record.addUpdate(7, 8);
    }
  }

  it("do not know of each other", () => {
    const [first, second, third] = three();
    fill(second);
    expect([said(first), said(third)]).toStrictEqual([NEW, NEW]);
    fill(first);
    fill(third);
    second.reset(0.25);
    expect(said(second)).toStrictEqual(NEW);
    expect(said(first)).toStrictEqual(said(third));
    expect(said(first)).not.toStrictEqual(NEW);
  });

  it("are found again by whoever is moved to their place", () => {
    const numbers = new Float64Array(2 * RECORD_NUMBERS);
    const window = new Float32Array(2 * RECORD_WINDOW);
    const [writer, reader] = [new ClientRecord(), new ClientRecord()];
    writer.moveTo(numbers, window, 1);
    fill(writer);
    reader.moveTo(numbers, window, 0);
    expect(said(reader)).not.toStrictEqual(said(writer));
    reader.moveTo(numbers, window, 1);
    expect(said(reader)).toStrictEqual(said(writer));
  });

  it("are copied one by one, whole, and then stay as they are", () => {
    const [, second] = three();
    fill(second);
    const copy = new ClientRecord();
    copy.copyFrom(second);
    const before = said(second);
    second.reset(0.25);
    expect(said(copy)).toStrictEqual(before);
  });

  it("take a copy between others", () => {
    const [first, second, third] = three();
    const other = fresh();
    fill(other);
    second.copyFrom(other);
    expect([said(first), said(second), said(third)]).toStrictEqual([NEW, said(other), NEW]);
  });
});
