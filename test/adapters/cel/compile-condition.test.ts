import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { conditionResolver, evaluateCondition } from "../../../src/core/evaluate-condition.js";

const compiler = createConditionCompiler();

const name = (...path: string[]) => ({ kind: "name", path });
const literal = (value: string | number | boolean | null) => ({ kind: "literal", value });

describe("what is accepted", () => {
  it.each<[text: string, expression: object]>([
    ["a", name("a")],
    ["_a9.B_c", name("_a9", "B_c")],
    ["(a).b", name("a", "b")],
    ["1", literal(1)],
    ["007", literal(7)],
    ["2.50", literal(2.5)],
    ["1e3", literal(1000)],
    ["2.5E-1", literal(0.25)],
    ["9007199254740993", literal(9007199254740992)],
    ["'it\\'s'", literal("it's")],
    ['"\\"\\\\\\n\\t\\u00e9\\x41"', literal('"\\\n\té' + "A")],
    ["'😀'", literal("😀")],
    ["true", literal(true)],
    ["null", literal(null)],
    ["TRUE", name("TRUE")],
    ["[1, a]", { kind: "list", elements: [literal(1), name("a")] }],
    ["[1, 'a']", { kind: "list", elements: [literal(1), literal("a")], constant: [1, "a"] }],
    ["[]", { kind: "list", elements: [], constant: [] }],
    ["!a", { kind: "not", operand: name("a") }],
    ["-a", { kind: "negate", operand: name("a") }],
    ["a && b", { kind: "and", left: name("a"), right: name("b") }],
    ["a or b", { kind: "or", left: name("a"), right: name("b") }],
    ["a ? b : c", { kind: "conditional", test: name("a"), then: name("b"), otherwise: name("c") }],
    ["has(a.b)", { kind: "has", name: name("a", "b") }],
    ["has(a)", { kind: "has", name: name("a") }],
    ["size(a)", { kind: "size", operand: name("a") }],
    ["a.size()", { kind: "size", operand: name("a") }],
    [
      "a.b.contains('x')",
      { kind: "text", function: "contains", operand: name("a", "b"), argument: literal("x") },
    ],
    ["engine.day_of_week", name("engine", "day_of_week")],
    ["a.constructor", name("a", "constructor")],
  ])("%s", (text, expression) => {
    expect(compiler.compile(text)).toEqual({ ok: true, expression, warnings: [] });
  });

  it.each(["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"])(
    "a %s b",
    (operator) => {
      const expression = { kind: "binary", operator, left: name("a"), right: name("b") };
      expect(compiler.compile(`a ${operator} b`)).toMatchObject({ ok: true, expression });
    },
  );

  it("warns where comparisons are chained", () => {
    expect(compiler.compile("1 < x < 5")).toMatchObject({
      ok: true,
      warnings: [
        "`<` orders the result of another comparison, which is always an error; join two comparisons with `&&`",
      ],
    });
  });
});

