import { describe, expect, it } from "vitest";
import type { ValueMap } from "../../src/core/values.js";
import { says } from "../support/conditions.js";

type Row = [says: string, text: string, attributes: ValueMap, expected: string];

describe("equality", () => {
  it.each<Row>([
    ["texts exactly", "a == 'tcp'", { a: "tcp" }, "true"],
    ["texts with their case", "a == 'tcp'", { a: "TCP" }, "false"],
    ["a number equals its decimal text", "a == 8080", { a: "8080" }, "true"],
    ["not with a fraction of zero", "a == 8080", { a: "8080.0" }, "false"],
    ["not with a leading zero", "a == 8080", { a: "08080" }, "false"],
    ["not with a blank", "a == 8080", { a: " 8080" }, "false"],
    ["a fraction equals its text", "a == 0.5", { a: "0.5" }, "true"],
    ["a number with an exponent equals no text", "a == 1e21", { a: "1e+21" }, "false"],
    ["a literal without a point is the same double", "a == 1", { a: 1.0 }, "true"],
    ["booleans only booleans", "a == true", { a: "true" }, "false"],
    ["booleans are no numbers", "a == 1", { a: true }, "false"],
    ["`!=` is the opposite", "a != true", { a: "true" }, "true"],
    ["a list and a scalar are different", "a == 'x'", { a: ["x"] }, "false"],
    ["lists element by element", "a == ['x', 2]", { a: ["x", "2"] }, "true"],
    ["lists of different length differ", "a == ['x']", { a: ["x", "x"] }, "false"],
    ["a missing element is an error", "a == [b, c]", { a: [] }, "attributes `b`, `c` are missing"],
    ["null equals null only", "a == null", { a: 0 }, "false"],
    ["an attribute that is null is absent", "a == null", { a: null }, "attribute `a` is missing"],
    ["values are as the caller gave them", "protocol == 'tcp'", { protocol: "TCP" }, "false"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("ordering", () => {
  it.each<Row>([
    ["of two numbers", "a < 2", { a: 1 }, "true"],
    ["of equal numbers, `<`", "a < 2", { a: 2 }, "false"],
    ["of equal numbers, `<=`", "a <= 2", { a: 2 }, "true"],
    ["of equal numbers, `>`", "a > 2", { a: 2 }, "false"],
    ["of equal numbers, `>=`", "a >= 2", { a: 2 }, "true"],
    ["of a number and numeric text", "a >= 90", { a: "95" }, "true"],
    ["of numeric text on the left", "'10' > a", { a: 9 }, "true"],
    ["a sign is numeric", "a < 0", { a: "-1" }, "true"],
    ["a plus is numeric", "a > 0", { a: "+1" }, "true"],
    ["a leading point is numeric", "a > 0", { a: ".5" }, "true"],
    ["an exponent is numeric", "a > 999", { a: "1e3" }, "true"],
    ["leading zeros are decimal", "a == 8 || a > 9", { a: "010" }, "true"],
    ["a blank is not", "a > 0", { a: " 1" }, "cannot order text and number"],
    ["a trailing point is not", "a > 0", { a: "1." }, "cannot order text and number"],
    ["an underscore is not", "a > 0", { a: "1_000" }, "cannot order text and number"],
    ["hex is not", "a > 0", { a: "0x10" }, "cannot order text and number"],
    ["inf is not", "a > 0", { a: "inf" }, "cannot order text and number"],
    ["Infinity is not", "a > 0", { a: "Infinity" }, "cannot order text and number"],
    ["nan is not", "a > 0", { a: "nan" }, "cannot order text and number"],
    ["what overflows is not", "a > 0", { a: "1e999" }, "cannot order text and number"],
    ["empty is not", "a > 0", { a: "" }, "cannot order text and number"],
    ["Arabic digits are not", "a > 0", { a: "٣" }, "cannot order text and number"],
    ["two texts have no order", "a < 'b'", { a: "a" }, "cannot order text and text"],
    ["two numeric texts neither", "a < '2'", { a: "1" }, "cannot order text and text"],
    ["booleans are not numbers", "a < true", { a: "1" }, "cannot order text and boolean"],
    ["nor beside a number", "a >= 1", { a: true }, "cannot order boolean and number"],
    ["lists have none", "a > 1", { a: [2] }, "cannot order list and number"],
    ["a number on the left orders numeric text too", "5 > a", { a: "3" }, "true"],
    ["`<=` of a greater number is false", "a <= 2", { a: 3 }, "false"],
    ["`>=` of a smaller number is false", "a >= 2", { a: 1 }, "false"],
    ["a chain orders a boolean", "1 < a < 5", { a: 2 }, "cannot order boolean and number"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("`in`", () => {
  it.each<Row>([
    ["finds an element of a literal", "a in ['x', 'y']", { a: "y" }, "true"],
    ["does not find another", "a in ['x', 'y']", { a: "z" }, "false"],
    ["compares as `==` does", "a in [80, 443]", { a: "443" }, "true"],
    ["looks into a name that is a list", "'x' in tags", { tags: ["x"] }, "true"],
    ["needs a list", "'x' in tags", { tags: "xyz" }, "`in` needs a list, got text"],
    ["does not take a map", "'x' in tags", { tags: { x: 1 } }, "`in` needs a list, got map"],
    ["a missing element is an error", "1 in [1, a]", {}, "attribute `a` is missing"],
    ["every missing name is told", "a in [b, c]", {}, "attributes `a`, `b`, `c` are missing"],
    ["a list is not its element", "a in ['x']", { a: ["x"] }, "false"],
    ["a null element equals nothing", "null in tags", { tags: [null] }, "false"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("arithmetic", () => {
  it.each<Row>([
    ["is in doubles", "1 / 2 == 0.5", {}, "true"],
    ["`+` adds", "a + 1 == 3", { a: 2 }, "true"],
    ["`-` subtracts", "a - 1 == 1", { a: 2 }, "true"],
    ["`*` multiplies", "a * 2 == 4", { a: 2 }, "true"],
    ["`*` binds tighter than `+`", "1 + 2 * 3 == 7", {}, "true"],
    ["`-` before a value negates", "-a == -2", { a: 2 }, "true"],
    ["a value negated is below zero", "-a < 0", { a: 2 }, "true"],
    ["what is missing cannot be negated", "-a < 0", {}, "attribute `a` is missing"],
    ["zero multiplies", "a * 0 == 0", { a: 2 }, "true"],
    ["`+` joins two texts", "a + 'b' == 'ab'", { a: "a" }, "true"],
    ["text is never converted", "'5' + 1 == 6", {}, "cannot add text and number"],
    ["on either side", "5 + '1' == 6", {}, "cannot add number and text"],
    ["nor subtracted", "'5' - 1 == 4", {}, "cannot subtract text and number"],
    ["nor divided", "4 / '2' == 2", {}, "cannot divide number and text"],
    ["nor is there a remainder", "5 % '2' == 1", {}, "cannot divide number and text"],
    ["nor negated", "-a == -5", { a: "5" }, "cannot negate text"],
    ["booleans are not numbers", "true * 1 == 1", {}, "cannot multiply boolean and number"],
    ["lists are not joined", "[1] + [2] == [1, 2]", {}, "cannot add list and list"],
    ["division by zero is an error", "1 / a > 0", { a: 0 }, "division by zero"],
    ["by negative zero as well", "1 / -a > 0", { a: 0 }, "division by zero"],
    ["remainder by zero as well", "1 % a > 0", { a: 0 }, "division by zero"],
    ["`%` has the sign of the dividend", "-7 % 3 == -1", {}, "true"],
    ["`%` ignores the sign of the divisor", "7 % -3 == 1", {}, "true"],
    ["what is not finite is an error", "a * a > 0", { a: 1e200 }, "`*` gives no finite number"],
    ["negative zero equals zero", "-a == '0'", { a: 0 }, "true"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("functions", () => {
  it.each<Row>([
    ["`size` of text counts code points", "size(a) == 2", { a: "a😀" }, "true"],
    ["`size` counts half of a surrogate pair", "size(a) == 3", { a: "\ude00😀\ud83d" }, "true"],
    ["halves that are apart are no pair", "size(a) == 3", { a: "\ud83dx\ude00" }, "true"],
    ["`size` can follow a point", "a.b.size() == 3", { a: { b: "abc" } }, "true"],
    ["`size` of a list counts elements", "size(a) == 2", { a: [1, 2] }, "true"],
    [
      "`size` of a map counts keys that are not null",
      "size(a) == 2",
      { a: { x: 1, y: null, z: 2 } },
      "true",
    ],
    ["`size` of a number is an error", "size(a) == 1", { a: 1 }, "number has no size"],
    ["what is missing has none either", "size(a) == 1", {}, "attribute `a` is missing"],
    ["`startsWith`", "a.startsWith('fl-')", { a: "fl-1" }, "true"],
    ["`endsWith`", "a.endsWith('-1')", { a: "fl-1" }, "true"],
    ["`contains`", "a.contains('l-')", { a: "fl-1" }, "true"],
    ["they take the text literally", "a.contains('.')", { a: "abc" }, "false"],
    [
      "they need text",
      "a.contains('1')",
      { a: 1 },
      "`contains` needs two texts, got number and text",
    ],
    [
      "their argument too",
      "a.startsWith(1)",
      { a: "1" },
      "`startsWith` needs two texts, got text and number",
    ],
    ["a missing text is told", "a.endsWith('x')", {}, "attribute `a` is missing"],
    ["so is a missing argument", "a.endsWith(b)", { a: "x" }, "attribute `b` is missing"],
    ["both missing sides are told", "a.endsWith(b)", {}, "attributes `a`, `b` are missing"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});
