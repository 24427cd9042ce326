import { describe, expect, it } from "vitest";
import {
  canMeet,
  type Constraint,
  constraintsOf,
  contradiction,
  covers,
  pinnedText,
} from "../../../src/core/lint/target-relation.js";
import type { Value, ValueMap } from "../../../src/core/values.js";
import { rulesOf } from "../../support/change-search.js";

function constraints(match: ValueMap): readonly Constraint[] {
  return rulesOf([{ action: "deny", match }]).flatMap(({ target }) => constraintsOf(target));
}

describe("a target covers another", () => {
  // prettier-ignore
  it.each<[says: string, outer: ValueMap, inner: ValueMap, covered: boolean]>([
    ["that asks for anything, if it asks for nothing", {}, { a: 1 }, true],
    ["also where it names a wildcard",                 { a: "any" }, { b: 1 }, true],
    ["not if it asks for more",                        { a: 1 }, {}, false],
    ["not if it asks for something else",              { a: 1 }, { b: 1 }, false],
    ["that asks for the same",                         { a: 1 }, { a: "1" }, true],
    ["that asks for that and more",                    { a: 1, b: 2 }, { a: 1, b: 2, c: 3 }, true],
    ["not if one of its fields is left open",          { a: 1, b: 2 }, { a: 1, c: 3 }, false],
    ["that takes one of its values",                   { a: [1, 2] }, { a: 2 }, true],
    ["not if it takes one value more",                 { a: 1 }, { a: [1, 2] }, false],
    ["that takes a part of its prefix",                { src_ip: "10.0.0.0/8" }, { src_ip: "10.1.0.0/16" }, true],
    ["not if that prefix is wider",                    { src_ip: "10.1.0.0/16" }, { src_ip: "10.0.0.0/8" }, false],
    ["to the last address",                            { src_ip: "10.0.0.0/29" }, { src_ip_range: "10.0.0.0-10.0.0.7" }, true],
    ["not one beyond",                                 { src_ip: "10.0.0.0/29" }, { src_ip_range: "10.0.0.0-10.0.0.8" }, false],
    ["not one before",                                 { src_ip_range: "10.0.0.1-10.0.0.7" }, { src_ip: "10.0.0.0/29" }, false],
    ["of one family only",                             { src_ip: "0.0.0.0/0" }, { src_ip: "::1" }, false],
    ["in IPv6 too",                                    { src_ip: "2001:db8::/32" }, { src_ip: "2001:db8:ffff::/48" }, true],
    ["with one of its prefixes",                       { src_ip: ["10.0.0.0/8", "192.168.0.0/16"] }, { src_ip: "192.168.1.1" }, true],
    ["not if one prefix of that is outside",           { src_ip: "10.0.0.0/8" }, { src_ip: ["10.0.0.1", "11.0.0.1"] }, false],
    ["of the same end only",                           { src_ip: "10.0.0.0/8" }, { dst_ip: "10.0.0.1" }, false],
    ["that takes a part of its ports",                 { dst_port: "1-100" }, { dst_port: "1-100" }, true],
    ["not one port beyond",                            { dst_port: "1-100" }, { dst_port: "100-101" }, false],
    ["not one port before",                            { dst_port: "10-100" }, { dst_port: "9-10" }, false],
    ["with one of its ports",                          { dst_port: [22, 80] }, { dst_port: 80 }, true],
    ["not if one port of that is outside",             { dst_port: [22, 80] }, { dst_port: [22, 81] }, false],
    ["that names its protocol another way",            { protocol: "tcp" }, { protocol: [6, "TCP"] }, true],
    ["not another protocol",                           { protocol: "tcp" }, { protocol: "udp" }, false],
  ])("%s", (_says, outer, inner, covered) => {
    expect(covers(constraints(outer), constraints(inner))).toBe(covered);
  });
});

describe("two targets can meet", () => {
  // prettier-ignore
  it.each<[says: string, one: ValueMap, other: ValueMap, meet: boolean]>([
    ["if they ask for different attributes",     { a: 1 }, { b: 1 }, true],
    ["in a value of both",                       { a: [1, 2] }, { a: ["2", 3] }, true],
    ["not with different values",                { a: 1 }, { a: 2 }, false],
    ["not with one attribute that differs",      { a: 1, b: 1 }, { a: 1, b: 2 }, false],
    ["in a part of a prefix",                    { src_ip: "10.0.0.0/8" }, { src_ip: "10.1.0.0/16" }, true],
    ["not in prefixes side by side",             { src_ip: "10.0.0.0/16" }, { src_ip: "10.1.0.0/16" }, false],
    ["in the last address of one",               { src_ip: "10.0.0.0/29" }, { src_ip_range: "10.0.0.7-10.0.0.9" }, true],
    ["not after it",                             { src_ip: "10.0.0.0/29" }, { src_ip_range: "10.0.0.8-10.0.0.9" }, false],
    ["not in two families",                      { src_ip: "0.0.0.0/0" }, { src_ip: "::/0" }, false],
    ["in one of several prefixes",               { src_ip: ["1.1.1.1", "10.0.0.0/8"] }, { src_ip: ["2.2.2.2", "10.0.0.1"] }, true],
    ["in the last port of one",                  { dst_port: "1-22" }, { dst_port: "22-30" }, true],
    ["not after it",                             { dst_port: "1-21" }, { dst_port: "22-30" }, false],
    ["in one of several ports",                  { dst_port: [1, 5] }, { dst_port: [5, 9] }, true],
  ])("%s", (_says, one, other, meet) => {
    expect(canMeet(constraints(one), constraints(other))).toBe(meet);
    expect(canMeet(constraints(other), constraints(one))).toBe(meet);
  });
});

describe("a target contradicts itself", () => {
  // prettier-ignore
  it.each<[says: string, match: ValueMap, keys: string[] | undefined]>([
    ["in an address outside the range",     { src_ip: "10.0.0.1", src_ip_range: "10.0.1.1-10.0.1.9" }, ["src_ip", "src_ip_range"]],
    ["in ports, behind what is fine",       { a: 1, src_port: 1, dst_port: 80, dst_port_range: "81-90" }, ["dst_port", "dst_port_range"]],
    ["not in different attributes",         { a: 1, b: 2, src_port: 1, dst_port: 2 }, undefined],
    ["not where both can hold",             { dst_port: 80, dst_port_range: "80-90" }, undefined],
  ])("%s", (_says, match, keys) => {
    expect(contradiction(constraints(match))?.map(({ key }) => key)).toEqual(keys);
  });
});

describe("the one value that a field allows", () => {
  // prettier-ignore
  it.each<[key: string, value: Value, text: string | undefined]>([
    ["src_ip", "10.0.0.1", "4 167772161"],
    ["src_ip", "::1", "6 1"],
    ["src_ip", "10.0.0.0/31", undefined],
    ["src_ip", ["10.0.0.1", "10.0.0.3"], undefined],
    ["src_ip_range", "10.0.0.1-10.0.0.1", "4 167772161"],
    ["dst_port", 80, "80"],
    ["dst_port", "80-81", undefined],
    ["dst_port", [80, 90], undefined],
    ["protocol", "TCP", "6"],
    ["protocol", 6, "6"],
    ["a", "x", "x"],
    ["a", 1, "1"],
    ["a", "1", "1"],
    ["a", ["x", "y"], undefined],
    ["a", true, "is true"],
    ["a", "true", "true"],
  ])("%s: %j", (key, value, text) => {
    expect(constraints({ [key]: value }).map(pinnedText)).toEqual([text]);
  });
});
