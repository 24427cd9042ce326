import { describe, expect, it } from "vitest";
import type { OpenApi, Operation, RestRequest } from "../support/arbitrary-rest-request.js";
import { createAnswerCheck, type FuzzAnswer, fuzzRest } from "../support/rest-fuzz.js";

describe("whatever REST is asked", () => {
  it("is answered as it is described, and never with 5xx (longer: npm run fuzz:rest)", async () => {
    const { failure, ...found } = await fuzzRest({ seconds: 4, seed: Date.now() % 2 ** 31 });
    expect({ ...found, failure }).toMatchObject({ failure: undefined });
    expect(found.requests).toBeGreaterThan(50);
  });
});

describe("the fuzz notices", () => {
  const schema = { type: "object", properties: { n: { type: "integer" } } };
  const operation: Operation = {
    ...{ operationId: "get", parameters: [] },
    responses: { "200": { content: { "application/json": { schema } } } },
  };
  const document: OpenApi = { paths: { "/v1/x": { get: operation } }, components: { schemas: {} } };
  const check = createAnswerCheck(document);
  const json = "application/json";

  // prettier-ignore
  it.each<[says: string, asked: Partial<RestRequest>, answer: Partial<FuzzAnswer>, problem: string]>([
    ["an internal error",            {},                { status: 500 },                        "answered 500"],
    ["unavailable",                  {},                { status: 503 },                        "answered 503"],
    ["a deadline nobody gave",       {},                { status: 504 },                        "answered 504"],
    ["not one that was given",       { headers: { "grpc-timeout": "1S" } }, { status: 504, text: '{"detail":"late"}' }, "fine"],
    ["an answer of another shape",   {},                { text: '{"n":"a"}' },                  "n must be integer"],
    ["not one as described",         {},                { text: '{"n":1}' },                    "fine"],
    ["an error that is no JSON",     {},                { status: 404, contentType: "text/plain", text: "no" }, "answered text/plain"],
    ["an error without a sentence",  {},                { status: 404, text: "{}" },            "says nothing"],
    ["an error of another family",   {},                { status: 404, text: '{"error":"no"}' }, "says nothing"],
    ["not one with a sentence",      {},                { status: 404, text: '{"detail":"no"}' }, "fine"],
    ["the same outside /v1",         { path: "/x" },    { status: 404, text: '{"error":"no"}' }, "fine"],
  ])("%s", (_says, asked, answer, problem) => {
    const request = { operation, method: "GET", path: "/v1/x", headers: {}, body: "", ...asked };
    const given = { status: 200, contentType: json, text: "{}", isStream: false, ...answer };
    expect(check(request, given) ?? "fine").toContain(problem);
  });
});
