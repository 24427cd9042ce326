import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { TargetField } from "../../src/core/target.js";
import type { Value } from "../../src/core/values.js";
import { anyValue } from "../support/arbitrary-values.js";

describe("parseTargetField", () => {
  // prettier-ignore
  it.each<[says: string, key: string, value: Value, kind: TargetField["kind"]]>([
    ["any puts no constraint",                                     "src_type", "any", "any"],
    ["* puts no constraint",                                       "dst_port", "*", "any"],
    ["any stands for addresses too",                               "src_ip", "any", "any"],
    ["and for ranges",                                             "src_ip_range", "any", "any"],
    ["a wildcard may be an element of a list",                     "dst_port", [80, "*"], "any"],
    ["ANY is ordinary text",                                       "src_type", "ANY", "equals"],
    ["but a wildcard for protocol",                                "protocol", "ANY", "any"],
    ["in any case, in a list too",                                 "protocol", ["tcp", "Any"], "any"],
    ["all is ordinary text",                                       "src_type", "all", "equals"],
    ["there are no globs",                                         "src_type", "fl-*", "equals"],
    ["src_ip is an address",                                       "src_ip", "10.0.0.1", "address"],
    ["dst_ip is a CIDR",                                           "dst_ip", "10.0.0.0/8", "address"],
    ["dst_ip is a list of them",                                   "dst_ip", ["10.0.0.1", "::1/64"], "address"],
    ["src_ip_range is a range",                                    "src_ip_range", "10.0.0.1-10.0.0.9", "address-range"],
    ["dst_ip_range is a list of ranges",                           "dst_ip_range", ["10.0.0.1-10.0.0.9"], "address-range"],
    ["src_port is a number",                                       "src_port", 80, "port"],
    ["dst_port is a text",                                         "dst_port", "22-79,81-8079", "port"],
    ["src_port_range is a range",                                  "src_port_range", "1-1023", "port"],
    ["dst_port_range is a list of ranges",                         "dst_port_range", ["1-1023", 8080], "port"],
    ["protocol is a name",                                         "protocol", "tcp", "protocol"],
    ["protocol is a number",                                       "protocol", 6, "protocol"],
    ["protocol may be a name that nobody knows",                   "protocol", "foo", "protocol"],
    ["component types are text",                                   "src_type", "fl-server", "equals"],
    ["any other key compares with the attribute of that name",     "device.os", ["a", 1, true], "equals"],
    ["a single = is ordinary text",                                "tag", "=5", "equals"],
    ["a single ! is ordinary text",                                "tag", "!5", "equals"],
    ["a comparison inside a text is ordinary text",                "tag", "a > 5", "equals"],
  ])("%s", (_says, key, value, kind) => {
    const parsed = parseTargetField(key, value);
    expect(parsed).toMatchObject({ ok: true, value: { key, expected: value, kind } });
  });

  // prettier-ignore
  it.each<[key: string, value: Value, attribute: string]>([
    ["src_ip_range", "10.0.0.1-10.0.0.9", "src_ip"],
    ["dst_ip_range", "10.0.0.1-10.0.0.9", "dst_ip"],
    ["src_port_range", "1-1023", "src_port"],
    ["dst_port_range", "1-1023", "dst_port"],
  ])("%s is about another attribute", (key, value, attribute) => {
    expect(parseTargetField(key, value)).toMatchObject({ ok: true, value: { attribute } });
  });

  // prettier-ignore
  it.each<[says: string, key: string, value: Value, problem: RegExp]>([
    ["null is refused",                               "src_type", null, /got null/],
    ["an object is refused",                          "src_type", { a: 1 }, /got an object/],
    ["null in a list is refused",                     "src_type", ["a", null], /got null/],
    ["a list in a list is refused",                   "src_type", [["a"]], /got a list inside a list/],
    ["an empty list is refused",                      "src_type", [], /matches nothing/],
    ["NaN is refused",                                "level", Number.NaN, /must be a finite number, got NaN/],
    ["infinity is refused",                           "level", [Infinity], /got Infinity/],
    ["> is a comparison",                             "trust", "> 0.7", /"> 0.7" is a comparison: write it in the rule's condition/],
    ["< is a comparison",                             "trust", "<1", /is a comparison/],
    [">= is a comparison",                            "trust", ">=1", /is a comparison/],
    ["<= is a comparison",                            "trust", "<= 1", /is a comparison/],
    ["== is a comparison",                            "trust", "==1", /is a comparison/],
    ["!= is a comparison",                            "trust", "!= x", /is a comparison/],
    ["also after a blank",                            "trust", " > 1", /is a comparison/],
    ["also in a list",                                "trust", ["a", "> 1"], /is a comparison/],
    ["also beside a wildcard",                        "trust", ["any", "> 1"], /is a comparison/],
    ["also for a port",                               "dst_port", ">1023", /is a comparison/],
    ["addresses are parsed strictly",                 "src_ip", "010.0.0.1", /leave out leading zeros/],
    ["an address is text",                            "src_ip", 10, /must be a text, got 10/],
    ["a range under src_ip is refused",               "src_ip", "10.0.0.1-10.0.0.9", /under src_ip_range/],
    ["a reversed range of addresses is refused",      "src_ip_range", "10.0.0.9-10.0.0.1", /is reversed/],
    ["port 0 is refused",                             "dst_port", 0, /0 is not a port from 1 to 65535/],
    ["a reversed range of ports is refused",          "dst_port_range", ["1023-1"], /is reversed/],
    ["true is no port",                               "dst_port", true, /true is not a port/],
    ["protocol 256 is refused",                       "protocol", 256, /256 is not a protocol/],
    ["true is no protocol",                           "protocol", true, /true is not a protocol/],
  ])("%s", (_says, key, value, problem) => {
    expect(parseTargetField(key, value)).toEqual({ ok: false, problem: expect.stringMatching(problem) as unknown });
  });

  it("joins the warnings of a list of prefixes", () => {
    expect(parseTargetField("src_ip", ["10.0.0.9/29", "10.1.0.1/16"])).toMatchObject({
      ok: true,
      warning:
        '"10.0.0.9/29" has host bits, which are ignored: it means 10.0.0.8/29; ' +
        '"10.1.0.1/16" has host bits, which are ignored: it means 10.1.0.0/16',
    });
  });

  it("warns of the prefixes that have host bits only", () => {
    expect(parseTargetField("src_ip", ["10.0.0.0/29", "10.1.0.1/16"])).toMatchObject({
      warning: '"10.1.0.1/16" has host bits, which are ignored: it means 10.1.0.0/16',
    });
    expect(parseTargetField("src_ip", ["10.0.0.0/29"])).not.toHaveProperty("warning");
  });

  it("answers any value under any key", () => {
    const key = fc.constantFrom(
      "src_ip",
      "dst_ip_range",
      "dst_port",
      "src_port_range",
      "protocol",
      "a.b",
      "__proto__",
      "",
    );
    fc.assert(
      fc.property(key, anyValue, (name, value) => {
        expect(parseTargetField(name, value)).toHaveProperty("ok");
      }),
    );
  });
});
