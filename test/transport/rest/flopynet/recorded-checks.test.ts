import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askHttp } from "../../../support/ask-http.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

interface RecordedCase {
  readonly id: string;
  readonly request: { readonly json: { readonly policy_type: string; readonly context: object } };
  readonly expected: {
    readonly status: number;
    readonly allowed: boolean;
    readonly violations?: number;
    readonly parameters?: object;
  };
}

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/flopynet/${name}`, import.meta.url), "utf8");
const CASES = fixture("check-cases.jsonl")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as RecordedCase);

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({
    policies: fixture("policies.json"),
    defaults: fixture("default_policies.json"),
  });
});
afterAll(() => engine.stop());

it("there are the recorded cases", () => {
  expect(CASES).toHaveLength(86);
});

// prettier-ignore
describe.each([
  "/api/v1/check",
  "/api/check_policy",
  "/check",
  "/evaluate",
  "/policies/evaluate",
  "/api/v1/policies/evaluate",
])("POST %s", (path) => {
  it.each(CASES.map((one) => [one.id, one] as const))("answers %s as recorded", async (_id, { request, expected }) => {
    const answer = await askHttp(engine.restPort, `POST ${path}`, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request.json),
    });
    const json = answer.json as { allowed: boolean; violations?: object[]; parameters?: object };
    const { violations = json.violations?.length ?? 0, parameters = json.parameters } = expected;
    expect({
      status: answer.status,
      allowed: json.allowed,
      violations: json.violations?.length ?? 0,
      parameters: json.parameters,
    }).toEqual({ status: expected.status, allowed: expected.allowed, violations, parameters });
  });
});
