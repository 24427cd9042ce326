import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientRecord } from "../../../src/core/trust/client-record.js";
import { type KeptItem, LatenessWindow } from "../../../src/core/trust/lateness-window.js";
import { NameTable } from "../../../src/core/trust/name-table.js";
import { NumberSet } from "../../../src/core/trust/number-set.js";
import { payloadDigest } from "../../../src/core/trust/payload-digest.js";
import { RecordPages } from "../../../src/core/trust/record-pages.js";
import { placeOf, sameNumbers, sortedNumbers } from "../../../src/core/trust/sorted-numbers.js";
import { updated } from "../../support/trust-observations.js";

const numbers = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 60 });

describe("what holds the state of many clients", () => {
  it("a set of numbers has what was added, and nothing else", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 5_000 }), (added, asked) => {
        const set = new NumberSet();
        for (const number of added) set.add(number);
        const restored = new NumberSet(set.words.slice());
        for (const number of [...added, asked, 31, 32]) {
          expect(set.has(number)).toBe(added.includes(number));
          expect(restored.has(number)).toBe(added.includes(number));
        }
      }),
    );
  });

  it("sorted numbers have each once, and find it", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -1, max: 2_001 }), (given, asked) => {
        const sorted = sortedNumbers(given);
        const expected = [...new Set(given)].sort((left, right) => left - right);
        expect([...sorted]).toStrictEqual(expected);
        expect(sameNumbers(sorted, sortedNumbers(given.toReversed()))).toBe(true);
        expect(sameNumbers(sorted, sortedNumbers([...given, 2_001]))).toBe(false);
        for (const number of [...given, asked]) {
          const place = expected.indexOf(number);
          expect(placeOf(sorted, number)).toBe(place < 0 ? undefined : place);
        }
      }),
    );
  });

  it("names have numbers in the order in which they were heard, also when they are restored", () => {
    const table = new NameTable(["b", "a"]);
    expect(["a", "c", "b", "c"].map((name) => table.numberOf(name))).toStrictEqual([1, 2, 0, 2]);
    expect([table.find("c"), table.find("d")]).toStrictEqual([2, undefined]);
    expect([table.nameOf(0), table.nameOf(2), table.names]).toStrictEqual([
      "b",
      "c",
      ["b", "a", "c"],
    ]);
  });

  it("a set of numbers has the first one that needs more room", () => {
    for (const number of [31, 32, 64]) {
      const set = new NumberSet();
      set.add(number);
      expect([number - 1, number, number + 1].map((one) => set.has(one))).toStrictEqual([
        ...[false, true, false],
      ]);
    }
  });

  it("numbers are the same where each is, and none more", () => {
    const same = (left: readonly number[], right: readonly number[]): boolean =>
      sameNumbers(sortedNumbers(left), sortedNumbers(right));
    expect(same([], [])).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(true);
    expect(same([1, 2], [1, 3])).toBe(false);
    expect(same([1], [1, 2])).toBe(false);
    expect(same([1, 2], [1])).toBe(false);
  });

  it("a table of names begins with none, and knows none for a number that nobody has", () => {
    const table = new NameTable();
    expect([table.names, table.nameOf(0), table.numberOf("a")]).toStrictEqual([["a"], "", 0]);
  });

  it("records keep to themselves, whatever page they are on, and a copy of them does too", () => {
    const pages = new RecordPages(0.4);
    const cursor = new ClientRecord();
    const clients = [700, 0, 255, 256, 511, 512];
    const write = (to: RecordPages, client: number, value: number): void => {
      const record = to.seekToWrite(cursor, client);
      record.score = value;
      record.addUpdate(value, value + 0.5);
    };
    const found = (of: RecordPages): unknown[] =>
      clients.map((client) => {
        const record = of.seek(cursor, client);
        return [record.score, record.logNormAt(0), record.alignmentAt(0), record.updatesKept];
      });
    for (const client of clients) write(pages, client, client);
    const written = clients.map((client) => [client, client, client + 0.5, 1]);
    const [one, other] = [pages.copy(), pages.copy()];
    for (const of of [pages, one]) for (const client of clients) write(of, client, -1);
    write(one, 701, 5);
    expect([found(other), other.seek(cursor, 701).score]).toStrictEqual([written, 0.4]);
    expect(found(one)).toStrictEqual(clients.map((client) => [-1, client, client + 0.5, 2]));
    expect(found(one)).toStrictEqual(found(pages));
    const priors = [700, 0, 256, 699, 512].map((client) => pages.seek(cursor, client).prior);
    expect(priors).toStrictEqual(Array<number>(5).fill(0.4));
    const restored = new RecordPages(0.9, structuredClone(pages.toData()));
    expect([700, 0].map((client) => restored.seek(cursor, client).score)).toStrictEqual([-1, -1]);
    expect(restored.seek(cursor, 701).score).toBe(0.9);
    expect([pages.seek(cursor, 3).prior, pages.seek(cursor, 3).score]).toStrictEqual([0.4, 0.4]);
  });
});

