import { describe, expect, it } from "vitest";
import { assignmentsOf, breaking, fulfilling } from "../../src/core/candidate-changes.js";
import type { Assignment } from "../../src/core/comparison-values.js";
import type { Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { type Given, rulesOf } from "../support/change-search.js";

type Written = Omit<Given, "action">;

function ruleOf(written: Written): Rule {
  const [only] = rulesOf([{ action: "allow", ...written }]);
  if (!only) throw new Error("no rule");
  return only;
}

function requestOf(attributes: ValueMap) {
  return accessRequest("network_security", attributes);
}

/** `name=value`, and `-name` for leaving it out. */
function shown(assignments: readonly Assignment[] | undefined): readonly string[] | undefined {
  return assignments?.map(({ attribute, to }) =>
    to === undefined ? `-${attribute}` : `${attribute}=${JSON.stringify(to)}`,
  );
}

describe("the values by which a field can be made to hold, and then not to", () => {
  // prettier-ignore
  it.each<[says: string, key: string, value: Value, assignments: string[]]>([
    ["an address and the next",                    "src_ip", "10.0.0.1", ['src_ip="10.0.0.1"', 'src_ip="10.0.0.2"', "-src_ip"]],
    ["the first host of a prefix and what follows", "src_ip", "10.0.0.0/8", ['src_ip="10.0.0.1"', 'src_ip="11.0.0.0"', "-src_ip"]],
    ["IPv6 too",                                   "dst_ip", "2001:db8::/32", ['dst_ip="2001:db8::1"', 'dst_ip="2001:db9::"', "-dst_ip"]],
    ["one IPv6 address",                           "dst_ip", "2001:db8::", ['dst_ip="2001:db8::"', 'dst_ip="2001:db8::1"', "-dst_ip"]],
    ["nothing follows all of IPv4",                "dst_ip", "0.0.0.0/0", ['dst_ip="0.0.0.1"', "-dst_ip"]],
    ["nor all of IPv6",                            "dst_ip", "::/0", ['dst_ip="::1"', "-dst_ip"]],
    ["nor the last address",                       "dst_ip", "255.255.255.255", ['dst_ip="255.255.255.255"', "-dst_ip"]],
    ["of four addresses three",                    "src_ip", ["10.0.0.1", "10.0.0.3", "10.0.0.5", "10.0.0.7"],
      ['src_ip="10.0.0.1"', 'src_ip="10.0.0.3"', 'src_ip="10.0.0.5"', 'src_ip="10.0.0.2"', 'src_ip="10.0.0.4"', 'src_ip="10.0.0.6"', "-src_ip"]],
    ["a range by its first, and what follows",     "src_ip_range", "10.0.0.5-10.0.0.9", ['src_ip="10.0.0.5"', 'src_ip="10.0.0.10"', "-src_ip"]],
    ["of four ranges three",                       "dst_ip_range", ["1.0.0.1-1.0.0.2", "1.0.1.1-1.0.1.2", "1.0.2.1-1.0.2.2", "1.0.3.1-1.0.3.2"],
      ['dst_ip="1.0.0.1"', 'dst_ip="1.0.1.1"', 'dst_ip="1.0.2.1"', 'dst_ip="1.0.0.3"', 'dst_ip="1.0.1.3"', 'dst_ip="1.0.2.3"', "-dst_ip"]],
    ["ports by the edges of their range",          "dst_port", "22-79", ["dst_port=22", "dst_port=80", "dst_port=21", "-dst_port"]],
    ["no port beyond the last, none below 1",      "dst_port", "1-65535", ["dst_port=1", "-dst_port"]],
    ["port 2 leaves port 1",                       "dst_port", "2-65534", ["dst_port=2", "dst_port=65535", "dst_port=1", "-dst_port"]],
    ["port 0 is nobody's",                         "src_port_range", "0-5", ["src_port=1", "src_port=6", "-src_port"]],
    ["of four ports three",                        "src_port", [10, 20, 30, 40],
      ["src_port=10", "src_port=20", "src_port=30", "src_port=11", "src_port=9", "src_port=21", "src_port=19", "src_port=31", "src_port=29", "-src_port"]],
    ["a protocol as text",                         "protocol", 6, ['protocol="6"', "-protocol"]],
    ["of four protocols three",                    "protocol", ["tcp", 17, "icmp", "sctp"], ['protocol="tcp"', 'protocol="17"', 'protocol="icmp"', "-protocol"]],
    ["values as they are, under a dotted name",    "device.os", ["a", 1, true, "b"], ['device.os="a"', "device.os=1", "device.os=true", "-device.os"]],
    ["none where any value will do",               "zone", "any", []],
  ])("%s", (_says, key, value, assignments) => {
    const written = ruleOf({ match: { [key]: value } });
    expect(shown([...assignmentsOf(written, requestOf({}))])).toEqual(assignments);
  });
});

describe("the values by which a comparison can be made true, and then false", () => {
  const parameters = { most: 90 };
  // prettier-ignore
  it.each<[condition: string, attributes: ValueMap, assignments: string[]]>([
    ["a", {}, ["a=true", "a=false"]],
    ["has(a)", {}, ["a=true", "-a"]],
    ["a.startsWith('x')", {}, ['a="x"', 'a=""']],
    ["a.startsWith(b)", {}, []],
    ["a == 3", {}, ["a=3", "a=4"]],
    ["a != 3", {}, ["a=4", "a=3"]],
    ["a == true", {}, ["a=true", "a=false"]],
    ["a == 'x'", {}, ['a="x"']],
    ["a == null", {}, []],
    ["a < 3", {}, ["a=2", "a=3"]],
    ["a <= 3", {}, ["a=3", "a=4"]],
    ["a > 3", {}, ["a=4", "a=3"]],
    ["a >= 3", {}, ["a=3", "a=2"]],
    ["3 == a", {}, ["a=3", "a=4"]],
    ["3 != a", {}, ["a=4", "a=3"]],
    ["3 < a", {}, ["a=4", "a=3"]],
    ["3 <= a", {}, ["a=3", "a=2"]],
    ["3 > a", {}, ["a=2", "a=3"]],
    ["3 >= a", {}, ["a=3", "a=4"]],
    ["a < 0.3", {}, ["a=0.2", "a=0.3"]],
    ["a > 1.25", {}, ["a=1.26", "a=1.25"]],
    ["a < -2", {}, ["a=-3", "a=-2"]],
    ["a < -'x'", {}, []],
    ["a < -b", { b: 1 }, []],
    ["a < '5'", {}, ["a=4", "a=5"]],
    ["a < 'x'", {}, []],
    ["a < true", {}, []],
    ["a < most", {}, ["a=89", "a=90"]],
    ["a < b", { b: 7 }, ["a=6", "a=7"]],
    ["a < b", { a: 3, b: 7 }, ["a=6", "b=4", "a=7", "b=3"]],
    ["a in [1, 2, 3, 4]", {}, ["a=1", "a=2", "a=3"]],
    ["a in [b, 2]", {}, []],
    ["a in tags", { tags: ["x"] }, ['a="x"']],
    ["a in tags", { tags: "x" }, []],
    ["'x' in tags", {}, []],
    ["a + 1 == 3", {}, []],
    ["a + 1", {}, []],
    ["1 + a", {}, []],
    ["size(a) > 1", {}, []],
    ["engine.hour == 3", {}, []],
    ["!a", {}, ["a=true", "a=false"]],
    ["a && b", {}, ["a=true", "a=false", "b=true", "b=false"]],
    ["a || !b", {}, ["a=true", "a=false", "b=true", "b=false"]],
    ["a ? b : c", {}, []],
    ["device.os == 'x'", {}, ['device.os="x"']],
  ])("%s with %j", (condition, attributes, assignments) => {
    const written = ruleOf({ condition, parameters });
    expect(shown([...assignmentsOf(written, requestOf(attributes))])).toEqual(assignments);
  });

  it("come after those of the fields", () => {
    const written = ruleOf({ match: { zone: "x" }, condition: "a" });
    const assignments = [...assignmentsOf(written, requestOf({}))];
    expect(shown(assignments)).toEqual(['zone="x"', "-zone", "a=true", "a=false"]);
  });
});

it.each(["&&", "||"])(
  "a condition of hundreds of parts costs steps for each once: %s",
  (operator) => {
    const spent = (parts: number): number => {
      const steps = { left: 1_000_000 };
      const condition = Array.from({ length: parts }, (_, name) => `a${name}==1`).join(operator);
      fulfilling(ruleOf({ condition }), requestOf({}), steps);
      return 1_000_000 - steps.left;
    };
    expect(spent(400)).toBeLessThan(2.1 * spent(200));
    expect(spent(400)).toBeLessThan(400 * 25);
  },
);

const UNKNOWN = "x * x == y";

describe("what makes a rule hold", () => {
  // prettier-ignore
  it.each<[says: string, rule: Written, attributes: ValueMap, assignments: string[] | undefined]>([
    ["is nothing where it holds",                     { match: { zone: "lab" }, condition: "a" }, { zone: "lab", a: true }, []],
    ["is the fields that do not hold",                { match: { zone: "lab", dst_port: 80 } }, { zone: "lab" }, ["dst_port=80"]],
    ["is the fields, then the condition",             { match: { zone: "lab" }, condition: "a" }, {}, ['zone="lab"', "a=true"]],
    ["is the side of `&&` that is not true",          { condition: "a == 1 && b == 2" }, { a: 1 }, ["b=2"]],
    ["is both sides of `&&` where neither is",        { condition: "a == 1 && b == 2" }, {}, ["a=1", "b=2"]],
    ["is unknown where one side of `&&` is",          { condition: `a == 1 && ${UNKNOWN}` }, {}, undefined],
    ["also the other",                                { condition: `${UNKNOWN} && a == 1` }, {}, undefined],
    ["is the left of `||` where both cost the same",  { condition: "a == 1 || b == 1" }, {}, ["a=1"]],
    ["is the cheaper side of `||`",                   { condition: "(a == 1 && b == 1) || c == 1" }, {}, ["c=1"]],
    ["also on the left",                              { condition: "c == 1 || (a == 1 && b == 1)" }, {}, ["c=1"]],
    ["is the side of `||` of which something is known", { condition: `${UNKNOWN} || a == 1` }, {}, ["a=1"]],
    ["also on the left of it",                        { condition: `a == 1 || ${UNKNOWN}` }, {}, ["a=1"]],
    ["is what makes the operand of `!` false",        { condition: "!(a == 3)" }, { a: 3 }, ["a=4"]],
    ["is one side of `&&` under `!`",                 { condition: "!(a == 1 && b == 1)" }, { a: 1, b: 1 }, ["a=2"]],
    ["is both sides of `||` under `!`",               { condition: "!(a == 1 || b == 1)" }, { a: 1, b: 1 }, ["a=2", "b=2"]],
    ["is unknown for other conditions",               { match: { zone: "lab" }, condition: UNKNOWN }, {}, undefined],
  ])("%s", (_says, written, attributes, assignments) => {
    expect(shown(fulfilling(ruleOf(written), requestOf(attributes)))).toEqual(assignments);
  });
});

describe("what makes a rule not hold", () => {
  // prettier-ignore
  it.each<[says: string, rule: Written, attributes: ValueMap, assignments: string[] | undefined]>([
    ["is what makes its condition false",             { match: { zone: "lab" }, condition: "a" }, { a: true }, ["a=false"]],
    ["is nothing where it is false",                  { condition: "a" }, { a: false }, []],
    ["is the value beside that of its first field",   { match: { dst_port: 80, zone: "lab" } }, {}, ["dst_port=81"]],
    ["is to leave an attribute out",                  { match: { zone: "lab" } }, {}, ["-zone"]],
    ["is of a field where the condition is unknown",  { match: { zone: "lab" }, condition: UNKNOWN }, {}, ["-zone"]],
    ["is unknown of a rule without fields",           {}, {}, undefined],
    ["also of one that takes any value",              { match: { zone: "any" } }, {}, undefined],
  ])("%s", (_says, written, attributes, assignments) => {
    expect(shown(breaking(ruleOf(written), requestOf(attributes)))).toEqual(assignments);
  });
});
