import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson } from "../../../support/rest.js";
import {
  roundMessages,
  startTrustEngine,
  type TrustEngine,
} from "../../../support/trust-service.js";

let engine: TrustEngine;
beforeAll(async () => {
  engine = await startTrustEngine();
  const report = (observations: object[]) =>
    engine.ask("ReportObservations", { observations, reporter: "fl-server" });
  for (let round = 1; round <= 3; round += 1) {
    await report(roundMessages("run", round, { bad: { alignment: -1 }, good: {}, c: {}, d: {} }));
  }
  await report(roundMessages("run", 4, { bad: {}, good: {}, c: {}, d: {} }).slice(0, 1));
});
afterAll(() => engine.stop());

const contribution = (experiment_id: string, round: number) => ({
  event_type: "model_update",
  performance_metrics: { accuracy: 0.92, training_time: 12.5, model_quality_score: 0.88 },
  behavioral_data: { availability: 0.99 },
  context: { experiment_id, round },
});

describe("POST /trust/scores/{client_id}", () => {
  it("is a completed update of the open round: no ratios, and its numbers score nothing", async () => {
    const before = await engine.ask("EvaluateTrust", { client_id: "good" });
    const { status, json } = await askJson(
      engine,
      "POST /trust/scores/good",
      contribution("run", 4),
    );
    expect(status).toBe(200);
    expect(json).toEqual({
      client_id: "good",
      new_trust_score: before["trust_score"],
      change: before["trust_score_delta"],
      previous_trust_score: Number(before["trust_score"]) - Number(before["trust_score_delta"]),
      factors_updated: [],
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
    });
    const sources = await askJson(engine, "GET /api/v1/trust/data-sources");
    expect(sources.json).toMatchObject({
      total: 2,
      data_sources: [
        { reporter: "unknown", observations: { update_reported: 1 }, last_run_id: "run" },
        { reporter: "fl-server", observations: { round_opened: 4, update_reported: 12 } },
      ],
    });
  });

  // prettier-ignore
  it.each<[says: string, client: string, body: unknown, status: number, error: RegExp]>([
    ["a round that is not open",          "good",     contribution("run", 5),   409, /^round 5 of run `run` is not open for client `good`$/],
    ["a round that was closed",           "good",     contribution("run", 3),   409, /is not open for client/],
    ["a run nobody knows",                "good",     contribution("other", 4), 409, /is not open for client/],
    ["a client that was not selected",    "stranger", contribution("run", 4),   409, /is not open for client `stranger`$/],
    ["a round below 1",                   "good",     contribution("run", 0),   400, /round must be at least 1/],
    ["no context",                        "good",     {},                       400, /context/],
  ])("refuses %s", async (_says, client, body, status, error) => {
    const answer = await askJson(engine, `POST /trust/scores/${client}`, body);
    expect([answer.status, answer.json["error"]]).toEqual([status, expect.stringMatching(error)]);
  });
});

describe("GET /trust/scores", () => {
  // prettier-ignore
  it.each<[says: string, query: string, clients: string[], total: number]>([
    ["all",                "",                        ["bad", "c", "d", "good"], 4],
    ["one client",         "?client_id=bad",          ["bad"],                   1],
    ["from a threshold",   "?threshold=0.5",          ["c", "d", "good"],        3],
    ["at most so many",    "?limit=2",                ["bad", "c"],              4],
    ["none",               "?client_id=nobody",       [],                        0],
  ])("%s", async (_says, query, clients, total) => {
    const { json } = await askJson(engine, `GET /trust/scores${query}`);
    const scores = json["trust_scores"] as { client_id: string }[];
    expect([scores.map(({ client_id }) => client_id), json["total"]]).toEqual([clients, total]);
  });

  it("with score, state, weight and factors", async () => {
    const { json } = await askJson(engine, "GET /trust/scores?client_id=bad");
    expect(json["trust_scores"]).toMatchObject([
      {
        state: "EXCLUDED",
        weight_multiplier: 0,
        factors: { update_quality: expect.any(Number) as number },
      },
    ]);
  });

  it("refuses a threshold that is none", async () => {
    const { status } = await askJson(engine, "GET /trust/scores?threshold=many");
    expect(status).toBe(400);
  });
});

it("POST /api/v1/trust/recalculate computes everything anew", async () => {
  const { status, json } = await askJson(engine, "POST /api/v1/trust/recalculate");
  expect([status, json]).toMatchObject([200, { success: true, clients: 4, differences: 0 }]);
});

describe("the same as JSON under /v1", () => {
  it("reports, evaluates, lists and pardons", async () => {
    const observations = [
      { runId: "rest", round: 1, roundOpened: { selectedClientIds: ["spiffe://x/y:z", "r2"] } },
      {
        runId: "rest",
        round: 1,
        updateReported: { clientId: "r2", outcome: "UPDATE_OUTCOME_COMPLETED" },
      },
      { runId: "rest", round: 1, roundClosed: {} },
    ];
    const reported = await askJson(engine, "POST /v1/trust/observations:report", { observations });
    expect(reported.json).toEqual({ accepted: 3, duplicates: 0, late: 0, rejected: [] });
    const id = encodeURIComponent("spiffe://x/y:z");
    for (const line of [`POST /v1/trust/clients/${id}:evaluate`, `GET /v1/trust/clients/${id}`]) {
      const { json } = await askJson(engine, line, line.startsWith("POST") ? {} : undefined);
      expect(json).toMatchObject({ clientId: "spiffe://x/y:z", known: true, round: 1 });
    }
    const history = await askJson(engine, `GET /v1/trust/clients/${id}/history`);
    expect(history.json).toMatchObject({ points: [{ runId: "rest", round: 1 }] });
    const pardoned = await askJson(engine, "POST /v1/trust/clients/bad:pardon", { reason: "x" });
    expect(pardoned.json).toMatchObject({ score: { state: "TRUST_STATE_REDUCED" } });
    const listed = await askJson(engine, "GET /v1/trust/clients?states=TRUST_STATE_REDUCED");
    expect(listed.json).toMatchObject({ scores: [{ clientId: "bad" }], totalSize: 1 });
    const again = await askJson(engine, "POST /v1/trust:recalculate", {});
    expect(again.json).toMatchObject({ differences: 0 });
    expect((await askJson(engine, "GET /v1/trust/dataSources")).status).toBe(200);
  });

  it.each(["NaN", "Infinity", 2, -2])("refuses the ratio %s", async (alignmentRatio) => {
    const update = { clientId: "good", outcome: "UPDATE_OUTCOME_COMPLETED", alignmentRatio };
    const observations = [{ runId: "run", round: 4, updateReported: update }];
    const { status, json } = await askJson(engine, "POST /v1/trust/observations:report", {
      observations,
    });
    expect([status, json["reason"]]).toEqual([400, "REQUEST_INVALID"]);
  });
});
