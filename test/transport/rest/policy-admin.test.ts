import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askHttp } from "../../support/ask-http.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

let engine: TestEngine;
beforeEach(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
});
afterEach(() => engine.stop());

describe("PolicyAdminService over REST", () => {
  const json = { "content-type": "application/json" };

  it("If-Match is the etag, and a stale one is 412", async () => {
    const got = await askHttp(engine.restPort, "GET /v1/policies/net");
    const etag = String(got.headers["etag"]);
    const patch = (headers: Record<string, string>) =>
      askHttp(engine.restPort, "PATCH /v1/policies/net?updateMask=priority", {
        headers: { ...json, ...headers },
        body: '{"priority": 8}',
      });
    expect((await patch({ "if-match": '"old"' })).status).toBe(412);
    const changed = await patch({ "if-match": etag, "x-change-reason": "REST" });
    expect(changed.status).toBe(200);
    expect(changed.json).toMatchObject({ id: "net", priority: 8, policyVersion: "4" });
    expect((await patch({ "if-match": etag })).status).toBe(412);
    const { json: listed } = await askHttp(engine.restPort, "GET /v1/policyVersions");
    const newest = { policyVersion: "4", reason: "REST", actor: "127.0.0.1" };
    expect(listed).toMatchObject({ versions: [newest, { policyVersion: "3" }] });
  });

  // prettier-ignore
  it.each<[line: string, body: string | undefined, expected: number, answer: object]>([
    ["POST /v1/policies",                      '{"id": "n", "type": "t", "rules": []}', 200, { id: "n", policyVersion: "4" }],
    ["POST /v1/policies?validateOnly=true",    '{"id": "n", "type": "t", "rules": []}', 200, { id: "n", policyVersion: "3" }],
    ["POST /v1/policies",                      '{"id": "net", "type": "t"}',            409, { reason: "POLICY_ALREADY_EXISTS" }],
    ["POST /v1/policies/net:disable",          "{}",                                    200, { id: "net", enabled: false }],
    ["DELETE /v1/policies/net",                undefined,                               200, { policyVersion: "4" }],
    ["GET /v1/policyVersions",                 undefined,                               200, { versions: [{ policyVersion: "3" }] }],
    ["GET /v1/policyVersions/3",               undefined,                               200, { version: { policyVersion: "3" } }],
    ["GET /v1/policyVersions/9",               undefined,                               404, { reason: "POLICY_VERSION_NOT_FOUND" }],
    ["GET /v1/policyVersions:diff",            undefined,                               400, { reason: "REQUEST_INVALID", detail: "from_version must be given, and at least 1, got 0" }],
    ["GET /v1/policyVersions:diff?fromVersion=3&toVersion=3", undefined,                200, { changes: [], unifiedText: "" }],
    ["POST /v1/policyVersions/3:rollback",     "{}",                                    200, { policyVersion: "3" }],
  ])("%s %s", async (line, body, expected, answer) => {
    const options = body === undefined ? {} : { headers: json, body };
    const got = await askHttp(engine.restPort, line, options);
    expect(got.json).toMatchObject(answer);
    expect(got.status).toBe(expected);
  });
});
