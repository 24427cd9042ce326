import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
  struct,
} from "../../support/grpc-client.js";
import { askJson } from "../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const MONITORING = "flopynet.policy.v1.MonitoringService/";
const RULES = [{ id: "r", action: "deny", match: { operation: "x" } }];

let engine: TestEngine;
let client: GrpcClient;
let denied: Message;
beforeAll(async () => {
  engine = await startTestEngine({ policies: { policies: { p: { type: "t", rules: RULES } } } });
  client = createGrpcClient(engine.grpcPort);
  const check = (context: Record<string, string>): Promise<Message> =>
    client.unary("flopynet.policy.v1.PolicyDecisionService/CheckPolicy", {
      policy_type: "t",
      context: struct(context),
    });
  await check({ client_id: "c" });
  denied = await check({ client_id: "c", operation: "x" });
});
afterAll(async () => {
  client.close();
  await engine.stop();
});

it("GetDecisionStatistics counts what was decided, the same over REST", async () => {
  const statistics = await client.unary(`${MONITORING}GetDecisionStatistics`, {});
  const both = { decided: "2", allowed: "1" };
  expect(statistics).toMatchObject({
    ...both,
    by_policy_type: [{ name: "t", ...both }],
    by_component: [{ name: "fl-client", ...both }],
    by_requester: [{ name: "c", ...both }],
    by_rule: [{ name: "p/r", decided: "1" }],
  });
  const { json } = await askJson(engine, "GET /v1/decisionStatistics");
  expect(json).toMatchObject({ ...both, byComponent: [{ name: "fl-client", ...both }] });
});

it("GetDecisionStatistics of a period in which nothing was decided is zeros", async () => {
  const request = { end_time: { seconds: 1_000_000_000 } };
  const statistics = await client.unary(`${MONITORING}GetDecisionStatistics`, request);
  expect(statistics).toEqual({});
});

it("GetDecisionStatistics refuses a period that ends before it begins", async () => {
  const request = { start_time: { seconds: 2 }, end_time: { seconds: 1 } };
  const error = await errorOf(client.unary(`${MONITORING}GetDecisionStatistics`, request));
  expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
});

it("GetDecision gives one decision by its id, the same over REST", async () => {
  const id = String(denied["decision_id"]);
  const { decision } = await client.unary(`${MONITORING}GetDecision`, { decision_id: id });
  expect(decision).toMatchObject({
    ...{ decision_id: id, policy_type: "t", response: { rule_id: "r" } },
  });
  const { json } = await askJson(engine, `GET /v1/decisions/${id}`);
  expect(json["decision"]).toMatchObject({ decisionId: id });
});

it("GetDecision of an id that is not recorded is NOT_FOUND", async () => {
  const request = { decision_id: "01a21c7c-4768-71a6-bc0a-085a8106c692" };
  const error = await errorOf(client.unary(`${MONITORING}GetDecision`, request));
  expect(error).toMatchObject({
    code: status.NOT_FOUND,
    details: { "google.rpc.ErrorInfo": { reason: "DECISION_NOT_FOUND" } },
  });
});