describe("closed rounds are kept", () => {
  const closed = (runId: string, round: number, size = 1): KeptItem => ({
    closed: { runId, round, size },
  });
  /** What has left after each step, as `run round`; `-` for what is no round. */
  function left(items: readonly KeptItem[]): string[] {
    const window = new LatenessWindow<KeptItem>();
    return items.map((item) => {
      window.push(item);
      const gone: string[] = [];
      for (let one = window.takeLeft(); one; one = window.takeLeft()) {
        gone.push(one.closed ? `${one.closed.runId}${one.closed.round}` : "-");
      }
      return gone.join(" ");
    });
  }
  const several = (runId: string, count: number, size = 1) =>
    Array.from({ length: count }, (_, index) => closed(runId, index + 1, size));

  // prettier-ignore
  it.each<[says: string, items: readonly KeptItem[], gone: readonly string[]]>([
    ["until their run has closed one three rounds later", several("a", 5), ["", "", "", "a1", "a2"]],
    ["behind those of other runs that are older", [closed("b", 1), ...several("a", 4)], ["", "", "", "", ""]],
    ["until 64 are", [...several("a", 3), ...several("b", 62)].slice(2), [...Array<string>(63).fill("")]],
    ["not when rounds are skipped", [closed("a", 1), closed("a", 9)], ["", "a1"]],
    ["when an earlier one is closed later", [closed("a", 3), closed("a", 1), closed("a", 4)], ["", "", ""]],
    ["while nothing is between them that is no round", [{}, closed("a", 1), {}, closed("a", 9)], ["-", "", "", "a1 -"]],
    ["until they have a million clients, but the last one", [closed("a", 1, 600_000), closed("b", 1, 400_000), closed("c", 1, 1), closed("d", 1, 2_000_000)], ["", "", "a1", "b1 c1"]],
  ])("%s", (_says, items, gone) => {
    expect(left(items)).toStrictEqual(gone);
  });

  it("and found by run and round, whatever else happened", () => {
    const items = [closed("a", 1), {}, closed("b", 2), closed("a", 2)];
    const window = new LatenessWindow<KeptItem>(items);
    expect(window.find("a", 2)).toBe(items[3]);
    expect(window.find("b", 2)).toBe(items[2]);
    expect([window.find("b", 1), window.find("c", 1)]).toStrictEqual([undefined, undefined]);
  });

  it("also by a window that is made of what another kept", () => {
    const lastClosed = new Map([["a", 4]]);
    const window = new LatenessWindow<KeptItem>([closed("a", 1), closed("a", 4)], lastClosed);
    expect([1, 2].map((round) => window.isTooLate("a", round))).toStrictEqual([true, false]);
    expect(window.takeLeft()).toStrictEqual(closed("a", 1));
    expect(window.takeLeft()).toBeUndefined();
  });

  it("64 at most", () => {
    const runs = Array.from({ length: 66 }, (_, index) => closed(`r${index}-`, 1));
    expect(left(runs).slice(62)).toStrictEqual(["", "", "r0-1", "r1-1"]);
  });
});

it("what an observation says has one digest, and what says another thing another", () => {
  const seen = fc.record({
    alignmentRatio: fc.double({ min: -1, max: 1.5, noNaN: true }),
    latencyMs: fc.nat(),
    outcome: fc.constantFrom("COMPLETED", "LATE"),
  });
  fc.assert(
    fc.property(seen, seen, (one, other) => {
      const [first, second] = [
        payloadDigest(updated("a", one)),
        payloadDigest(updated("b", other)),
      ];
      expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
      expect(Number.isSafeInteger(first)).toBe(true);
    }),
  );
  const digests = Array.from({ length: 20_000 }, (_, latencyMs) =>
    payloadDigest(updated("a", { latencyMs })),
  );
  expect(new Set(digests).size).toBe(20_000);
});

// They are in checkpoints, and are compared with those of repetitions.
// prettier-ignore
it.each([
  ["what is needed", updated("a", { alignmentRatio: 0.9134, normRatio: 1e21, latencyMs: 1250, numExamples: 233, alignmentReference: "ROOT" }), 710736150995974],
  ["numbers of every size", updated("a", { outcome: "LATE", alignmentRatio: -0, maxPairwise: 1e-7, alignment: -0.25, lossDelta: -Number.MAX_VALUE }), 2210591447888771],
] as const)("the digest of an update stays what it is: %s", (_says, update, digest) => {
  expect(payloadDigest(update)).toBe(digest);
});
