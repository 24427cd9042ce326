import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import { accessRequest } from "../../src/core/request.js";
import { type Target, targetMatches, traceTarget } from "../../src/core/target.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { anyScalar, anyValueMap } from "../support/arbitrary-values.js";

function targetOf(match: ValueMap): Target {
  return Object.entries(match).map(([key, value]) => {
    const parsed = parseTargetField(key, value);
    if (!parsed.ok) throw new Error(`${key}: ${parsed.problem}`);
    return parsed.value;
  });
}

function matches(match: ValueMap, attributes: ValueMap): boolean {
  return targetMatches(targetOf(match), accessRequest("network_security", attributes));
}

describe("targetMatches", () => {
  // prettier-ignore
  it.each<[says: string, match: ValueMap, attributes: ValueMap, holds: boolean]>([
    ["an empty match holds for every request",                {}, {}, true],
    ["every key must hold",                                   { a: 1, b: 2 }, { a: 1, b: 2 }, true],
    ["one key that does not hold is enough",                  { a: 1, b: 2 }, { a: 1, b: 3 }, false],
    ["an absent attribute does not hold",                     { a: 1 }, {}, false],
    ["null is absent",                                        { a: 1 }, { a: null }, false],
    ["any holds for any value",                               { a: "any" }, { a: 5 }, true],
    ["any holds for an absent attribute too",                 { a: "any" }, {}, true],
    ["* holds for an absent attribute too",                   { dst_port: "*" }, {}, true],
    ["any holds for a malformed attribute too",               { src_ip: "any" }, { src_ip: "unknown" }, true],
    ["any in a request is ordinary text",                     { a: "x" }, { a: "any" }, false],
    ["also as an address",                                    { src_ip: "10.0.0.1" }, { src_ip: "any" }, false],
    ["also as a protocol",                                    { protocol: "tcp" }, { protocol: "any" }, false],
    ["all equals all only",                                   { a: "all" }, { a: "x" }, false],
    ["a list means membership",                               { a: ["x", "y"] }, { a: "y" }, true],
    ["what is not in the list does not hold",                 { a: ["x", "y"] }, { a: "z" }, false],
    ["of an attribute that is a list one element is enough",  { a: "y" }, { a: ["x", "y"] }, true],
    ["also with a list in the rule",                          { a: ["y", "z"] }, { a: ["x", "y"] }, true],
    ["but one must be equal",                                 { a: ["z"] }, { a: ["x", "y"] }, false],
    ["an empty list has no element",                          { a: "x" }, { a: [] }, false],
    ["a null element equals nothing",                         { a: "null" }, { a: [null] }, false],
    ["a list in a list is no equal element",                  { a: "x" }, { a: [["x"]] }, false],
    ["texts are equal exactly",                               { src_type: "FL-Server" }, { src_type: "fl-server" }, false],
    ["a number equals its decimal text",                      { level: 5 }, { level: "5" }, true],
    ["and the other way round",                               { level: "5" }, { level: 5 }, true],
    ["booleans equal only booleans",                          { on: true }, { on: "true" }, false],
    ["true equals true",                                      { on: true }, { on: true }, true],
    ["0 is not false",                                        { on: false }, { on: 0 }, false],
    ["the empty text is a value",                             { a: "" }, { a: "" }, true],
    ["a dotted key reaches into nested context",              { "a.b": 1 }, { a: { b: 1 } }, true],
    ["a flat attribute with the dotted name wins",            { "a.b": 1 }, { "a.b": 2, a: { b: 1 } }, false],
    ["an object equals no scalar",                            { a: "x" }, { a: { b: "x" } }, false],
    ["attributes are own keys only",                          { constructor: "x" }, {}, false],
    ["the length of a list is no attribute",                  { "a.length": 1 }, { a: ["x"] }, false],
    ["an exact address",                                      { src_ip: "10.0.0.1" }, { src_ip: "10.0.0.1" }, true],
    ["another address",                                       { src_ip: "10.0.0.1" }, { src_ip: "10.0.0.2" }, false],
    ["a CIDR",                                                { dst_ip: "10.0.0.0/29" }, { dst_ip: "10.0.0.7" }, true],
    ["outside a CIDR",                                        { dst_ip: "10.0.0.0/29" }, { dst_ip: "10.0.0.8" }, false],
    ["IPv6 however it is written",                            { src_ip: "2001:db8::1" }, { src_ip: "2001:DB8:0::1" }, true],
    ["a mapped address in the request is IPv4",               { src_ip: "10.0.0.0/8" }, { src_ip: "::ffff:a00:1" }, true],
    ["a mapped address in the rule is IPv4",                  { src_ip: "::ffff:10.0.0.1" }, { src_ip: "10.0.0.1" }, true],
    ["one address of a list is enough",                       { src_ip: "10.0.0.0/8" }, { src_ip: ["x", "10.0.0.1"] }, true],
    ["one prefix of a list is enough",                        { src_ip: ["10.0.0.0/8", "192.168.0.0/16"] }, { src_ip: "192.168.0.1" }, true],
    ["a malformed address does not hold",                     { src_ip: "0.0.0.0/0" }, { src_ip: "unknown" }, false],
    ["a number is no address",                                { src_ip: "0.0.0.1" }, { src_ip: 1 }, false],
    ["src_ip is not dst_ip",                                  { src_ip: "10.0.0.1" }, { dst_ip: "10.0.0.1" }, false],
    ["a range of addresses is about src_ip",                  { src_ip_range: "10.0.0.1-10.0.0.9" }, { src_ip: "10.0.0.9" }, true],
    ["outside it",                                            { src_ip_range: "10.0.0.1-10.0.0.9" }, { src_ip: "10.0.0.10" }, false],
    ["one range of a list is enough",                         { src_ip_range: ["10.0.0.1-10.0.0.9", "10.1.0.1-10.1.0.9"] }, { src_ip: "10.1.0.5" }, true],
    ["also for one address of a list",                        { src_ip_range: "10.0.0.1-10.0.0.9" }, { src_ip: ["10.1.0.1", "10.0.0.9"] }, true],
    ["dst_ip_range is about dst_ip",                          { dst_ip_range: "10.0.0.1-10.0.0.9" }, { dst_ip: "10.0.0.1" }, true],
    ["a port",                                                { dst_port: 8080 }, { dst_port: 8080 }, true],
    ["a port as text in the request",                         { dst_port: 8080 }, { dst_port: "8080" }, true],
    ["a port as text in the rule",                            { dst_port: "8080" }, { dst_port: 8080 }, true],
    ["a range of ports",                                      { dst_port: "1-1023" }, { dst_port: 1023 }, true],
    ["outside it",                                            { dst_port: "1-1023" }, { dst_port: 1024 }, false],
    ["a list of ranges as text",                              { dst_port: "22-79,81-8079" }, { dst_port: 80 }, false],
    ["src_port_range is about src_port",                      { src_port_range: ["1-1023", "8080"] }, { src_port: 8080 }, true],
    ["dst_port_range is about dst_port",                      { dst_port_range: ["1-1023"] }, { dst_port: 22 }, true],
    ["a malformed port does not hold",                        { dst_port: "0-65535" }, { dst_port: 0 }, false],
    ["a protocol in any case",                                { protocol: "tcp" }, { protocol: "TCP" }, true],
    ["a protocol by number",                                  { protocol: "tcp" }, { protocol: 6 }, true],
    ["a protocol by number in the rule",                      { protocol: 6 }, { protocol: "tcp" }, true],
    ["a protocol by number as text",                          { protocol: "6" }, { protocol: "tcp" }, true],
    ["another protocol",                                      { protocol: "tcp" }, { protocol: "udp" }, false],
    ["a list of protocols",                                   { protocol: ["tcp", "udp"] }, { protocol: "UDP" }, true],
    ["arp equals arp",                                        { protocol: "arp" }, { protocol: "ARP" }, true],
    ["a name nobody knows equals itself only",                { protocol: "foo" }, { protocol: "bar" }, false],
    ["ANY is a wildcard of protocol",                         { protocol: "ANY" }, {}, true],
  ])("%s", (_says, match, attributes, holds) => {
    expect(matches(match, attributes)).toBe(holds);
  });
});

