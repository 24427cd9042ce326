import { describe, expect, it } from "vitest";
import {
  compareTemplates,
  matchTemplate,
  parseTemplate,
} from "../../../src/transport/rest/http-rule.js";

/** The variables as `{"policy.id": "x"}`; undefined when the path does not match. */
function bindings(template: string, path: string): Record<string, string> | undefined {
  const found = matchTemplate(parseTemplate(template), path);
  return found && Object.fromEntries(found.map((b) => [b.fieldPath.join("."), b.text]));
}

describe("a path template matches (google/api/http.proto)", () => {
  // prettier-ignore
  it.each<[says: string, template: string, path: string, gives: Record<string, string> | undefined]>([
    ["a literal matches itself",                       "/v1/policies",              "/v1/policies",            {}],
    ["a literal matches nothing else",                 "/v1/policies",              "/v1/policiesX",           undefined],
    ["case counts",                                    "/v1/policies",              "/v1/Policies",            undefined],
    ["a slash at the end is another path",             "/v1/policies",              "/v1/policies/",           undefined],
    ["a doubled slash is another path",                "/v1/policies",              "/v1//policies",           undefined],
    ["more segments do not match",                     "/v1/policies",              "/v1/policies/x",          undefined],
    ["an encoded letter is the letter",                "/v1/policies",              "/v1/%70olicies",          {}],
    ["`*` matches exactly one segment",                "/v1/*/books",               "/v1/a/books",             {}],
    ["`*` does not match two",                         "/v1/*/books",               "/v1/a/b/books",           undefined],
    ["`*` does not match none",                        "/v1/*",                     "/v1",                     undefined],
    ["`*` does not match an empty segment",            "/v1/*",                     "/v1/",                    undefined],
    ["`**` matches none",                              "/v1/**",                    "/v1",                     {}],
    ["`**` matches many",                              "/v1/**",                    "/v1/a/b/c",               {}],
    ["`**` stands before a verb",                      "/v1/**:go",                 "/v1/a/b:go",              {}],
    ["{var} is {var=*}",                               "/v1/policies/{policy_id}",  "/v1/policies/fl-sec",     { policy_id: "fl-sec" }],
    ["{var=*} takes one segment",                      "/v1/policies/{id=*}",       "/v1/policies/a/b",        undefined],
    ["{var} is not empty",                             "/v1/policies/{id}",         "/v1/policies/",           undefined],
    ["{a.b} names a nested field",                     "/v1/policies/{policy.id}",  "/v1/policies/x",          { "policy.id": "x" }],
    ["{var=a/*} binds all of it",                      "/v1/{name=shelves/*}",      "/v1/shelves/7",           { name: "shelves/7" }],
    ["{var=a/*} insists on its literal",               "/v1/{name=shelves/*}",      "/v1/racks/7",             undefined],
    ["{var=a/*/b/*} binds four segments",              "/v1/{name=a/*/b/*}",        "/v1/a/1/b/2",             { name: "a/1/b/2" }],
    ["{var=a/**} binds the rest",                      "/v1/{name=a/**}",           "/v1/a/1/b/2",             { name: "a/1/b/2" }],
    ["{var=a/**} may bind no rest",                    "/v1/{name=a/**}",           "/v1/a",                   { name: "a" }],
    ["{var=**} may be empty",                          "/v1/{name=**}",             "/v1",                     { name: "" }],
    ["{var=literal} binds the literal",                "/v1/{name=fixed}",          "/v1/fixed",               { name: "fixed" }],
    ["two variables",                                  "/v1/{a}/to/{b}",            "/v1/1/to/2",              { a: "1", b: "2" }],
    ["a variable and what follows it",                 "/v1/clients/{id}/history",  "/v1/clients/x/history",   { id: "x" }],
    ["a verb",                                         "/v1/connections:check",     "/v1/connections:check",   {}],
    ["a verb is not optional",                         "/v1/connections:check",     "/v1/connections",         undefined],
    ["another verb is another path",                   "/v1/connections:check",     "/v1/connections:batch",   undefined],
    ["an encoded colon begins no verb",                "/v1/connections:check",     "/v1/connections%3Acheck", undefined],
    ["a colon in an earlier segment begins no verb",   "/v1/a/b:check",             "/v1/a:check/b",           undefined],
    ["a verb after a variable",                        "/v1/policies/{id}:enable",  "/v1/policies/x:enable",   { id: "x" }],
    ["the last colon begins the verb",                 "/v1/policies/{id}:enable",  "/v1/policies/a:b:enable", { id: "a:b" }],
    ["a verb alone is no variable",                    "/v1/policies/{id}:enable",  "/v1/policies/:enable",    undefined],
    ["without a verb a colon is part of the variable", "/v1/clients/{id}",          "/v1/clients/a:b",         { id: "a:b" }],
    ["one segment is decoded, slashes too",            "/v1/clients/{id}",          "/v1/clients/spiffe%3A%2F%2Fa%2Fb", { id: "spiffe://a/b" }],
    ["several segments keep %2F",                      "/v1/{name=a/*}",            "/v1/a/x%2Fy%2fz%20",      { name: "a/x%2Fy%2fz " }],
    ["`**` keeps %2F",                                 "/v1/{name=**}",             "/v1/x%2Fy/z",             { name: "x%2Fy/z" }],
    ["a plus is a plus",                               "/v1/{id}",                  "/v1/a+b",                 { id: "a+b" }],
    ["UTF-8 is decoded",                               "/v1/{id}",                  "/v1/%C3%A9",              { id: "é" }],
    ["dots are not walked",                            "/v1/policies/{id}",         "/v1/policies/..",         { id: ".." }],
    ["a name of Object.prototype is only text",        "/v1/policies/{id}",         "/v1/policies/__proto__",  { id: "__proto__" }],
    ["a path without a slash in front matches nothing", "/v1",                      "v1",                      undefined],
  ])("%s", (_says, template, path, gives) => {
    expect(bindings(template, path)).toEqual(gives);
  });

  it("a malformed percent-encoding is an error of the caller", () => {
    expect(() => bindings("/v1/{id}", "/v1/%zz")).toThrow(URIError);
    expect(() => bindings("/v1/{id}", "/v1/%C3")).toThrow(URIError);
  });
});

