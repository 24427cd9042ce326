import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGrpcClient, errorOf, type GrpcClient, struct } from "../../support/grpc-client.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const DECISION = "flopynet.policy.v1.PolicyDecisionService";
const EVENTS = "flopynet.policy.v1.EventService";
const ADMIN = "flopynet.policy.v1.PolicyAdminService";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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

describe("a client made from proto/ at run time", () => {
  it("CheckConnection: allowed, with the rule that determined it", async () => {
    const request = { ...ALLOWED_CONNECTION, request_id: "q-1" };
    expect(await client.unary(`${DECISION}/CheckConnection`, request)).toMatchObject({
      allowed: true,
      policy_id: "net",
      rule_id: "clients-to-server",
      determining_rules: [{ policy_id: "net", rule_id: "clients-to-server", rule_index: 0 }],
      decision_id: expect.stringMatching(UUID) as unknown,
      policy_version: "3",
      request_id: "q-1",
      reason: expect.stringMatching(/./) as unknown,
    });
  });

  it("CheckConnection: a deny is an answer, and explained on request", async () => {
    const request = { dst_port: 23, explain: true };
    const answer = await client.unary(`${DECISION}/CheckConnection`, request);
    expect(answer).toMatchObject({ deny_kind: "DENY_KIND_EXPLICIT", rule_id: "no-telnet" });
    expect(answer["allowed"] ?? false).toBe(false);
    expect(answer["explanation"]).toMatchObject({
      policies: [
        {
          policy_id: "net",
          rules: expect.arrayContaining([
            expect.objectContaining({ outcome: "RULE_OUTCOME_APPLIED" }),
          ]) as unknown,
        },
      ],
    });
  });

  it("CheckPolicy: parameters of what applied", async () => {
    const request = { policy_type: "fl_server_control", context: struct({ round: 4 }) };
    expect(await client.unary(`${DECISION}/CheckPolicy`, request)).toMatchObject({
      allowed: true,
      parameters: struct({ total_rounds: 5 }),
      obligations: [{ action: "configure" }],
    });
  });

  it("CheckPolicy: a rule that cannot be evaluated is reported with what was missing", async () => {
    const request = { policy_type: "fl_server_control" };
    expect(await client.unary(`${DECISION}/CheckPolicy`, request)).toMatchObject({
      erroring_rules: [{ missing_attributes: ["round"] }],
    });
  });

  it("BatchCheckConnections: in order, a bad item answered among the others", async () => {
    const items = [ALLOWED_CONNECTION, { dst_port: 70_000 }, { dst_port: 23 }];
    const answer = await client.unary(`${DECISION}/BatchCheckConnections`, { items });
    expect(answer).toMatchObject({
      policy_version: "3",
      results: [
        { allowed: true },
        {
          deny_kind: "DENY_KIND_INVALID_REQUEST",
          reason: "dst_port must be from 1 to 65535, got 70000",
        },
        { deny_kind: "DENY_KIND_EXPLICIT" },
      ],
    });
  });

  it("BatchCheckPolicies", async () => {
    const items = [{ policy_type: "fl_server_control" }, { policy_type: "network_security" }];
    expect(await client.unary(`${DECISION}/BatchCheckPolicies`, { items })).toMatchObject({
      results: [{ allowed: true }, { deny_kind: "DENY_KIND_DEFAULT" }],
    });
  });

  it("ListPolicies, a page at a time", async () => {
    const first = await client.unary(`${ADMIN}/ListPolicies`, { page_size: 1 });
    expect(first).toMatchObject({ policies: [{ id: "net", type: "network_security" }] });
    const page_token = first["next_page_token"];
    expect(await client.unary(`${ADMIN}/ListPolicies`, { page_token })).toMatchObject({
      policies: [{ id: "rounds" }],
    });
  });

  it("GetPolicy: the words of the file", async () => {
    const answer = await client.unary(`${ADMIN}/GetPolicy`, { policy_id: "net" });
    expect(answer["policy"]).toMatchObject({
      id: "net",
      enabled: true,
      priority: 10,
      policy_version: "3",
      source: "POLICY_SOURCE_FILE",
      rules: [{ id: "clients-to-server", action: "allow" }, { match: struct({ dst_port: 23 }) }],
    });
  });

  it("GetPolicy: of the active version by its number, of no other", async () => {
    const get = (policy_version: string): Promise<unknown> =>
      client.unary(`${ADMIN}/GetPolicy`, { policy_id: "net", policy_version });
    expect(await get("3")).toMatchObject({ policy: { id: "net" } });
    expect(await errorOf(get("9223372036854775807"))).toMatchObject({ code: status.NOT_FOUND });
  });

  it("ReloadPolicies: nothing changed", async () => {
    expect(await client.unary(`${ADMIN}/ReloadPolicies`, {})).toMatchObject({
      policy_version: "3",
    });
  });

  it("ListEvents: the engine starts first", async () => {
    const filter = { source_components: ["POLICY_ENGINE"] };
    expect(await client.unary(`${EVENTS}/ListEvents`, { filter, page_size: 2 })).toMatchObject({
      events: [
        { event_type: "ENGINE_START", sequence: "1", severity: "EVENT_SEVERITY_INFO" },
        { event_type: "POLICY_LOADED", event_id: expect.stringMatching(UUID) as unknown },
      ],
      next_page_token: expect.stringMatching(/./) as unknown,
    });
  });
});

describe("an error says why, and which field", () => {
  it("a request that breaks a rule of a field", async () => {
    const call = client.unary(`${DECISION}/CheckConnection`, { dst_port: 70_000 });
    expect(await errorOf(call)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: "dst_port must be from 1 to 65535, got 70000",
      details: {
        "google.rpc.ErrorInfo": { reason: "REQUEST_INVALID", domain: "policy.flopynet" },
        "google.rpc.BadRequest": { field_violations: [{ field: "dst_port" }] },
      },
    });
  });

  it("a policy that is not there", async () => {
    const call = client.unary(`${ADMIN}/GetPolicy`, { policy_id: "nope" });
    expect(await errorOf(call)).toMatchObject({
      code: status.NOT_FOUND,
      message: "policy `nope` not found",
      details: {
        "google.rpc.ErrorInfo": { reason: "POLICY_NOT_FOUND", metadata: { policyId: "nope" } },
      },
    });
  });
});
