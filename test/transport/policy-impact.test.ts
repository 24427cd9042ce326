import { readFileSync } from "node:fs";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askHttp } from "../support/ask-http.js";
import {
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
  struct,
} from "../support/grpc-client.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const DECISION = "flopynet.policy.v1.PolicyDecisionService/";
const ADMIN = "flopynet.policy.v1.PolicyAdminService/";

let engine: TestEngine;
let client: GrpcClient;

async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET, settings });
  client = createGrpcClient(engine.grpcPort);
}

/** 3 allowed connections and 1 denied one, recorded. */
async function ask(): Promise<void> {
  for (let n = 0; n < 3; n += 1) await connect({ client_id: "client-1" });
  await connect({ dst_port: 23 });
  await waitFor("every decision recorded", async () => (await impact({}))["decided"] === 4);
}

const connect = (more: Message): Promise<Message> =>
  client.unary(`${DECISION}CheckConnection`, { ...ALLOWED_CONNECTION, ...more });

const impact = (request: Message): Promise<Message> =>
  client.unary(`${ADMIN}AnalyzePolicyImpact`, request);

const call = (method: string, request: Message, confirmed?: string): Promise<Message> => {
  const metadata = new Metadata();
  if (confirmed !== undefined) metadata.set("x-confirm-impact", confirmed);
  return client.unary(ADMIN + method, request, { metadata });
};

const DENY_ALL = { id: "stop", type: "network_security", priority: 99 };
const STOP = {
  ...DENY_ALL,
  rules: [{ id: "all", action: "deny", match: struct({ protocol: "any" }) }],
};
const STOP_JSON = {
  ...DENY_ALL,
  rules: [{ id: "all", action: "deny", match: { protocol: "any" } }],
};

afterEach(async () => {
  client.close();
  await engine.stop();
});

describe.each([
  ["memory", {}],
  ["sqlite", { STORAGE: "sqlite" }],
])("AnalyzePolicyImpact, with STORAGE=%s", (_storage, settings) => {
  beforeEach(async () => {
    await open(settings);
    await ask();
  });

  it("says what a new policy would turn, with decisions to look at", async () => {
    const answer = await impact({ policies: [STOP] });
    expect(answer).toMatchObject({
      ...{ decided: 4, flipped: 3 },
      groups: [
        {
          rule: { policy_id: "stop", rule_id: "all", rule_index: 0, action: "deny" },
          from: "ANSWER_KIND_ALLOWED",
          to: "ANSWER_KIND_DENIED_EXPLICIT",
          count: 3,
        },
      ],
    });
    const { decisions } = await client.unary("flopynet.policy.v1.MonitoringService/ListDecisions", {
      allowed: true,
    });
    const [group] = answer["groups"] as { examples: string[] }[];
    expect(group?.examples).toEqual(
      (decisions as { decision_id: string }[]).map(({ decision_id: id }) => id),
    );
  });

  it("says what taking a policy out would turn", async () => {
    expect(await impact({ delete_policy_ids: ["net"] })).toMatchObject({
      flipped: 3,
      groups: [{ rule: { rule_id: "clients-to-server" }, to: "ANSWER_KIND_DENIED_DEFAULT" }],
    });
  });

  it("looks at as many decisions as asked for, the newest", async () => {
    const answer = await impact({ policies: [STOP], max_decisions: 2 });
    expect(answer).toMatchObject({ decided: 2, flipped: 1 });
  });

  it("changes nothing", async () => {
    const before = readFileSync(engine.policyFile, "utf8");
    await impact({ policies: [STOP], delete_policy_ids: ["net"] });
    expect(readFileSync(engine.policyFile, "utf8")).toBe(before);
    expect(engine.status().policyVersion).toBe(3);
  });

  it("answers the same over REST", async () => {
    const body = JSON.stringify({ policies: [STOP_JSON] });
    const headers = { "content-type": "application/json" };
    const line = "POST /v1/policies:analyzeImpact";
    const answer = await askHttp(engine.restPort, line, { headers, body });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      ...{ decided: 4, flipped: 3 },
      groups: [{ rule: { policyId: "stop" }, from: "ANSWER_KIND_ALLOWED", count: 3 }],
    });
  });

  it("names the field of a policy that is refused", async () => {
    const policies = [{ ...STOP, rules: [{ action: "dney" }] }];
    expect(await errorOf(impact({ policies }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: {
        "google.rpc.ErrorInfo": { reason: "POLICY_INVALID" },
        "google.rpc.BadRequest": { field_violations: [{ field: "policies[0].rules[0].action" }] },
      },
    });
  });
});

