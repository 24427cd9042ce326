import { describe, expect, it } from "vitest";
import type { ConditionCompiler } from "../../../src/application/ports/condition-compiler.js";
import { expressionOf } from "../../support/conditions.js";
import { compileFunctions, compilerWith } from "../../support/policy-functions.js";

function compiled(compiler: ConditionCompiler, text: string): unknown {
  const result = compiler.compile(text);
  return result.ok ? result.expression : `${result.offset}: ${result.message}`;
}

describe("a call means the function's expression", () => {
  // prettier-ignore
  it.each<[says: string, functions: string[], call: string, written: string]>([
    ["with arguments in place of parameters",         ["f(a, b) = a >= b"],                           "f(x, 3)",            "x >= 3"],
    ["as if in parentheses",                          ["f(a) = a * 2 > 1"],                           "f(x + 1)",           "(x + 1) * 2 > 1"],
    ["wherever a value may stand",                    ["f(a) = a * 2"],                               "f(x) > 1 && !f(y)",  "x * 2 > 1 && !(y * 2)"],
    ["without parameters",                            ["night() = engine.hour < 6"],                  "night() && a",       "engine.hour < 6 && a"],
    ["with dotted names as arguments",                ["f(a) = a > 1"],                               "f(client.rounds)",   "client.rounds > 1"],
    ["with a parameter used twice",                   ["between(a, b, c) = b <= a && a <= c"],        "between(x, 1, 5)",   "1 <= x && x <= 5"],
    ["with a parameter not used",                     ["f(a, b) = a"],                                "f(x, y)",            "x"],
    ["with other names as where the call stands",     ["f(a) = a > limit"],                           "f(x)",               "x > limit"],
    ["where an argument is named like a parameter",   ["f(a, b) = a - b"],                            "f(b, a) > 0",        "b - a > 0"],
    ["where it calls another",                        ["f(a) = g(a + 1)", "g(b) = b > 2"],            "f(x)",               "x + 1 > 2"],
    ["a name of the called one is no parameter of its caller", ["f(a) = g(1)", "g(b) = a > b"],       "f(x)",               "a > 1"],
    ["a call in an argument",                         ["f(a) = a + 1"],                               "f(f(x)) > 2",        "x + 1 + 1 > 2"],
    ["`has` of an argument that is a name",           ["f(a) = has(a)"],                              "f(client.id)",       "has(client.id)"],
    ["`has` of a literal is true",                    ["f(a) = has(a)"],                              "f('x')",             "true"],
    ["`has` of null is false",                        ["f(a) = has(a)"],                              "f(null)",            "false"],
    ["in lists",                                      ["f(a, b) = a in [b, 'x']"],                    "f(x, 'y')",          "x in ['y', 'x']"],
    ["in text functions",                             ["f(a, b) = a.startsWith(b)"],                  "f(x, 'y')",          "x.startsWith('y')"],
    ["in both branches of `?:`",                      ["f(a) = a ? a : !a"],                          "f(x)",               "x ? x : !x"],
    ["in the older spelling",                         ["f(a) = NOT a > 5 AND b"],                     "NOT f(x) OR c",      "!(!(x > 5) && b) || c"],
    ["a parameter may be named like a function",      ["f(g) = g > 1", "g(a) = a"],                   "f(g(x))",            "x > 1"],
  ])("%s", (_says, functions, call, written) => {
    expect(compiled(compilerWith(...functions), call)).toEqual(expressionOf(written));
  });

  it("whatever the order of the functions", () => {
    const functions = ["a(x) = b(x) && c(x)", "b(x) = c(x)", "c(x) = x > 1"];
    const compiler = compilerWith(...functions.toReversed());
    expect(compiled(compiler, "a(y)")).toEqual(compiled(compilerWith(...functions), "a(y)"));
  });
});