describe("traceTarget", () => {
  // prettier-ignore
  it.each<[says: string, key: string, expected: Value, attributes: ValueMap, matched: boolean, why: string]>([
    ["a wildcard",                  "a", "any", {}, true, "any value will do, also none"],
    ["an absent attribute",         "src_ip", "10.0.0.1", {}, false, "absent"],
    ["an equal text",               "a", "x", { a: "x" }, true, "equal"],
    ["another text",                "a", ["x", 5], { a: "y" }, false, '"y" is not "x" or 5'],
    ["an object",                   "a", "x", { a: {} }, false, 'an object is not "x"'],
    ["an empty list",               "a", "x", { a: [] }, false, 'nothing is not "x"'],
    ["an address outside",          "src_ip", "10.0.0.0/29", { src_ip: "10.0.0.9" }, false, "10.0.0.9 is outside 10.0.0.0/29"],
    ["an address inside",           "src_ip", "10.0.0.0/29", { src_ip: "10.0.0.1" }, true, "10.0.0.1 is within 10.0.0.0/29"],
    ["a range of addresses",        "src_ip_range", "10.0.0.1-10.0.0.2", { src_ip: "10.0.0.9" }, false, "10.0.0.9 is outside 10.0.0.1-10.0.0.2"],
    ["a malformed address",         "src_ip", "10.0.0.1", { src_ip: "unknown" }, false, '"unknown" is not an address'],
    ["a port outside",              "dst_port", "22-79,81", { dst_port: 80 }, false, "80 is outside 22-79,81"],
    ["a port inside",               "dst_port", "22-79,81", { dst_port: 81 }, true, "81 is within 22-79,81"],
    ["a malformed port",            "dst_port", 80, { dst_port: 0 }, false, "0 is not a port from 1 to 65535"],
    ["another protocol",            "protocol", "tcp", { protocol: "udp" }, false, '"udp" is not "tcp"'],
    ["an equal protocol",           "protocol", "tcp", { protocol: 6 }, true, "equal"],
    ["a malformed protocol",        "protocol", "tcp", { protocol: 256 }, false, "256 is not a protocol"],
  ])("says why: %s", (_says, key, expected, attributes, matched, why) => {
    const [trace] = traceTarget(targetOf({ [key]: expected }), accessRequest("t", attributes));
    expect(trace).toMatchObject({ key, expected, matched, why });
  });

  it("gives what the request has, and leaves out what it has not", () => {
    const trace = traceTarget(
      targetOf({ src_port_range: "1-5", "a.b": 1, gone: 1, "a.c": "any" }),
      accessRequest("t", { src_port: 9, a: { b: [1], c: "y" } }),
    );
    expect(trace.map(({ actual }) => actual)).toEqual([9, [1], undefined, "y"]);
    expect(trace[2]).not.toHaveProperty("actual");
  });

  it.each<[length: number, why: string]>([
    [10, '0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 is not "x"'],
    [1_000, '0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 990 more is not "x"'],
  ])("shows at most ten of %d", (length, why) => {
    const numbers = Array.from({ length }, (_, index) => index);
    const [trace] = traceTarget(targetOf({ a: "x" }), accessRequest("t", { a: numbers }));
    expect(trace?.why).toBe(why);
  });

  it("agrees with targetMatches on any request", () => {
    const key = fc.constantFrom("src_ip", "dst_port", "src_port_range", "protocol", "src_type");
    const target = fc
      .array(fc.tuple(key, fc.oneof(anyScalar, fc.array(anyScalar, { maxLength: 3 }))))
      .map((entries) =>
        entries
          .map(([name, value]) => parseTargetField(name, value))
          .flatMap((parsed) => (parsed.ok ? [parsed.value] : [])),
      );
    fc.assert(
      fc.property(target, anyValueMap, (fields, attributes) => {
        const request = accessRequest("t", attributes);
        const trace = traceTarget(fields, request);
        expect(trace.every(({ matched }) => matched)).toBe(targetMatches(fields, request));
      }),
    );
  });
});
