import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decimalText,
  isPlainMap,
  lookUp,
  orderingNumber,
  type Value,
  type ValueMap,
  valuesEqual,
} from "../../src/core/values.js";
import { anyValue, anyValueMap } from "../support/arbitrary-values.js";

describe("valuesEqual", () => {
  // prettier-ignore
  it.each<[says: string, left: Value, right: Value, equal: boolean]>([
    ["texts are equal exactly",                                   "a", "a", true],
    ["texts differ by case",                                      "a", "A", false],
    ["texts differ by a blank",                                   "a", "a ", false],
    ["texts are not normalised",                                  "\u00e9", "e\u0301", false],
    ["a number equals the same number",                           8080, 8080, true],
    ["a number equals its decimal text",                          8080, "8080", true],
    ["a fraction equals its decimal text",                        0.1, "0.1", true],
    ["a negative number equals its decimal text",                 -5, "-5", true],
    ["a number does not equal a longer text",                     8080, "8080.0", false],
    ["a number does not equal a text with leading zeros",         8080, "08080", false],
    ["a number does not equal a text with a blank",               8080, " 8080", false],
    ["a number does not equal a text with a sign",                8080, "+8080", false],
    ["a number that JSON prints with an exponent equals no text", 1e21, "1e+21", false],
    ["nor the digits of it",                                      1e21, "1000000000000000000000", false],
    ["a tiny number equals no text",                              1e-7, "1e-7", false],
    ["negative zero equals zero",                                 -0, 0, true],
    ["negative zero equals the text of zero",                     -0, "0", true],
    ["negative zero does not equal its own sign",                 -0, "-0", false],
    ["no text equals NaN",                                        Number.NaN, "NaN", false],
    ["no text equals infinity",                                   Number.POSITIVE_INFINITY, "Infinity", false],
    ["texts of one number differ",                                "1", "1.0", false],
    ["booleans equal booleans",                                   true, true, true],
    ["true is not false",                                         true, false, false],
    ["true is not its text",                                      true, "true", false],
    ["true is not 1",                                             true, 1, false],
    ["false is not 0",                                            false, 0, false],
    ["null equals null",                                          null, null, true],
    ["null does not equal the empty text",                        null, "", false],
    ["null does not equal false",                                 null, false, false],
    ["a list is not a scalar",                                    [1], 1, false],
    ["lists are equal element by element",                        [1, "b"], ["1", "b"], true],
    ["lists differ by order",                                     [1, 2], [2, 1], false],
    ["lists differ by length",                                    [1], [1, 2], false],
    ["empty lists are equal",                                     [], [], true],
    ["a null element of a list equals nothing",                   [null], [null], false],
    ["lists nest",                                                [[1], []], [["1"], []], true],
    ["a list is not an object",                                   [], {}, false],
    ["objects are equal by their keys, in any order",             { a: 1, b: 2 }, { b: 2, a: "1" }, true],
    ["objects differ by a key",                                   { a: 1 }, { a: 1, b: 2 }, false],
    ["objects differ by a value",                                 { a: 1 }, { a: 2 }, false],
    ["objects nest",                                              { a: { b: [1] } }, { a: { b: ["1"] } }, true],
    ["objects differ by a value further in",                      { a: { b: [1] } }, { a: { b: [2] } }, false],
    ["an object is not a text",                                   { a: "b" }, "b", false],
    ["a null inside an object is absent",                         { a: 1, b: null }, { a: 1 }, true],
    ["inherited names are no keys",                               { constructor: 1 }, {}, false],
  ])("%s", (_says, left, right, equal) => {
    expect(valuesEqual(left, right)).toBe(equal);
    expect(valuesEqual(right, left)).toBe(equal);
  });

  it("is transitive", () => {
    const near = fc.constantFrom<Value>(
      0,
      -0,
      "0",
      "-0",
      false,
      1,
      "1",
      "1.0",
      true,
      1e21,
      [1],
      ["1"],
    );
    fc.assert(
      fc.property(near, near, near, (a, b, c) => {
        expect(valuesEqual(a, b) && valuesEqual(b, c) && !valuesEqual(a, c)).toBe(false);
      }),
    );
  });

  it("is symmetric", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (left, right) => {
        expect(valuesEqual(left, right)).toBe(valuesEqual(right, left));
      }),
    );
  });

  it("compares what is nested deeper than a call stack", () => {
    const nested = (): Value => {
      let value: Value = 1;
      for (let depth = 0; depth < 100_000; depth++) value = [value];
      return value;
    };
    expect(valuesEqual(nested(), nested())).toBe(true);
  });
});

