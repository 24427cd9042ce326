import { randomUUID } from "node:crypto";
import { askHttp } from "../support/ask-http.js";
import type { GrpcClient, Message } from "../support/grpc-client.js";

/** What a policy is in these tests: its priority, or that it is not there. */
export type PolicyState = number | "absent";

/** Writes of one kind of client. Each settles when the engine has acknowledged, or rejects. */
export interface WriteApi {
  /** @returns The policy version. */
  create(id: string, priority: number): Promise<number>;
  update(id: string, priority: number): Promise<number>;
  remove(id: string): Promise<number>;
  /** @returns The sequence. */
  publish(eventId: string): Promise<number>;
  /** @returns The decision id. */
  decide(): Promise<string>;
}

/** Everything that was acknowledged since it was last looked at. */
export interface Acknowledged {
  readonly versions: number[];
  readonly events: { readonly eventId: string; readonly sequence: number }[];
  readonly decisionIds: string[];
}

export const SOURCE = "CRASH_TEST";
const TYPE = "crash_test";
const CHECK = { src_type: "fl-client", dst_type: "fl-server", dst_port: 8080, protocol: "tcp" };

const policyOf = (id: string, priority: number) => ({
  ...{ id, priority, type: TYPE, rules: [{ action: "deny", condition: "x > 1" }] },
});
const eventOf = (eventId: string) => ({
  ...{ event_id: eventId, source_component: SOURCE, event_type: "WRITTEN" },
  severity: "EVENT_SEVERITY_INFO",
});

export function grpcWriteApi(client: GrpcClient): WriteApi {
  const admin = (method: string, request: Message): Promise<Message> =>
    client.unary(`flopynet.policy.v1.PolicyAdminService/${method}`, request);
  const versionIn = (answer: Message): number =>
    Number((answer["policy"] as Message)["policy_version"]);
  return {
    create: async (id, priority) =>
      versionIn(await admin("CreatePolicy", { policy: policyOf(id, priority) })),
    update: async (id, priority) =>
      versionIn(await admin("UpdatePolicy", { policy: policyOf(id, priority) })),
    remove: async (id) =>
      Number((await admin("DeletePolicy", { policy_id: id }))["policy_version"]),
    async publish(eventId) {
      const event = eventOf(eventId);
      const answer = await client.unary("flopynet.policy.v1.EventService/PublishEvent", { event });
      return Number((answer["event"] as Message)["sequence"]);
    },
    async decide() {
      const rpc = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";
      return String((await client.unary(rpc, CHECK))["decision_id"]);
    },
  };
}

export function restWriteApi(port: number): WriteApi {
  async function ask(line: string, body?: object): Promise<Record<string, unknown>> {
    const headers = { "content-type": "application/json" };
    const sent = body && { headers, body: JSON.stringify(body) };
    const { status, text, json } = await askHttp(port, line, sent);
    if (status !== 200) throw new Error(`${line}: ${status} ${text}`);
    return json as Record<string, unknown>;
  }
  return {
    create: async (id, priority) =>
      Number((await ask("POST /v1/policies", policyOf(id, priority)))["policyVersion"]),
    update: async (id, priority) =>
      Number((await ask(`PATCH /v1/policies/${id}`, policyOf(id, priority)))["policyVersion"]),
    remove: async (id) => Number((await ask(`DELETE /v1/policies/${id}`))["policyVersion"]),
    async publish(eventId) {
      const { event } = await ask("POST /v1/events", { event: eventOf(eventId) });
      return Number((event as { sequence: string }).sequence);
    },
    decide: async () => String((await ask("POST /v1/connections:check", CHECK))["decisionId"]),
  };
}

/** One client with a policy of its own, and what it knows of that. */
export interface Writer {
  readonly policyId: string;
  /** What the policy is, as far as the engine has acknowledged. */
  known: PolicyState;
  /** What it was last asked to be. */
  tried: PolicyState;
  /** An event that was sent and not acknowledged: it is sent again. */
  unacknowledgedEventId: string | undefined;
}

export const createWriter = (policyId: string): Writer => ({
  ...{ policyId, known: "absent", tried: "absent", unacknowledgedEventId: undefined },
});

/**
 * Writes of every kind at once, each kind one after the other, until the engine is gone.
 *
 * @param onVersion - Called when a change of policy was acknowledged.
 */
export async function writeUntilGone(
  writer: Writer,
  api: WriteApi,
  acknowledged: Acknowledged,
  onVersion: () => void,
): Promise<void> {
  let priority = typeof writer.known === "number" ? writer.known : 0;
  async function changePolicy(): Promise<void> {
    priority += 1;
    // Every seventh state is absence, so that creating and deleting are cut short too.
    writer.tried = priority % 7 === 0 ? "absent" : priority;
    acknowledged.versions.push(await change(api, writer));
    writer.known = writer.tried;
    onVersion();
  }
  async function publish(): Promise<void> {
    const eventId = (writer.unacknowledgedEventId ??= randomUUID());
    acknowledged.events.push({ eventId, sequence: await api.publish(eventId) });
    writer.unacknowledgedEventId = undefined;
  }
  async function decide(): Promise<void> {
    acknowledged.decisionIds.push(await api.decide());
  }
  await Promise.all([changePolicy, publish, decide].map(untilItFails));
}

function change(api: WriteApi, { policyId, known, tried }: Writer): Promise<number> {
  if (tried === "absent") return api.remove(policyId);
  return known === "absent" ? api.create(policyId, tried) : api.update(policyId, tried);
}

async function untilItFails(write: () => Promise<void>): Promise<void> {
  try {
    for (;;) await write();
  } catch {
    // The engine is gone: what stands is looked at after its next start.
  }
}
