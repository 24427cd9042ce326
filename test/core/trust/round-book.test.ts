import { describe, expect, it } from "vitest";
import type { RoundEvidence } from "../../../src/core/trust/evidence.js";
import { lowerMedian, RoundBook } from "../../../src/core/trust/round-book.js";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { dropped, updated } from "../../support/trust-observations.js";

const MEMBERS = [5, 1, 3];
/** Places are in the order of numbers: those of 1, 3 and 5. */
const [ONE, THREE, FIVE] = [0, 1, 2] as const;

function bookOf(tell: (book: RoundBook) => void = () => undefined): RoundBook {
  const book = RoundBook.open("run", 4, MEMBERS);
  tell(book);
  return book;
}

const seen = (told: Parameters<typeof updated>[1] = {}) => updated("c", told);
const unseen = () => {
  const { alignmentRatio: _, normRatio: __, ...rest } = seen();
  return rest;
};

const NOTHING: RoundEvidence = {
  outcome: "DROPPED",
  alignmentRatio: Number.NaN,
  normRatio: Number.NaN,
  maxPairwise: Number.NaN,
  violations: [],
  timeMs: Number.NaN,
};

/** What is told of a client, and what its evidence then is: all else is as of one that nobody saw. */
// prettier-ignore
const ROWS: readonly (readonly [says: string, tell: (book: RoundBook) => void, evidence: Partial<RoundEvidence>])[] = [
  ["nothing is told: it has dropped", () => undefined, {}],
  ["one report: it counts as it is", (book) => { book.addReport(THREE, seen({ outcome: "LATE", alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25, observeTimeMs: 7 })); }, { outcome: "LATE", alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25, timeMs: 7 }],
  ["a report without ratios: it has none", (book) => { book.addReport(THREE, unseen()); }, { outcome: "COMPLETED", timeMs: 0 }],
  ["a report that nothing came", (book) => { book.addReport(THREE, { ...dropped("c"), outcome: "FAILED" }); }, { outcome: "FAILED", timeMs: 0 }],
  ["a report that it declined", (book) => { book.addReport(THREE, { ...dropped("c"), outcome: "DECLINED" }); }, { outcome: "DECLINED", timeMs: 0 }],
  ["violations: all of them, and it has dropped", (book) => { book.addViolation(THREE, "LOW", 3); book.addViolation(THREE, "HIGH", 2); }, { violations: ["LOW", "HIGH"], timeMs: 3 }],
  ["a violation after a report: the later time", (book) => { book.addReport(THREE, unseen()); book.addViolation(THREE, "LOW", 3); }, { outcome: "COMPLETED", violations: ["LOW"], timeMs: 3 }],
  ["two reports: of each number the lower, and the later time", (book) => { book.addReport(THREE, seen({ alignmentRatio: 1, normRatio: 2, maxPairwise: 0.75, observeTimeMs: 9 })); book.addReport(THREE, seen({ outcome: "LATE", alignmentRatio: 0.5, normRatio: 3, maxPairwise: 0.5, observeTimeMs: 8 })); }, { outcome: "LATE", alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.5, timeMs: 9 }],
  ["three reports: the one in the middle", (book) => { for (const ratio of [0.5, -1, 1]) book.addReport(THREE, seen({ alignmentRatio: ratio, normRatio: ratio + 2, maxPairwise: ratio })); }, { outcome: "COMPLETED", alignmentRatio: 0.5, normRatio: 2.5, maxPairwise: 0.5, timeMs: 0 }],
  ["reports of which one has ratios: those", (book) => { book.addReport(THREE, unseen()); book.addReport(THREE, seen({ alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25 })); }, { outcome: "COMPLETED", alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25, timeMs: 0 }],
  ["reports of which the first has them: those", (book) => { book.addReport(THREE, seen({ alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25 })); book.addReport(THREE, unseen()); }, { outcome: "COMPLETED", alignmentRatio: 0.5, normRatio: 2, maxPairwise: 0.25, timeMs: 0 }],
  ["several reports and violations", (book) => { book.addViolation(THREE, "LOW", 1); book.addReport(THREE, unseen()); book.addReport(THREE, unseen()); book.addViolation(THREE, "LOW", 1); }, { outcome: "COMPLETED", violations: ["LOW", "LOW"], timeMs: 1 }],
];