// The character under `^` is the one that the problem points at.
describe("a call that is refused, and where", () => {
  const functions = ["trusted(score, least) = score >= least", "known(x) = has(x)", "on() = a"];
  // prettier-ignore
  it.each<[text: string, at: string, message: string]>([
    ["a && trusted(x)",         "     ^",            "`trusted(score, least)` takes 2 arguments, got 1"],
    ["trusted(x, 1, 2)",        "^",                 "`trusted(score, least)` takes 2 arguments, got 3"],
    ["NOT on(1)",               "    ^",             "`on()` takes 0 arguments, got 1"],
    ["known()",                 "^",                 "`known(x)` takes 1 argument, got 0"],
    ["a or known(x + 1)",       "     ^",            "the function asks `has(x)`, so that argument must be a name or a literal"],
    ["trsted(x, 1)",            "^",                 "there is no function `trsted`; write `trusted`"],
    ["other(x)",                "^",                 "there is no function `other`; the functions are"],
    ["x.trusted(1)",            "  ^",               "write `trusted(name)`, with every argument inside"],
    ["trusted(x, engine.hou)",  "           ^",      "the engine supplies no `engine.hou`"],
    ["known(trusted(x))",       "      ^",           "`trusted(score, least)` takes 2 arguments, got 1"],
  ])("%s", (text, at, message) => {
    const result = compilerWith(...functions).compile(text);
    expect(result).toMatchObject({
      ok: false,
      message: expect.stringContaining(message) as string,
      offset: at.indexOf("^"),
    });
  });

  it("is `trusted`, where nobody gave functions", () => {
    expect(compiled(compilerWith(), "trusted(x, 1)")).toMatch(/^0: there is no function `trusted`/);
  });
});

describe("a function that is refused", () => {
  type Problem = [index: number, path: (string | number)[], message: string, offset?: number];
  // prettier-ignore
  it.each<[says: string, functions: string[], ...problems: Problem[]]>([
    ["begins with a capital",              ["Trusted() = a"],                 [0, ["name"], "begins with a small letter"]],
    ["has another character",              ["is-trusted() = a"],              [0, ["name"], "begins with a small letter"]],
    ["has a Cyrillic letter",              ["tr\u0443sted() = a"],            [0, ["name"], "begins with a small letter"]],
    ["is a function of the language",      ["size(a) = a"],                   [0, ["name"], "`size` is a word of the language"]],
    ["is a function that CEL has",         ["matches(a) = a"],                [0, ["name"], "`matches` is a word of the language"]],
    ["is an operator",                     ["and(a) = a"],                    [0, ["name"], "`and` is a word of the language"]],
    ["is a literal",                       ["true() = a"],                    [0, ["name"], "`true` is a word of the language"]],
    ["is reserved",                        ["import() = a"],                  [0, ["name"], "`import` is a word of the language"]],
    ["is there twice",                     ["f() = a", "f() = b"],            [1, ["name"], "there are two functions `f`; rename one"]],
    ["has a parameter twice",              ["f(a, a) = a"],                   [0, ["params", 1], "the parameter `a` is there twice"]],
    ["has a parameter with a point",       ["f(a, b.c) = a"],                 [0, ["params", 1], "`b.c` cannot be the name of a parameter"]],
    ["has a parameter that is an operator", ["f(not) = a"],                   [0, ["params", 0], "`not` cannot be the name of a parameter"]],
    ["has a parameter `__proto__`",        ["f(__proto__) = a"],              [0, ["params", 0], "`__proto__` cannot be the name of a parameter"]],
    ["is blank",                           ["f() =  "],                       [0, ["expression"], "a condition cannot be blank", 0]],
    ["does not parse",                     ["f(a) = a &&"],                   [0, ["expression"], "unexpected end of the condition", 4]],
    ["uses what conditions have not",      ["f(a) = b || a.matches('x')"],    [0, ["expression"], "`matches` is not supported", 7]],
    ["looks inside a parameter",           ["f(a) = b && a.c"],               [0, ["expression"], "`a` is a parameter and has no parts", 5]],
    ["asks for the parts of a parameter",  ["f(a) = has(a.c)"],               [0, ["expression"], "`a` is a parameter and has no parts", 4]],
    ["calls no function",                  ["f(a) = g(a)"],                   [0, ["expression"], "there is no function `g`", 0]],
    ["calls with too few arguments",       ["f(a) = b || g(a)", "g(a, b) = a"], [0, ["expression"], "`g(a, b)` takes 2 arguments, got 1", 5]],
    ["calls itself",                       ["f(a) = a > 1 || f(a)"],          [0, ["expression"], "a function cannot call itself: `f` -> `f`", 9]],
    ["leads back to itself",               ["f() = g()", "g() = a && h()", "h() = f()"], [2, ["expression"], "a function cannot call itself: `f` -> `g` -> `h` -> `f`", 0]],
    ["is called with what `has` cannot take", ["f(a) = g(a + 1)", "g(b) = has(b)"], [0, ["expression"], "the function asks `has(b)`", 0]],
    ["both of two",                        ["f() = a &&", "g() = b ||"],      [0, ["expression"], "unexpected end", 4], [1, ["expression"], "unexpected end", 4]],
    ["gives its callers no second problem", ["f() = g(1)", "g(a) = a &&"],    [1, ["expression"], "unexpected end", 4]],
  ])("%s", (_says, functions, ...problems) => {
    expect(compileFunctions(...functions).problems).toEqual(
      problems.map(([index, path, message, offset]) => ({
        severity: "error",
        ...{ index, path, ...(offset !== undefined && { offset }) },
        message: expect.stringContaining(message) as string,
      })),
    );
  });

  it("warns where comparisons are chained, once and not at every call", () => {
    const { compiler, problems } = compileFunctions("f(a) = 1 < a < 5");
    expect(problems).toMatchObject([{ severity: "warning", index: 0, path: ["expression"] }]);
    expect(compiler.compile("f(x)")).toMatchObject({ ok: true, warnings: [] });
  });
});

