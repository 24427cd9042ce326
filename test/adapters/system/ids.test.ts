import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSystemClock } from "../../../src/adapters/system/clock.js";
import { createUuidIds } from "../../../src/adapters/system/ids.js";

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const T = 1_750_000_000_000;
const MANY = 20_000; // Refills the pool of randomness many times.

const clock = createSystemClock();
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const isAscending = (texts: string[]): boolean =>
  texts.every((text, at) => at === 0 || (texts[at - 1] ?? "") < text);

describe("identifiers", () => {
  it("are UUIDs of version 7 for decisions and 4 for events", () => {
    const ids = createUuidIds();
    expect(times(MANY, () => ids.decisionId(Date.now())).filter((id) => !V7.test(id))).toEqual([]);
    expect(times(MANY, () => ids.eventId()).filter((id) => !V4.test(id))).toEqual([]);
  });

  it("never repeat, also between two makers", () => {
    const [one, other] = [createUuidIds(), createUuidIds()];
    const made = times(MANY, () => [
      one.decisionId(T),
      one.eventId(),
      other.decisionId(T),
      other.eventId(),
    ]).flat();
    expect(new Set(made).size).toBe(4 * MANY);
  });

  it("of decisions begin with the millisecond they are of", () => {
    expect(createUuidIds().decisionId(0x0123_4567_89ab).slice(0, 13)).toBe("01234567-89ab");
  });

  it("of decisions ascend, whatever time it is", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 41 }), { minLength: 2 }), (readings) => {
        const ids = createUuidIds();
        expect(isAscending(readings.map((timeMs) => ids.decisionId(timeMs)))).toBe(true);
      }),
    );
  });
});

describe("the clock", () => {
  it("tells the time of day, and durations that do not go back", () => {
    const before = Date.now();
    const [now, start, end] = [clock.nowMs(), clock.monotonicMs(), clock.monotonicMs()];
    expect(now).toBeGreaterThanOrEqual(before);
    expect(end).toBeGreaterThanOrEqual(start);
  });
});