describe("what DECISION_REDACT keeps out of the record", () => {
  it("is counted as not replayable where a rule asks for it, and only there", async () => {
    await open({ DECISION_REDACT: "client_id" });
    await connect({ client_id: "client-1" });
    await connect({});
    const rule = { action: "deny", match: struct({ client_id: "client-1" }) };
    const asksForClient = { ...DENY_ALL, rules: [rule] };
    await waitFor("every decision recorded", async () => (await impact({}))["decided"] === 2);
    expect(await impact({ policies: [asksForClient] })).toMatchObject({
      ...{ decided: 1, not_replayable: 1 },
    });
    expect(await impact({ policies: [STOP] })).toMatchObject({ decided: 2, flipped: 2 });
  });
});

describe("MAX_FLIPPED_DECISIONS_PERCENT", () => {
  beforeEach(async () => {
    await open({ MAX_FLIPPED_DECISIONS_PERCENT: "50" });
    await ask();
  });

  // prettier-ignore
  const TOO_LARGE: [says: string, method: string, request: Message][] = [
    ["creating",  "CreatePolicy",  { policy: STOP }],
    ["trying to", "CreatePolicy",  { policy: STOP, validate_only: true }],
    ["updating",  "UpdatePolicy",  { policy: { id: "net", type: "other" }, update_mask: { paths: ["type"] } }],
    ["deleting",  "DeletePolicy",  { policy_id: "net" }],
    ["disabling", "DisablePolicy", { policy_id: "net" }],
  ];

  it.each(TOO_LARGE)("%s is refused, and nothing changes", async (_says, method, request) => {
    expect(await errorOf(call(method, request))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      message:
        "3 of 4 recorded decisions would change, more than the 50 % of MAX_FLIPPED_DECISIONS_PERCENT: look at them with AnalyzePolicyImpact, or send `x-confirm-impact: 3` to make the change",
      details: {
        "google.rpc.ErrorInfo": {
          reason: "IMPACT_TOO_LARGE",
          metadata: { flipped: "3", decided: "4", maxFlippedPercent: "50" },
        },
      },
    });
    expect(engine.status().policyVersion).toBe(3);
  });

  it.each(TOO_LARGE)("%s is done when it is confirmed", async (_says, method, request) => {
    expect(await errorOf(call(method, request, "2"))).toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
    await call(method, request, "3");
  });

  it("a change within the limit is made", async () => {
    await call("DisablePolicy", { policy_id: "rounds" });
    expect(engine.status().policyVersion).toBe(4);
  });

  it("enabling and rolling back are guarded too", async () => {
    await call("CreatePolicy", { policy: { ...STOP, enabled: false } });
    const refused = { code: status.FAILED_PRECONDITION };
    const enable = { policy_id: "stop" };
    expect(await errorOf(call("EnablePolicy", enable))).toMatchObject(refused);
    await call("EnablePolicy", enable, "3");
    const rollback = { policy_version: 3 };
    expect(await errorOf(call("RollbackPolicies", rollback))).toMatchObject(refused);
    await call("RollbackPolicies", rollback, "3");
    expect(engine.status().policyVersion).toBe(6);
  });

  it("a confirmation that is no number is refused", async () => {
    expect(await errorOf(call("DeletePolicy", { policy_id: "net" }, "yes"))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: {
        "google.rpc.BadRequest": { field_violations: [{ field: "x-confirm-impact" }] },
      },
    });
  });

  it("is told and confirmed over REST as well", async () => {
    const remove = (headers: Readonly<Record<string, string>>) =>
      askHttp(engine.restPort, "DELETE /v1/policies/net", { headers });
    const refused = await remove({});
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "IMPACT_TOO_LARGE",
      metadata: { flipped: "3" },
    });
    expect((await remove({ "x-confirm-impact": "3" })).status).toBe(200);
  });
});
