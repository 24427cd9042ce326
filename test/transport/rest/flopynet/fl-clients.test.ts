import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, FL_CLIENT as CLIENT, startFlopynet } from "../../../support/rest.js";
import type { TestEngine } from "../../../support/start-engine.js";

// One test for each client of FLOPY-NET: what it sends, and what it reads of the answer.

let engine: TestEngine;
beforeAll(async () => {
  engine = await startFlopynet();
});
afterAll(() => engine.stop());

const ask = (line: string, body?: unknown) => askJson(engine, line, body);
const check = async (policyType: string, context: object, path = "/api/v1/check") =>
  (await ask(`POST ${path}`, { policy_type: policyType, context })).json;
const isNumber = expect.any(Number) as number;
const isText = expect.any(String) as string;

const SERVER = { server_id: "default-server", model: "cnn", dataset: "mnist", signature: "00" };

describe("the FL client", () => {
  // prettier-ignore
  it.each<[says: string, type: string, context: object]>([
    ["A1, when it is made",       "fl_client_training",   { ...CLIENT, operation: "model_training" }],
    ["A2, when it is made",       "fl_client_evaluation", { ...CLIENT, operation: "model_evaluation" }],
    ["A4, before it fits",        "fl_client_training",   { ...CLIENT, operation: "model_training", model_size: 1e6, config: { round: 3 } }],
  ])("%s, asks and reads an object with `allowed`", async (_says, type, context) => {
    expect(await check(type, context)).toMatchObject({ allowed: true, reason: isText });
    expect(await check(type, context, "/api/check_policy")).toMatchObject({ allowed: true });
  });

  it("A3, at its start, reads why it may not, violation by violation", async () => {
    const context = { ...CLIENT, operation: "client_registration", client_ip: "unknown" };
    expect(await check("fl_client_start", context)).toMatchObject({ allowed: true });
    const denied = await check("fl_client_start", { ...context, active_clients: 1000 });
    expect(denied).toMatchObject({ allowed: false, reason: isText });
    expect(denied["violations"]).toEqual([
      expect.objectContaining({ policy_id: "default-client-reg-003", reason: isText }),
    ]);
  });
});

describe("the FL server", () => {
  it("B1 reads total_rounds, whatever the answer", async () => {
    const context = { ...SERVER, operation: "training_configuration", current_round: 0 };
    expect(await check("fl_training_parameters", context)).toMatchObject({
      parameters: { total_rounds: isNumber },
    });
  });

  it("B2 and B6 decide after each round whether to go on", async () => {
    const round = { ...SERVER, operation: "decide_next_round", accuracy_improvement: 0 };
    const clients = { available_clients: 3, successful_clients: 3, failed_clients: 0 };
    const go = { ...round, ...clients, current_round: 0, max_rounds: 10, accuracy: 0.1, loss: 2 };
    expect(await check("fl_server_control", go)).toMatchObject({ allowed: true });
    const done = await check("fl_server_control", { ...go, current_round: 31 });
    expect(done).toMatchObject({ allowed: false, reason: isText });
  });

  // prettier-ignore
  it.each<[says: string, type: string, context: object]>([
    ["B3, server_start, which no rule names",        "fl_server_control",       { ...SERVER, operation: "server_start" }],
    ["B4, before a round",                           "fl_client_training",      { ...SERVER, operation: "model_training", current_round: 1, server_round: 1, available_clients: 3, current_hour: 12, current_minute: 0, current_day_of_week: 1 }],
    ["B5, of a type that no policy has",             "fl_client_selection",     { ...SERVER, operation: "configure_round", server_round: 1, total_clients: 3, available_clients: 3, min_clients: 2 }],
    ["B7, staying alive",                            "fl_server_control",       { ...SERVER, operation: "server_stay_alive", uptime_seconds: 10 }],
    ["B8, watching without clients",                 "fl_client_training",      { ...SERVER, operation: "model_training", current_hour: 12, available_clients: 0 }],
    ["B9, filtering clients with nested properties", "fl_server_client_filter", { ...SERVER, operation: "client_filter", properties: { cpu: { cores: 4 } } }],
    ["B9, aggregating",                              "fl_server_aggregation",   { ...SERVER, model_size: 1, metrics: { loss: 1 }, server_rounds: 1, total_rounds: 2 }],
  ])("%s, is allowed, and not told to stop", async (_says, type, context) => {
    const answer = await check(type, context);
    expect(answer).toMatchObject({ allowed: true, reason: isText });
    expect(answer["action"]).not.toBe("stop_training");
  });

  it("B10 compares a policy version that never falls", async () => {
    const { json } = await ask("GET /api/v1/policy_version");
    expect(json).toMatchObject({ policy_version: engine.status().policyVersion });
  });

  it("B11 starts when /health answers 200", async () => {
    expect((await ask("GET /health")).status).toBe(200);
  });
});

it("Q: probes read the status of /health alone", async () => {
  expect((await ask("GET /health")).status).toBe(200);
});
