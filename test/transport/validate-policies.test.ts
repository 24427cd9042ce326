import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { policySchema } from "../../src/adapters/policy-files/policy-schema.js";
import { type Answer, askHttp } from "../support/ask-http.js";
import { createGrpcClient, errorOf, type GrpcClient, struct } from "../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";

const RPC = "flopynet.policy.v1.PolicyAdminService/ValidatePolicies";
const DOCUMENT = `{"policies": {"p": {"type": "network_security", "rules": [
  {"action": "dney"},
  {"action": "deny", "match": {"dst_port": 22}},
  {"action": "allow", "match": {"dst_port": 22}}]},
  "q": {"type": "t", "rules": [{"action": "log", "match": {"a": "x*"}}]}}}`;

let engine: TestEngine;
let client: GrpcClient;
beforeAll(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
  client = createGrpcClient(engine.grpcPort);
});
afterAll(async () => {
  client.close();
  await engine.stop();
});

interface Issue {
  readonly severity: string;
  readonly check: string;
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

async function viaGrpc(request: Record<string, unknown>): Promise<readonly Issue[]> {
  const { issues = [] } = await client.unary(RPC, request);
  return issues as readonly Issue[];
}

function post(body: unknown): Promise<Answer> {
  return askHttp(engine.restPort, "POST /v1/policies:validate", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function viaRest(request: Record<string, unknown>): Promise<readonly Issue[]> {
  const { status, json } = await post(request);
  expect(status).toBe(200);
  return (json as { readonly issues?: readonly Issue[] }).issues ?? [];
}

describe.each([
  ["gRPC", viaGrpc],
  ["REST", viaRest],
] as const)("ValidatePolicies through %s", (_way, ask) => {
  it("a document: errors first, each with its place, and the sound policies are linted beside", async () => {
    const issues = await ask({ document: DOCUMENT });
    expect(issues).toMatchObject([
      {
        severity: "ISSUE_SEVERITY_ERROR",
        check: "invalid",
        path: "policies.p.rules[0].action",
        line: 2,
        column: 14,
        suggestion: "write `deny`",
      },
      { severity: "ISSUE_SEVERITY_WARNING", check: "every-request", line: 2 },
      {
        severity: "ISSUE_SEVERITY_WARNING",
        check: "dead-wildcard",
        path: "policies.q.rules[0].match.a",
        line: 5,
      },
    ]);
  });

  it("a document that is sound has no issues, and is not loaded", async () => {
    const document = JSON.stringify({ policies: { other: { type: "t", rules: [] } } });
    expect(await ask({ document })).toEqual([]);
    expect(engine.status().policyVersion).toBe(3);
  });

  it("text that is not JSON is answered", async () => {
    expect(await ask({ document: "policies: []" })).toMatchObject([
      { severity: "ISSUE_SEVERITY_ERROR", line: 1, column: 1 },
    ]);
  });
});

describe("policies as messages", () => {
  const rule = (action: string, condition = ""): object => ({
    action,
    condition,
    match: struct({ operation: "x*" }),
  });
  it("have the words of files; what is empty is not given", async () => {
    const issues = await viaGrpc({
      policies: [
        {
          ...{ id: "p", type: "t", priority: 3, enabled: false },
          ...{ combining: "COMBINING_ALGORITHM_DENY_OVERRIDES", on_error: "ON_ERROR_SKIP" },
          rules: [rule("deny"), rule("dney", "a >")],
        },
      ],
    });
    expect(issues.map(({ path, line = 0 }) => [path, line])).toEqual([
      ["policies[0].rules[1].action", 0],
      ["policies[0].rules[1].condition", 0],
    ]);
  });

  it("are read from JSON too, and linted", async () => {
    const policies = [
      {
        ...{ id: "p", type: "t", defaultEffect: "DEFAULT_EFFECT_DENY" },
        rules: [{ action: "deny", match: { operation: "x*" } }],
      },
    ];
    expect(await viaRest({ policies })).toMatchObject([
      { check: "dead-wildcard", path: "policies[0].rules[0].match.operation", ruleIndex: 0 },
    ]);
  });

  it("an enum value that nobody knows is an issue", async () => {
    const issues = await viaGrpc({ policies: [{ id: "p", type: "t", combining: 77 }] });
    expect(issues).toMatchObject([{ path: "policies[0].combining" }]);
    expect(issues[0]?.message).toContain('got "77"');
  });

  it("neither of the two is refused", async () => {
    expect(await errorOf(client.unary(RPC, {}))).toMatchObject({
      code: 3,
      message: "document or policies must be given",
    });
    expect((await post({})).status).toBe(400);
  });
});

describe("GET /v1/policySchema", () => {
  it("is the JSON Schema of policy files", async () => {
    const { status, headers, text } = await askHttp(engine.restPort, "GET /v1/policySchema");
    expect([status, headers["content-type"]]).toEqual([200, "application/schema+json"]);
    expect(JSON.parse(text)).toEqual(policySchema());
  });

  it("is read-only", async () => {
    const { status, headers } = await askHttp(engine.restPort, "PUT /v1/policySchema");
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });
});