describe("the evidence of a client is", () => {
  it.each(ROWS)("%s", (_says, tell, evidence) => {
    const book = bookOf(tell);
    expect(book.evidenceAt(THREE)).toEqual({ ...NOTHING, ...evidence });
    expect(book.joined([THREE])).toEqual({ ...NOTHING, ...evidence });
    expect([book.evidenceAt(ONE), book.evidenceAt(FIVE)]).toEqual([NOTHING, NOTHING]);
  });

  it.each(ROWS)("the same from a book that was kept: %s", (_says, tell, evidence) => {
    const book = RoundBook.restore(structuredClone(bookOf(tell).toData()));
    expect(book.evidenceAt(THREE)).toEqual({ ...NOTHING, ...evidence });
  });

  it("its own, whatever is told of others", () => {
    const book = bookOf();
    for (const outcome of ["LATE", "COMPLETED"] as const) {
      book.addReport(ONE, seen({ outcome, maxPairwise: 1 }));
      book.addViolation(ONE, "CRITICAL", 9);
    }
    expect(book.evidenceAt(THREE)).toEqual(NOTHING);
    book.addReport(THREE, seen());
    const own = { outcome: "COMPLETED", alignmentRatio: 1, normRatio: 1, timeMs: 0 };
    expect(book.evidenceAt(THREE)).toEqual({ ...NOTHING, ...own });
  });

  it("one of all its names", () => {
    const book = bookOf();
    book.addReport(
      ONE,
      seen({ outcome: "LATE", alignmentRatio: 0.5, normRatio: 2, observeTimeMs: 2 }),
    );
    book.addReport(FIVE, seen({ alignmentRatio: 0.75, normRatio: 1, observeTimeMs: 4 }));
    book.addViolation(FIVE, "LOW", 3);
    book.addViolation(ONE, "HIGH", 1);
    expect(book.joined([ONE, THREE, FIVE])).toEqual({
      ...NOTHING,
      ...{ outcome: "LATE", alignmentRatio: 0.5, normRatio: 1, timeMs: 4 },
      violations: ["HIGH", "LOW"],
    });
    const one = bookOf();
    one.addReport(FIVE, seen());
    expect(one.joined([ONE, FIVE])).toEqual(one.evidenceAt(FIVE));
  });
});

describe("a book", () => {
  it("has a place for each selected client, once, in the order of numbers", () => {
    const book = RoundBook.open("run", 4, [...MEMBERS, 3]);
    expect(book.size).toBe(3);
    expect([0, 1, 2].map((place) => book.memberAt(place))).toEqual([1, 3, 5]);
    expect([1, 3, 5, 0, 2, 6].map((member) => book.placeOf(member))).toEqual([
      ...[0, 1, 2],
      ...[undefined, undefined, undefined],
    ]);
  });

  it("is kept with what its close found, and by which rules", () => {
    const book = bookOf();
    book.rules = { ...DEFAULT_TRUST_RULES, hash: "strict" };
    const facts = { selected: 3, wished: 2, remaining: 1, changed: 1, guarded: true };
    Object.assign(book.facts, facts);
    const data = structuredClone(book.toData());
    expect(data).toMatchObject({ runId: "run", round: 4, rulesHash: "strict", facts });
    const restored = RoundBook.restore(data, book.rules);
    expect(restored.facts).toEqual(facts);
    expect(restored.toData()).toEqual(data);
  });

  it("does not change what it is made of", () => {
    const book = bookOf();
    book.addReport(ONE, seen());
    book.addReport(ONE, seen({ maxPairwise: 0.5 }));
    book.addViolation(ONE, "LOW", 0);
    const data = structuredClone(book.toData());
    const before = structuredClone(data);
    const restored = RoundBook.restore(data);
    restored.addReport(ONE, seen({ observeTimeMs: 9 }));
    restored.addReport(THREE, seen({ alignmentRatio: 0.5, normRatio: 2, maxPairwise: 1 }));
    restored.addViolation(ONE, "HIGH", 9);
    restored.addViolation(FIVE, "HIGH", 9);
    restored.facts.changed = 3;
    expect(data).toEqual(before);
  });
});

describe("the lower median", () => {
  it.each<[says: string, values: readonly number[], median: number]>([
    ["of nothing is none", [], Number.NaN],
    ["of one is that", [7], 7],
    ["of two is the smaller", [9, 2], 2],
    ["of three is the one in the middle", [9, 2, 5], 5],
    ["of four is the smaller of the two in the middle", [9, 2, 7, 5], 5],
    ["goes by number and not by text", [9, 10, 100], 10],
  ])("%s", (_says, values, median) => {
    expect(lowerMedian(values)).toBe(median);
  });
});
