import { describe, expect, it } from "vitest";
import { createEngineAttributes } from "../../src/application/engine-attributes.js";

function attributesAt(iso: string, timeZone: string) {
  const clock = { nowMs: () => Date.parse(iso), monotonicMs: () => 0 };
  return createEngineAttributes({ clock, timeZone })();
}

describe("what the engine knows of the time", () => {
  // prettier-ignore
  it.each<[says: string, iso: string, zone: string, expected: object]>([
    ["hour and minute are those of the zone",      "2026-11-24T07:05:09.999Z", "UTC",             { hour: 7, minute: 5, day_of_week: 1, time: 1795503909 }],
    ["another zone moves hour and day",            "2026-11-24T23:30:00Z",     "Europe/Istanbul", { hour: 2, minute: 30, day_of_week: 2, time: 1795563000 }],
    ["midnight is hour 0",                         "2026-11-23T00:00:00Z",     "UTC",             { hour: 0, minute: 0, day_of_week: 0, time: 1795392000 }],
    ["Sunday is day 6",                            "2026-11-29T12:00:00Z",     "UTC",             { hour: 12, minute: 0, day_of_week: 6, time: 1795953600 }],
    ["a zone may be a fraction of an hour off",    "2026-11-24T00:00:00Z",     "Asia/Kathmandu",  { hour: 5, minute: 45, day_of_week: 1, time: 1795478400 }],
  ])("%s", (_says, iso, zone, expected) => {
    expect(attributesAt(iso, zone)).toEqual(expected);
  });

  it("refuses a zone that nobody knows", () => {
    expect(() => attributesAt("2026-11-24T00:00:00Z", "Mars/Olympus")).toThrow(RangeError);
  });
});
