import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  flagParameter,
  limitParameter,
  offsetParameter,
  timeParameter,
} from "../../../src/transport/rest/query-schemas.js";

const schema = z.object({
  limit: limitParameter({ most: 1000, usual: 100 }),
  offset: offsetParameter,
  flag: flagParameter,
  time: timeParameter,
});
type Name = keyof typeof schema.shape;

const read = (name: Name, text: string | undefined): unknown => {
  const parsed = schema.safeParse({ [name]: text });
  return parsed.success ? parsed.data[name] : parsed.error.issues[0]?.message;
};
const NOON = Date.UTC(2025, 5, 16, 12);

// prettier-ignore
describe("a parameter", () => {
  it.each<[name: Name, text: string | undefined, value: unknown]>([
    ["limit",  undefined,                             100],
    ["limit",  "",                                    100],
    ["limit",  "7",                                   7],
    ["limit",  "99999999999999999999",                1000],
    ["limit",  "0",                                   "must be a whole number of at least 1, got `0`"],
    ["limit",  "-5",                                  "must be a whole number of at least 1, got `-5`"],
    ["limit",  "1e3",                                 "must be a whole number of at least 1, got `1e3`"],
    ["offset", undefined,                             0],
    ["offset", "20",                                  20],
    ["offset", "-1",                                  "must be a whole number of at least 0, got `-1`"],
    ["flag",   undefined,                             false],
    ["flag",   "TRUE",                                true],
    ["flag",   "yes",                                 "must be true or false, got `yes`"],
    ["time",   undefined,                             undefined],
    ["time",   "1750075200",                          NOON],
    ["time",   "1750075200.122",                      NOON + 122],
    ["time",   "2025-06-16T12:00:00Z",                NOON],
    ["time",   "2025-06-16T12:00:00",                 NOON],
    ["time",   "2025-06-16T12:00",                    NOON],
    ["time",   "2025-06-16 12:00:00",                 NOON],
    ["time",   "2025-06-16",                          NOON - 43_200_000],
    ["time",   "2025-06-16T12:00:00.123456",          NOON + 123],
    ["time",   "2025-06-16T12:00:00.5+00:00",         NOON + 500],
    ["time",   "2025-06-16T12:00:00 00:00",           NOON],
    ["time",   "2025-06-16T14:00:00+02:00",           NOON],
    ["time",   "2025-06-16T10:00:00-0200",            NOON],
    ["time",   "yesterday",                           "must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got `yesterday`"],
    ["time",   "2025-13-01T00:00:00Z",                "must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got `2025-13-01T00:00:00Z`"],
    ["time",   "NaN",                                 "must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got `NaN`"],
    ["time",   "1e400",                               "must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got `1e400`"],
    ["time",   "999999999999999",                     "must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got `999999999999999`"],
  ])("%s %s is read as %s", (name, text, value) => {
    expect(read(name, text)).toEqual(value);
  });
});
