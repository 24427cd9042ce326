import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askHttp } from "../support/ask-http.js";
import { createGrpcClient, errorOf, type GrpcClient, struct } from "../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const PUBLISH = "flopynet.policy.v1.EventService/PublishEvent";
const STREAM = "flopynet.policy.v1.EventService/StreamEvents";
const LIST = "flopynet.policy.v1.EventService/ListEvents";

const ROUND_DONE = {
  source_component: "FL_SERVER",
  event_type: "ROUND_COMPLETED",
  severity: "EVENT_SEVERITY_WARNING",
};

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

const publish = (event: object): Promise<Record<string, unknown>> =>
  client.unary(PUBLISH, { event }).then(({ event: stored }) => stored as Record<string, unknown>);

function publishOverRest(body: unknown) {
  const headers = { "content-type": "application/json" };
  return askHttp(engine.restPort, "POST /v1/events", { headers, body: JSON.stringify(body) });
}

describe("PublishEvent", () => {
  it("answers the stored event; what only the engine says is not the publisher's", async () => {
    const details = struct({ round: 3, ok: true });
    const given = { sequence: "999", policy_version: "999", timestamp: { seconds: "1" }, details };
    const stored = await publish({ ...ROUND_DONE, ...given, client_id: "c" });
    expect(stored).toMatchObject({ ...ROUND_DONE, client_id: "c", policy_version: "3", details });
    expect(Number(stored["sequence"])).toBeLessThan(999);
    expect(Number((stored["timestamp"] as { seconds: string }).seconds)).toBeGreaterThan(1e9);
  });

  it("reaches subscribers and lists", async () => {
    const filter = { source_components: ["SDN_CONTROLLER"] };
    const stream = client.serverStream(STREAM, { filter });
    const received: unknown[] = [];
    stream.on("error", () => undefined); // It is cancelled below.
    stream.on("data", ({ events = [] }: { events?: unknown[] }) => received.push(...events));
    const stored = await publish({ ...ROUND_DONE, source_component: "SDN_CONTROLLER" });
    await waitFor("the event", () => received.length > 0);
    stream.cancel();
    expect(received).toEqual([stored]);
    expect(await client.unary(LIST, { filter })).toMatchObject({ events: [stored] });
  });

  it("is the same call over REST, and a retry over either is one event", async () => {
    const event = {
      eventId: "5e0c2f6c-6a0f-4d6e-9e3a-0a2f4c1f9b11",
      sourceComponent: "COLLECTOR",
      eventType: "X",
      severity: "EVENT_SEVERITY_INFO",
      details: { n: 1 },
    };
    const answers = [await publishOverRest({ event }), await publishOverRest({ event })];
    expect(answers.map(({ status: code, json }) => [code, json])).toEqual(
      answers.map(() => [200, { event: expect.objectContaining(event) as object }]),
    );
    expect(answers[1]?.json).toEqual(answers[0]?.json);
    const again = await publish({ ...ROUND_DONE, event_id: event.eventId });
    expect(again).toMatchObject({ source_component: "COLLECTOR", event_type: "X" });
  });

  // prettier-ignore
  it.each<[says: string, event: object | undefined, field: string]>([
    ["no event",                 undefined,                                               "event"],
    ["the engine's name",        { ...ROUND_DONE, source_component: "POLICY_ENGINE" },    "event.source_component"],
    ["the engine's type",        { ...ROUND_DONE, event_type: "POLICY_APPLIED" },         "event.event_type"],
    ["no severity",              { ...ROUND_DONE, severity: 0 },                          "event.severity"],
    ["a severity there is not",  { ...ROUND_DONE, severity: 9 },                          "event.severity"],
    ["an id that is no UUID",    { ...ROUND_DONE, event_id: "1" },                        "event.event_id"],
  ])("refuses %s, naming the field", async (_says, event, field) => {
    const error = await errorOf(client.unary(PUBLISH, { event }));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: {
        "google.rpc.ErrorInfo": { reason: "REQUEST_INVALID" },
        "google.rpc.BadRequest": { field_violations: [{ field }] },
      },
    });
  });

  it("refuses over REST what it refuses over gRPC", async () => {
    const answer = await publishOverRest({ event: { sourceComponent: "A", eventType: "B" } });
    expect([answer.status, answer.json]).toEqual([
      400,
      expect.objectContaining({
        reason: "REQUEST_INVALID",
        fieldViolations: [expect.objectContaining({ field: "event.severity" })],
      }),
    ]);
  });
});