// The character under `^` is the one that the problem points at.
describe("what is refused, and where", () => {
  it.each<[text: string, at: string, message: string]>([
    ['a.matches("x")', "  ^", "`matches` is not supported; use `==`, `startsWith`"],
    ["a and x.all(y, y > 1)", "        ^", "`all` is not supported; use `in`"],
    ["x.exists(1, 2)", "  ^", "`exists` is not supported; use `in`"],
    ["x.map(y, y)", "  ^", "`map` is not supported; use `in`"],
    ["x.filter(y, y)", "  ^", "`filter` is not supported; use `in`"],
    ['timestamp("2020") < 1', "^", "`timestamp` is not supported; compare `engine.hour`"],
    ['duration("1h") < 1', "^", "`duration` is not supported; compare `engine.hour`"],
    ["a.getHours() > 1", "  ^", "`getHours` is not supported; compare `engine.hour`"],
    ["int(a) > 1", "^", "`int` is not supported; leave it out"],
    ["1 < double(a)", "    ^", "`double` is not supported; leave it out"],
    ["string(a) == '1'", "^", "`string` is not supported; leave it out"],
    ["foo(a)", "^", "there is no function `foo`; the functions are `has`, `size`"],
    ["a.foo(b)", "  ^", "there is no function `foo`"],
    ['startsWith(a, "x")', "^", 'write `name.startsWith("...")`'],
    ["a.has(b)", "  ^", "write `has(name)`"],
    ["a[0] == 1", " ^", "an index in brackets is not supported"],
    ['a == b["c"]', "      ^", "an index in brackets is not supported"],
    ['{"a": 1} == a', "^", "maps are not supported"],
    ["a.?b", " ^", "optional access is not supported; ask `has(name)` first"],
    ["a // why", "  ^", "comments are not supported"],
    ["/* why */ a", "^", "comments are not supported"],
    ['a == u"x"', "     ^", "a text has no prefix"],
    ["a == b'x'", "     ^", "a text has no prefix"],
    ['r"x" == a', "^", "a text has no prefix"],
    ["a == 0x1F", "     ^", "hexadecimal numbers are not supported"],
    ["a == 10u", "     ^", "unsigned numbers are not supported"],
    ['a == """x"""', "     ^", "triple quotes are not supported"],
    ["a == .5", "     ^", "a number begins with a digit; write `0.5`"],
    ["a == 5.", "     ^", "a number has digits on both sides of its one point"],
    [
      "src_ip == 10.0.0.1",
      "          ^",
      "a number has digits on both sides of its one point; an address needs quotes",
    ],
    ["1e999 > a", "^", "the number is too large for a double"],
    ["5abc", "^", "a name begins with a letter or `_`"],
    ["a = 1", "  ^", "`=` is not an operator; write `==`"],
    ["a & b", "  ^", "`&` is not an operator; write `&&`"],
    ["a | b", "  ^", "`|` is not an operator; write `||`"],
    ["a <> b", "  ^", "`<>` is not an operator; write `!=`"],
    ["a IN [1]", "  ^", "`IN` is written `in`"],
    ["br\u0430nd == 1", "  ^", "`\u0430` (U+0430) is not part of a condition"],
    ["a == “x”", "     ^", "`“` (U+201C) is not part of a condition"],
    ["a\u00a0== 1", " ^", "U+00A0 is not part of a condition"],
    ["😀 == 1", "^", "`😀` (U+1F600) is not part of a condition"],
    ["'😀' == a && b c", "               ^", "unexpected `c`; expected an operator"],
    ["'😀' and '😀' ; b", "              ^", "`;` (U+003B) is not part of a condition"],
    ["a == '\ud800'", "      ^", "half of a surrogate pair is not a character"],
    ["a == '\\ud800'", "      ^", "invalid Unicode surrogate: \\ud800"],
    ['a == "x', "     ^", "the text that begins here is not closed"],
    ["a == 'x\ny'", "     ^", "the text that begins here is not closed"],
    ["a == 'x\"", "     ^", "the text that begins here is not closed"],
    ["NOT a == '\\q'", "          ^", "invalid escape sequence: \\q"],
    ["a == 1 AND", "          ^", "unexpected end of the condition; expected a value"],
    ["a AND OR b", "      ^", "unexpected `OR`; expected a value"],
    ["NOT AND b", "    ^", "unexpected `AND`; expected a value"],
    ["NOT a AND NOT b c", "                ^", "unexpected `c`; expected an operator"],
    ["(NOT a", "      ^", "unexpected end of the condition; expected `)`"],
    ["NOT a)", "     ^", "unexpected `)`; expected an operator"],
    ["a == [1, 2", "          ^", "unexpected end of the condition; expected `]`"],
    ["a ? b", "     ^", "unexpected end of the condition; expected `:` of `? :`"],
    ["a..b", "  ^", "unexpected `.`; expected a name"],
    ["if == 1", "^", "`if` is a reserved word; give the attribute another name"],
    ["a and function", "      ^", "`function` is a reserved word"],
    ["a.in == 1", "  ^", "`in` is a word of the language and no part of a name"],
    ["__proto__ == 1", "^", "`__proto__` is a reserved word"],
    [
      "a AND engine.hours > 5",
      "      ^",
      "the engine supplies no `engine.hours`; it supplies `engine.hour`",
    ],
    [
      "has(engine.zone)",
      "    ^",
      "the engine supplies no `engine.zone`; it supplies `engine.hour`, `engine.minute`",
    ],
    ["has(1)", "    ^", "`has` takes a name"],
    ["has(a, b)", "^", "`has` takes one argument"],
    ["a.size(1)", "       ^", "`size()` after a point takes no argument"],
    ["a.startsWith()", "^", "`startsWith` takes one argument"],
    ["(a + b).c == 1", " ^", "what stands before a point must be a name"],
    ["", "^", "a condition cannot be blank"],
    [" \n", "^", "a condition cannot be blank"],
  ])("%s", (text, at, message) => {
    expect(compiler.compile(text)).toEqual({
      ok: false,
      message: expect.stringContaining(message) as string,
      offset: at.indexOf("^"),
    });
  });
});

