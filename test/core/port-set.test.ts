import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPortSet,
  parsePort,
  parsePortSet,
  portSetContains,
} from "../../src/core/port-set.js";
import type { Value } from "../../src/core/values.js";
import { anyValue } from "../support/arbitrary-values.js";

describe("parsePortSet", () => {
  // prettier-ignore
  it.each<[says: string, value: Value, canonical: string]>([
    ["a number is a port",                         8080, "8080"],
    ["decimal text is a port",                     "8080", "8080"],
    ["ports start at 1",                           1, "1"],
    ["ports end at 65535",                         "65535", "65535"],
    ["a range is inclusive",                       "1-1023", "1-1023"],
    ["a range may start at 0",                     "0-1023", "0-1023"],
    ["text may list ranges and ports",             "22-79,81-8079,9000", "22-79,81-8079,9000"],
    ["blanks around parts are accepted",           " 22 - 79 , 81 ", "22-79,81"],
    ["a list joins its elements",                  [80, "443", "8000-8080"], "80,443,8000-8080"],
    ["the order does not matter",                  [443, 80], "80,443"],
    ["what overlaps is one interval",              ["1-100", "50-200", "10-20"], "1-200"],
    ["what touches is one interval",               [80, 81, "82-90"], "80-90"],
  ])("%s", (_says, value, canonical) => {
    const parsed = parsePortSet(value);
    expect(parsed.ok && formatPortSet(parsed.value)).toBe(canonical);
  });

  // prettier-ignore
  it.each<[says: string, value: Value, problem: RegExp]>([
    ["a lone 0 is refused",                        0, /0 is not a port from 1 to 65535/],
    ["a lone 0 as text is refused",                "0", /"0" is not a port/],
    ["0-0 is a lone 0",                            "0-0", /must end from 1 to 65535/],
    ["65536 is refused",                           65_536, /65536 is not a port/],
    ["a range past 65535 is refused",              "1-65536", /must end from 1 to 65535/],
    ["a negative number is refused",               -1, /-1 is not a port/],
    ["a fraction is refused",                      80.5, /80.5 is not a port/],
    ["a number that is not finite is refused",     Number.NaN, /NaN is not a port/],
    ["a reversed range is refused",                "1023-1", /is reversed/],
    ["a range without end is refused",             "1023-", /is not a port/],
    ["a range without start is refused",           "-1023", /is not a port/],
    ["an empty part is refused",                   "22,,80", /"" is not a port/],
    ["leading zeros are refused",                  "08080", /"08080" is not a port/],
    ["a sign is refused",                          "+80", /is not a port/],
    ["a service name is refused",                  "http", /"http" is not a port/],
    ["true is refused",                            true, /true is not a port/],
    ["a list inside a list is refused",            [[80]], /a list is not a port/],
    ["an empty list is refused",                   [], /has no port/],
    ["one bad element spoils the list",            [80, "x"], /"x" is not a port/],
  ])("%s", (_says, value, problem) => {
    expect(parsePortSet(value)).toEqual({ ok: false, problem: expect.stringMatching(problem) as unknown });
  });

  it("contains exactly the ports of its parts, in sorted, disjoint intervals", () => {
    const part = fc
      .tuple(fc.nat({ max: 40 }), fc.nat({ max: 8 }))
      .map(([first, more]) => ({ first, last: Math.max(1, first + more) }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const parsed = parsePortSet(parts.map(({ first, last }) => `${first}-${last}`).join(","));
        const set = parsed.ok ? parsed.value : [];
        for (let port = 0; port <= 60; port++) {
          const naive = parts.some(({ first, last }) => first <= port && port <= last);
          expect(portSetContains(set, port)).toBe(naive);
        }
        for (const [index, { first }] of set.slice(1).entries()) {
          expect(first).toBeGreaterThan((set[index]?.last ?? Infinity) + 1);
        }
      }),
    );
  });

  it("answers any value", () => {
    fc.assert(fc.property(anyValue, (value) => typeof parsePortSet(value).ok === "boolean"));
  });
});

describe("parsePort", () => {
  // prettier-ignore
  it.each<[says: string, value: Value, port: number | undefined]>([
    ["a number is a port",                8080, 8080],
    ["decimal text is a port",            "8080", 8080],
    ["65535 is the last",                 65_535, 65_535],
    ["0 is malformed",                    0, undefined],
    ["negative zero is malformed",        -0, undefined],
    ["65536 is malformed",                "65536", undefined],
    ["a fraction is malformed",           1.5, undefined],
    ["leading zeros are malformed",       "08080", undefined],
    ["blanks are malformed",              " 80", undefined],
    ["a range is malformed",              "80-81", undefined],
    ["empty text is malformed",           "", undefined],
    ["a word is malformed",               "unknown", undefined],
    ["true is malformed",                 true, undefined],
    ["null is malformed",                 null, undefined],
    ["a list is malformed",               [80], undefined],
  ])("%s", (_says, value, port) => {
    expect(parsePort(value)).toBe(port);
  });
});