describe("limits", () => {
  const doubling = (count: number): string[] => [
    "f0(a) = a",
    ...Array.from(
      { length: count },
      (_, index) => `f${index + 1}(a) = f${index}(a) && f${index}(a)`,
    ),
  ];
  const linked = (count: number): string[] => [
    "f0(a) = a",
    ...Array.from({ length: count }, (_, index) => `f${index + 1}(a) = f${index}(a)`),
  ];

  it("a condition has at most 5,000 parts with those of its functions, wherever they come from", () => {
    expect(compileFunctions(...doubling(9)).problems).toEqual([]);
    const { problems } = compileFunctions(...doubling(30));
    expect(problems[0]).toMatchObject({
      path: ["expression"],
      message: "more than 5000 parts, with those of the functions it calls; split the rule",
    });
  });

  it("arguments count wherever they are put", () => {
    const compiler = compilerWith(`many(a) = ${Array.from({ length: 400 }, () => "a").join("||")}`);
    expect(compiler.compile("many(x)")).toMatchObject({ ok: true });
    expect(compiler.compile("b && many(x + 1 + 2 + 3 + 4 + 5 + 6 > 7)")).toMatchObject({
      ok: false,
      offset: 5,
    });
  });

  it("a condition has at most 500 levels, however functions and arguments are nested", () => {
    expect(compileFunctions(...linked(200)).problems).toEqual([]);
    expect(compileFunctions(...linked(1000)).problems[0]).toMatchObject({
      message: "more than 500 levels; split the rule",
    });
    const deep = `${"!".repeat(300)}a`;
    const compiler = compilerWith(`deep(a) = ${deep}`);
    expect(compiler.compile(`deep(${deep})`)).toMatchObject({
      ok: false,
      message: "more than 500 levels; split the rule",
    });
  });
});