describe("limits", () => {
  it.each<[says: string, text: string]>([
    ["4,096 characters", `a == '${"x".repeat(4089)}'`],
    ["100 levels of parentheses", `${"(".repeat(99)}a${")".repeat(99)}`],
    ["a name of 100 parts", `a${".a".repeat(99)}`],
    ["500 links of a chain", `a${"&&a".repeat(499)}`],
    ["499 times `!`", `${"!".repeat(499)}a`],
    ["1,000 elements of a list", `a in [${"1,".repeat(1000)}]`],
  ])("%s are accepted", (_says, text) => {
    expect(compiler.compile(text)).toMatchObject({ ok: true });
  });

  it.each<[says: string, text: string, offset: number, message: string]>([
    ["4,097 characters", "x".repeat(4097), 4096, "at most 4096 characters, got 4097"],
    ["100,000 times `!`", "!".repeat(100_000), 4096, "at most 4096 characters, got 100000"],
    ["4,096 times `(`", "(".repeat(4096), 100, "nested more than 100 levels deep"],
    ["4,096 times `[`", "[".repeat(4096), 100, "nested more than 100 levels deep"],
    ["4,096 times `!`", "!".repeat(4096), 4096, "unexpected end of the condition"],
    ["4,095 times `!` before a name", `${"!".repeat(4095)}a`, 500, "more than 500 levels"],
    ["4,095 times `-` before a name", `${"-".repeat(4095)}a`, 500, "more than 500 levels"],
    ["1,023 times NOT", `${"NOT ".repeat(1023)}a`, 400, "nested more than 100 levels deep"],
    ["a name of 101 parts", `a${".a".repeat(100)}`, 199, "nested more than 100 levels deep"],
    ["501 links of a chain", `a${"||a".repeat(500)}`, 0, "more than 500 levels"],
    [
      "1,365 calls on each other",
      `a${".size()".repeat(500)}`,
      694,
      "nested more than 100 levels deep",
    ],
    [
      "1,001 elements of a list",
      `a in [${"1,".repeat(1001)}]`,
      2006,
      "a list has at most 1000 elements",
    ],
    ["4,096 quotes", "'".repeat(4096), 0, "triple quotes are not supported"],
    ["4,096 backslashes in a text", `'${"\\".repeat(4095)}`, 0, "is not closed"],
  ])("%s are refused", (_says, text, offset, message) => {
    expect(compiler.compile(text)).toEqual({
      ok: false,
      message: expect.stringContaining(message) as string,
      offset,
    });
  });
});

describe("any text", () => {
  const word = fc.constantFrom(
    ..."a b.c engine.hour NOT and OR == != < >= && || ! ( ) [ ] , in + - % ? : . ' \" 'x' 1 2.5 1e9 has( size( .size() .contains( all( { } \\ // /* 😀 \ud800 true null u'".split(
      " ",
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ maxLength: 40 }),
    fc.array(word, { maxLength: 20 }).map((words) => words.join(" ")),
    fc.array(word, { maxLength: 20 }).map((words) => words.join("")),
  );

  it("gives an expression that evaluates, or a problem with an offset inside it", () => {
    const counts = { ok: 0, refused: 0 };
    fc.assert(
      fc.property(texts, (text) => {
        const compiled = compiler.compile(text);
        counts[compiled.ok ? "ok" : "refused"] += 1;
        const offset = compiled.ok ? 0 : compiled.offset;
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(text.length);
        const expression = compiled.ok ? compiled.expression : undefined;
        const outcome =
          expression && evaluateCondition(expression, conditionResolver({}, {})).outcome;
        expect(["true", "false", "error", undefined]).toContain(outcome);
      }),
      { numRuns: 5000 },
    );
    expect(counts.ok).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(50);
  });
});
