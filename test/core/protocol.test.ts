import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isKnownProtocol, parseProtocol, type Protocol } from "../../src/core/protocol.js";
import type { Value } from "../../src/core/values.js";
import { anyValue } from "../support/arbitrary-values.js";

describe("parseProtocol", () => {
  // prettier-ignore
  it.each<[says: string, value: Value, protocol: Protocol | undefined]>([
    ["icmp is 1",                                     "icmp", 1],
    ["tcp is 6",                                      "tcp", 6],
    ["udp is 17",                                     "udp", 17],
    ["icmpv6 is 58",                                  "icmpv6", 58],
    ["sctp is 132",                                   "sctp", 132],
    ["names come in any case",                        "Tcp", 6],
    ["a number is itself",                            6, 6],
    ["decimal text is a number",                      "6", 6],
    ["numbers start at 0",                            0, 0],
    ["negative zero is 0",                            -0, 0],
    ["numbers end at 255",                            "255", 255],
    ["256 is malformed",                              256, undefined],
    ["256 as text is malformed",                      "256", undefined],
    ["a negative number is malformed",                -1, undefined],
    ["a fraction is malformed",                       6.5, undefined],
    ["NaN is malformed",                              Number.NaN, undefined],
    ["leading zeros are malformed",                   "06", undefined],
    ["arp is a name without a number",                "ARP", "arp"],
    ["a name nobody knows equals itself in any case", "Foo-2", "foo-2"],
    ["a name that objects inherit is no exception",   "constructor", "constructor"],
    ["a name has at most 32 characters",              "a".repeat(32), "a".repeat(32)],
    ["33 are malformed",                              "a".repeat(33), undefined],
    ["a name starts with a letter",                   "_tcp", undefined],
    ["blanks are malformed",                          " tcp", undefined],
    ["other letters than ASCII are malformed",        "\u212Acp", undefined],
    ["empty text is malformed",                       "", undefined],
    ["true is malformed",                             true, undefined],
    ["null is malformed",                             null, undefined],
    ["a list is malformed",                           ["tcp"], undefined],
  ])("%s", (_says, value, protocol) => {
    expect(parseProtocol(value)).toBe(protocol);
  });

  // prettier-ignore
  it.each<[says: string, value: Value, isKnown: boolean]>([
    ["a name with a number, in any case",  "TCP", true],
    ["a number",                           132, true],
    ["its text",                           "17", true],
    ["arp, which has no number",           "ARP", true],
    ["not a name that nobody knows",       "tpc", false],
    ["not what is no protocol",            "256", false],
  ])("knows %s", (_says, value, isKnown) => {
    expect(isKnownProtocol(value)).toBe(isKnown);
  });

  it("reads back what it answers as the same protocol", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const protocol = parseProtocol(value);
        expect(parseProtocol(protocol ?? null)).toBe(protocol);
      }),
    );
  });
});
