import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { PdpError } from "../../../src/application/errors.js";
import { parseJsonBody } from "../../../src/transport/rest/json-body.js";

function problemOf(body: string | Uint8Array): string {
  try {
    parseJsonBody(typeof body === "string" ? Buffer.from(body) : body);
  } catch (error) {
    if (error instanceof PdpError) return error.message;
    throw error;
  }
  return "accepted";
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

const keys = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}": 1`).join()}}`;

describe("a JSON body is refused", () => {
  // prettier-ignore
  it.each<[says: string, body: string | Uint8Array, problem: string]>([
    ["that is no JSON, with the position",     '{"a": 1,\n "b": }',            "body is not valid JSON at line 2, column 7: a value is expected"],
    ["that is one word",                       "abc",                          "body is not valid JSON at line 1, column 1: this is no JSON value (text is quoted with `\"`, and there are only true, false and null)"],
    ["that ends early",                        '{"a": ',                       "body is not valid JSON at line 1, column 7: a value is expected"],
    ["with two documents",                     "{} {}",                        "body is not valid JSON at line 1, column 4: nothing is expected after the value"],
    ["with a comment",                         "{} // no",                     "body is not valid JSON at line 1, column 4: JSON has no comments"],
    ["with NaN as a number",                   '{"a": NaN}',                   "body is not valid JSON at line 1, column 7: this is no JSON value (text is quoted with `\"`, and there are only true, false and null)"],
    ["with an object that does not end",       '{"a": 1',                      "body is not valid JSON at line 1, column 8: a `}` or a `,` is expected"],
    ["with more than 10,000 keys in an object", keys(10_001),                   "body must not have more than 10000 keys in one object"],
    ["that nests 33 deep",                     nested(33),                     "body must not nest deeper than 32 levels"],
    ["that nests 100,000 deep",                nested(100_000),                "body must not nest deeper than 32 levels"],
    ["that only opens, 100,000 times",         "[".repeat(100_000),            "body is not valid JSON: it nests too deep"],
    ["with a key twice",                       '{"a": 1, "a": 2}',             'body must not have a key twice: "a"'],
    ["with a key twice, once escaped",         '{"x": [{"a": 1, "\\u0061": 2}]}', 'body must not have a key twice: "a"'],
    ["with a key __proto__",                   '{"__proto__": {"a": 1}}',      "__proto__ is a key that is not allowed"],
    ["with a nested key __proto__",            '{"a": [{"b": {"__proto__": 1}}]}', "a[0].b.__proto__ is a key that is not allowed"],
    ["with an escaped key __proto__",          '{"a": {"\\u005f_proto__": 1}}', "a.__proto__ is a key that is not allowed"],
    ["with half of a surrogate pair",          '{"a": ["\\ud800"]}',           "a[0] must not hold half of a surrogate pair"],
    ["with half of one in a key",              '{"a": {"\\udc00": 1}}',        "a must not have half of a surrogate pair in a key"],
    ["with a number beyond a double",          '{"a": 1e999}',                 "a must be a finite number"],
    ["that is not UTF-8",                      new Uint8Array([0x22, 0xff, 0x22]), "body must be UTF-8"],
  ])("%s", (_says, body, problem) => {
    expect(problemOf(body)).toBe(problem);
  });
});

describe("a JSON body is accepted", () => {
  // prettier-ignore
  it.each<[says: string, body: string]>([
    ["with 10,000 keys in an object",           keys(10_000)],
    ["at 32 levels",                            nested(32)],
    ["with equal keys in different objects",    '{"a": {"a": [{"a": 1}, {"a": 2}]}, "b": {"a": 1}}'],
    ["with equal texts that are values",        '{"a": ["a", "a"], "b": "a", "c": "b"}'],
    ["with quotes and backslashes in a key",    '{"a\\"b\\\\": 1, "a": "\\\\\\"{[:,", "b": 2}'],
    ["with whole surrogate pairs",              '{"a": "\\ud83d\\ude00"}'],
    ["with keys of Object.prototype",           '{"constructor": 1, "toString": 2}'],
    ["with negative zero",                      '{"a": -0}'],
  ])("%s", (_says, body) => {
    expect(parseJsonBody(Buffer.from(body))).toEqual(JSON.parse(body));
  });

  it("whatever JSON.stringify writes of small values, unchanged", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__") && !/\\ud[89a-f]/.test(text));
        expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
