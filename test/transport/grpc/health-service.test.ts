import { writeFileSync } from "node:fs";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
} from "../../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const SERVICES = [
  "",
  "flopynet.policy.v1.PolicyDecisionService",
  "flopynet.policy.v1.EventService",
  "flopynet.policy.v1.PolicyAdminService",
  "flopynet.policy.v1.TrustService",
  "flopynet.policy.v1.MonitoringService",
];

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

function watch(from: GrpcClient, service = ""): { statuses: unknown[]; ended: Promise<number> } {
  const statuses: unknown[] = [];
  const stream = from.serverStream("grpc.health.v1.Health/Watch", { service });
  stream.on("data", (message: Message) => statuses.push(message["status"]));
  stream.on("error", () => undefined);
  const ended = new Promise<number>((resolve) => {
    stream.on("status", ({ code }: { code: number }) => {
      resolve(code);
    });
  });
  return { statuses, ended };
}

describe("grpc.health.v1.Health", () => {
  it.each(SERVICES)("Check: %j serves while a policy set is active", async (service) => {
    const answer = await client.unary("grpc.health.v1.Health/Check", { service });
    expect(answer).toEqual({ status: "SERVING" });
  });

  it("Check: a service that nobody has is NOT_FOUND", async () => {
    const call = client.unary("grpc.health.v1.Health/Check", { service: "nope" });
    expect(await errorOf(call)).toMatchObject({ code: status.NOT_FOUND });
  });

  it("List: every service", async () => {
    expect(await client.unary("grpc.health.v1.Health/List", {})).toEqual({
      statuses: Object.fromEntries(SERVICES.map((name) => [name, { status: "SERVING" }])),
    });
  });

  it("Watch: a service that nobody has is SERVICE_UNKNOWN, and the stream goes on", async () => {
    const { statuses } = watch(client, "nope");
    await waitFor("a status", () => statuses.length > 0);
    expect(statuses).toEqual(["SERVICE_UNKNOWN"]);
  });

  it("Watch: told of recovery once, and of shutdown, at which it ends at once", async () => {
    const broken = await startTestEngine({ policies: "{" });
    const own = createGrpcClient(broken.grpcPort);
    const { statuses, ended } = watch(own);
    await waitFor("NOT_SERVING", () => statuses.length === 1);
    writeFileSync(broken.policyFile, JSON.stringify(SMALL_POLICY_SET));
    await waitFor("SERVING", () => statuses.length === 2);
    writeFileSync(broken.policyFile, JSON.stringify({ ...SMALL_POLICY_SET, policies: {} }));
    await waitFor("the next set", () => broken.status().policyVersion > 3);
    await broken.stop();
    expect(await ended).toBe(status.OK);
    expect(statuses).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]);
    own.close();
  });
});
