import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatAddress,
  formatAddressRange,
  formatPrefix,
  parseAddress,
  parseAddressRange,
  parsePrefix,
  prefixContains,
  rangeContains,
} from "../../src/core/address.js";

/** Texts that are addresses, or a slip away from one. */
const nearAddress: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((ipv4) => `::ffff:${ipv4}`),
      fc.ipV4Extended(),
      fc
        .array(fc.constantFrom("0", "1", "01", "256", "ffff", "G", ":", "::", "."), {
          maxLength: 18,
        })
        .map((parts) => parts.join("")),
    ),
    fc.nat(),
    fc.constantFrom("", "", ":", ".", "0", "f", " ", "1.2.3.4", "::"),
    fc.nat({ max: 2 }),
  )
  .map(([text, at, inserted, removed]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + inserted + text.slice(place + removed);
  });

describe("parseAddress", () => {
  // prettier-ignore
  it.each<[says: string, text: string, canonical: string | undefined]>([
    ["IPv4 is four decimal octets",                    "10.0.0.1", "10.0.0.1"],
    ["octets end at 255",                              "255.255.255.255", "255.255.255.255"],
    ["256 is no octet",                                "10.0.0.256", undefined],
    ["leading zeros are refused, not read as octal",   "010.0.0.1", undefined],
    ["a double zero is refused",                       "10.0.00.1", undefined],
    ["three octets are refused",                       "10.0.1", undefined],
    ["five octets are refused",                        "10.0.0.1.1", undefined],
    ["an empty octet is refused",                      "10..0.1", undefined],
    ["a dot at the end is refused",                    "10.0.0.1.", undefined],
    ["one number is refused",                          "167772161", undefined],
    ["hex octets are refused",                         "0xa.0.0.1", undefined],
    ["blanks are refused",                             " 10.0.0.1", undefined],
    ["other digits than ASCII are refused",            "\u0661.0.0.1", undefined],
    ["IPv6 is eight groups",                           "2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["two colons stand for zeros",                     "::", "::"],
    ["two colons may stand for one group",             "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["two colons may not stand for nothing",           "1:2:3:4::5:6:7:8", undefined],
    ["two colons come once",                           "1::2::3", undefined],
    ["three colons are refused",                       "1:::2", undefined],
    ["a colon at the end is refused",                  "1:2:3:4:5:6:7:", undefined],
    ["seven groups are refused",                       "1:2:3:4:5:6:7", undefined],
    ["five digits are no group",                       "12345::", undefined],
    ["IPv4 may stand at the end of IPv6",              "64:ff9b::10.0.0.1", "64:ff9b::a00:1"],
    ["IPv4 may stand nowhere else",                    "10.0.0.1::", undefined],
    ["also where the groups add up to eight",          "10.0.0.1:2:3:4:5:6:7", undefined],
    ["the longest text of an address is read",         "1111:2222:3333:4444:5555:6666:255.255.255.255", "1111:2222:3333:4444:5555:6666:ffff:ffff"],
    ["the longest run of zeros is shortened",          "1:0:0:0:2:0:0:3", "1::2:0:0:3"],
    ["of two as long the first",                       "1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    ["mapped IPv6 is the IPv4 address it stands for",  "::ffff:10.0.0.1", "10.0.0.1"],
    ["also in hex",                                    "::ffff:0a00:0001", "10.0.0.1"],
    ["also written out",                               "0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1"],
    ["the older compatible form is IPv6",              "::10.0.0.1", "::a00:1"],
    ["zones are refused",                              "fe80::1%eth0", undefined],
    ["a prefix length is refused",                     "10.0.0.1/32", undefined],
    ["brackets are refused",                           "[::1]", undefined],
    ["empty text is refused",                          "", undefined],
    ["a word is refused",                              "unknown", undefined],
  ])("%s", (_says, text, canonical) => {
    const address = parseAddress(text);
    expect(address && formatAddress(address)).toBe(canonical);
  });

  it("agrees with net.isIP on what is an address", () => {
    const seen = { addresses: 0, others: 0 };
    fc.assert(
      fc.property(nearAddress, (text) => {
        const isAddress = isIP(text) !== 0;
        seen[isAddress ? "addresses" : "others"]++;
        expect(parseAddress(text) !== undefined).toBe(isAddress);
      }),
      { numRuns: 3_000 },
    );
    const fewer = Math.min(seen.addresses, seen.others);
    expect(fewer / (seen.addresses + seen.others)).toBeGreaterThan(0.1);
  });

  it("reads back what formatAddress writes, which net.isIP takes for the same family", () => {
    const address = fc.oneof(
      fc.bigInt(0n, 2n ** 32n - 1n).map((bits) => ({ family: 4 as const, bits })),
      fc
        .oneof(
          fc.bigInt(2n ** 64n, 2n ** 128n - 1n),
          fc
            .array(fc.constantFrom(0n, 0n, 1n), { minLength: 7, maxLength: 7 })
            .map((groups) => groups.reduce((bits, group) => (bits << 16n) | group, 0x2001n)),
        )
        .map((bits) => ({ family: 6 as const, bits })),
    );
    fc.assert(
      fc.property(address, (written) => {
        const text = formatAddress(written);
        expect(parseAddress(text)).toEqual(written);
        expect(isIP(text)).toBe(written.family);
      }),
    );
  });
});

describe("parsePrefix", () => {
  // prettier-ignore
  it.each<[says: string, text: string, canonical: string]>([
    ["an address is a prefix of full length",   "10.0.0.1", "10.0.0.1/32"],
    ["also IPv6",                               "2001:db8::1", "2001:db8::1/128"],
    ["a CIDR is the network",                   "10.0.0.0/29", "10.0.0.0/29"],
    ["IPv6 too",                                "2001:db8::/32", "2001:db8::/32"],
    ["a full length may be written",            "10.0.0.1/32", "10.0.0.1/32"],
    ["also of IPv6",                            "2001:db8::1/128", "2001:db8::1/128"],
    ["all of IPv4",                             "0.0.0.0/0", "0.0.0.0/0"],
    ["all of IPv6",                             "::/0", "::/0"],
    ["a mapped address is IPv4",                "::ffff:10.0.0.1", "10.0.0.1/32"],
    ["a mapped prefix means IPv4 /(n - 96)",    "::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["from 96 on",                              "::ffff:0.0.0.0/96", "0.0.0.0/0"],
  ])("%s", (_says, text, canonical) => {
    const parsed = parsePrefix(text);
    expect(parsed).toEqual({ ok: true, value: expect.anything() as unknown });
    expect(parsed.ok && formatPrefix(parsed.value)).toBe(canonical);
  });

  it("ignores host bits, with a warning that says what is meant", () => {
    expect(parsePrefix("10.0.0.9/29")).toEqual({
      ok: true,
      value: { family: 4, network: 0x0a00_0008n, last: 0x0a00_000fn, length: 29 },
      warning: '"10.0.0.9/29" has host bits, which are ignored: it means 10.0.0.8/29',
    });
  });

  // prettier-ignore
  it.each<[says: string, text: string, problem: RegExp]>([
    ["a length above 32 is refused",               "10.0.0.0/33", /from 0 to 32/],
    ["a length above 128 is refused",              "::/129", /from 0 to 128/],
    ["a mapped prefix needs at least 96",          "::ffff:10.0.0.0/95", /from 96 to 128/],
    ["a netmask is refused",                       "10.0.0.0/255.0.0.0", /from 0 to 32/],
    ["a length with leading zero is refused",      "10.0.0.0/08", /without leading zeros/],
    ["an empty length is refused",                 "10.0.0.0/", /from 0 to 32/],
    ["a negative length is refused",               "10.0.0.0/-1", /from 0 to 32/],
    ["two lengths are refused",                    "10.0.0.0/8/8", /is not an IPv4/],
    ["a zone is refused",                          "fe80::1%eth0", /leave out the zone/],
    ["a range belongs under another key",          "10.0.0.1-10.0.0.9", /under src_ip_range or dst_ip_range/],
    ["leading zeros are refused",                  "010.0.0.1", /leave out leading zeros/],
    ["blanks are refused",                         "10.0.0.1 ", /leave out the blanks/],
    ["a host name is refused",                     "fl-server", /is not an IPv4 or IPv6 address or CIDR/],
    ["a word is refused, without a hint",          "server", /is not an IPv4 or IPv6 address or CIDR$/],
    ["empty text is refused",                      "", /"" is not an IPv4/],
  ])("%s", (_says, text, problem) => {
    expect(parsePrefix(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) as unknown });
  });

  it("takes texts of any length without showing them whole", () => {
    const parsed = parsePrefix("1".repeat(1_000_000));
    expect(!parsed.ok && parsed.problem.length).toBeLessThan(200);
  });
});

describe("prefixContains", () => {
  // prettier-ignore
  it.each<[says: string, prefix: string, address: string, contained: boolean]>([
    ["the first address is inside",           "10.0.0.0/29", "10.0.0.0", true],
    ["the last address is inside",            "10.0.0.0/29", "10.0.0.7", true],
    ["the next one is outside",               "10.0.0.0/29", "10.0.0.8", false],
    ["a mapped address is inside IPv4",       "10.0.0.0/29", "::ffff:10.0.0.1", true],
    ["0.0.0.0/0 is all of IPv4",              "0.0.0.0/0", "255.1.2.3", true],
    ["0.0.0.0/0 is IPv4 only",                "0.0.0.0/0", "::1", false],
    ["::/0 is all of IPv6",                   "::/0", "2001:db8::1", true],
    ["::/0 is IPv6 only",                     "::/0", "10.0.0.1", false],
    ["so a mapped address is outside ::/0",   "::/0", "::ffff:10.0.0.1", false],
  ])("%s", (_says, prefix, address, contained) => {
    const parsed = parsePrefix(prefix);
    const point = parseAddress(address);
    expect(parsed.ok && point && prefixContains(parsed.value, point)).toBe(contained);
  });
});

describe("parseAddressRange and rangeContains", () => {
  // prettier-ignore
  it.each<[says: string, range: string, address: string, contained: boolean]>([
    ["the first address is inside",       "10.0.0.5-10.0.0.9", "10.0.0.5", true],
    ["the last address is inside",        "10.0.0.5-10.0.0.9", "10.0.0.9", true],
    ["one before is outside",             "10.0.0.5-10.0.0.9", "10.0.0.4", false],
    ["one after is outside",              "10.0.0.5-10.0.0.9", "10.0.0.10", false],
    ["blanks around parts are accepted",  "10.0.0.5 - 10.0.0.9", "10.0.0.7", true],
    ["a range may be one address",        "10.0.0.5-10.0.0.5", "10.0.0.5", true],
    ["IPv6 has ranges too",               "2001:db8::1-2001:db8::f", "2001:db8::8", true],
    ["a mapped end is IPv4",              "::ffff:10.0.0.5-10.0.0.9", "10.0.0.7", true],
    ["families do not mix",               "0.0.0.0-255.255.255.255", "::1", false],
  ])("%s", (_says, range, address, contained) => {
    const parsed = parseAddressRange(range);
    const point = parseAddress(address);
    expect(parsed.ok && point && rangeContains(parsed.value, point)).toBe(contained);
  });

  // prettier-ignore
  it.each<[says: string, text: string, problem: RegExp]>([
    ["a reversed range is refused",        "10.0.0.9-10.0.0.5", /is reversed/],
    ["mixed families are refused",         "10.0.0.1-2001:db8::1", /mixes IPv4 and IPv6/],
    ["a lone address is refused",          "10.0.0.1", /is not a range/],
    ["a CIDR is refused",                  "10.0.0.0/24", /is not a range/],
    ["an open end is refused",             "10.0.0.1-", /is not a range/],
    ["an open start is refused",           "-10.0.0.1", /is not a range/],
    ["three parts are refused",            "10.0.0.1-10.0.0.2-10.0.0.3", /is not a range/],
    ["a short end is refused",             "10.0.0.1-9", /is not a range/],
  ])("%s", (_says, text, problem) => {
    expect(parseAddressRange(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) as unknown });
  });

  it("formatAddressRange writes what parseAddressRange reads", () => {
    const parsed = parseAddressRange(" 10.0.0.5 - ::ffff:10.0.0.9");
    expect(parsed.ok && formatAddressRange(parsed.value)).toBe("10.0.0.5-10.0.0.9");
  });
});