describe("isPlainMap", () => {
  it.each<[value: Value, isMap: boolean]>([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ["a", false],
    [1, false],
    [true, false],
  ])("of %j is %s", (value, isMap) => {
    expect(isPlainMap(value)).toBe(isMap);
  });
});

describe("decimalText", () => {
  it("is what JSON prints, wherever that has no exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const printed = JSON.stringify(number);
        expect(decimalText(number)).toBe(printed.includes("e") ? undefined : printed);
      }),
    );
  });
});

describe("orderingNumber", () => {
  // prettier-ignore
  it.each<[says: string, value: Value, number: number | undefined]>([
    ["a number is itself",                         0.7, 0.7],
    ["text of digits is a number",                 "10", 10],
    ["leading zeros are decimal",                  "010", 10],
    ["a fraction needs no digit before the point", ".5", 0.5],
    ["a fraction needs a digit after the point",   "5.", undefined],
    ["and may have many",                          "10.125", 10.125],
    ["also without one before it",                 ".125", 0.125],
    ["a sign is accepted",                         "-1.5", -1.5],
    ["a plus is accepted",                         "+1.5", 1.5],
    ["an exponent is accepted",                    "1E-3", 0.001],
    ["it needs no sign",                           "1e3", 1000],
    ["it may have two digits",                     "1e-10", 1e-10],
    ["an exponent needs digits",                   "1e", undefined],
    ["a result that is not finite is none",        "1e999", undefined],
    ["blanks are refused",                         " 1", undefined],
    ["a line break at the end is refused",         "1\n", undefined],
    ["underscores are refused",                    "1_000", undefined],
    ["hex is refused",                             "0x10", undefined],
    ["inf is refused",                             "inf", undefined],
    ["Infinity is refused",                        "Infinity", undefined],
    ["nan is refused",                             "nan", undefined],
    ["empty text is refused",                      "", undefined],
    ["other digits than ASCII are refused",        "\u0661", undefined],
    ["booleans are not numbers",                   true, undefined],
    ["NaN is not ordered",                         Number.NaN, undefined],
    ["null is no number",                          null, undefined],
    ["a list is no number",                        [1], undefined],
  ])("%s", (_says, value, number) => {
    expect(orderingNumber(value)).toBe(number);
  });
});

describe("lookUp", () => {
  const map: ValueMap = {
    plain: 1,
    "a.b": "flat",
    a: { b: "nested", c: { d: "deep" }, none: null },
    "x.y": null,
    x: { y: "nested" },
    list: [{ a: 1 }],
    text: "abc",
    gone: null,
  };

  it.each<[says: string, name: string, value: Value | undefined]>([
    ["a plain name is a key", "plain", 1],
    ["a flat attribute with the dotted name wins", "a.b", "flat"],
    ["a dotted path reaches into maps", "a.c.d", "deep"],
    ["a path may end at a map", "a.c", { d: "deep" }],
    ["a flat null is absent, so the nested one is found", "x.y", "nested"],
    ["null is absent", "gone", undefined],
    ["nested null is absent", "a.none", undefined],
    ["a path through null is absent", "gone.a", undefined],
    ["a path through a scalar is absent", "plain.a", undefined],
    ["a list has no keys", "list.0", undefined],
    ["a list has no length", "list.length", undefined],
    ["a text has no length", "text.length", undefined],
    ["what every object inherits is no attribute", "constructor", undefined],
    ["also nested", "a.constructor", undefined],
    ["also the prototype", "__proto__", undefined],
  ])("%s", (_says, name, value) => {
    expect(lookUp(map, name.split("."))).toEqual(value);
  });

  it("finds an own key whatever it is called", () => {
    const own = JSON.parse('{"__proto__": {"a": 1}}') as ValueMap;
    expect(lookUp(own, ["__proto__", "a"])).toBe(1);
  });

  it("never throws and never answers null", () => {
    const path = fc.array(fc.constantFrom("a", "b", "", "__proto__", "length"), { minLength: 1 });
    fc.assert(
      fc.property(anyValueMap, path, (attributes, names) => {
        expect(lookUp(attributes, names)).not.toBe(null);
      }),
    );
  });
});