describe("a template outside the grammar is refused", () => {
  // prettier-ignore
  it.each<[template: string, why: string]>([
    ["v1/policies",          "must begin with a slash"],
    ["/",                    "is not a segment"],
    ["/v1/",                 "is not a segment"],
    ["/v1//x",               "is not a segment"],
    ["/v1/{}",               "names no field"],
    ["/v1/{a..b}",           "names no field"],
    ["/v1/{9a}",             "names no field"],
    ["/v1/{a={b}}",          "is not a segment"],
    ["/v1/{a=}",             "is not a segment"],
    ["/v1/{a",               "is not a segment"],
    ["/v1/x{a}",             "is not a segment"],
    ["/v1/***",              "is not a segment"],
    ["/v1/**/x",             "`**` must be the last"],
    ["/v1/{a=**}/x",         "`**` must be the last"],
    ["/v1/{a}/{a}",          "a variable occurs twice"],
    ["/v1/x:",               "the verb must be plain text"],
    ["/v1/x:go/y",           "the verb must be plain text"],
  ])("%s", (template, why) => {
    expect(() => parseTemplate(template)).toThrow(why);
  });
});

describe("the more specific template is asked first", () => {
  // prettier-ignore
  it.each<[says: string, first: string, second: string]>([
    ["a verb before none",              "/v1/{a}:go",          "/v1/x"],
    ["a literal before a variable",     "/v1/a/fixed",         "/v1/a/{id}"],
    ["an early literal counts most",    "/v1/a/{x}/{y}",       "/v1/{x}/b/c"],
    ["one segment before any number",   "/v1/{a}",             "/v1/{a=**}"],
    ["`*` at the end before `**`",      "/v1/{a}/*",           "/v1/{a}/**"],
  ])("%s", (_says, first, second) => {
    expect(compareTemplates(parseTemplate(first), parseTemplate(second))).toBeLessThan(0);
    expect(compareTemplates(parseTemplate(second), parseTemplate(first))).toBeGreaterThan(0);
  });
});
