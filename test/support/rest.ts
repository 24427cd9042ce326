import { readFileSync } from "node:fs";
import { askHttp, type Answer } from "./ask-http.js";
import { startTestEngine, type TestEngine } from "./start-engine.js";

/** Text of a fixture of FLOPY-NET: its own policy files, and what was recorded from its server. */
export function flopynetFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/flopynet/${name}`, import.meta.url), "utf8");
}

export type Json = Readonly<Record<string, unknown>>;

/** An answer that is an object, or a list of objects. */
export interface JsonAnswer extends Omit<Answer, "json"> {
  readonly json: Json;
  readonly list: readonly Json[];
}

/** Asks as a client does that has a JSON library. */
export async function askJson(
  engine: Pick<TestEngine, "restPort">,
  line: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<JsonAnswer> {
  const answer = await askHttp(engine.restPort, line, {
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = (answer.json ?? {}) as Json;
  return { ...answer, json, list: (Array.isArray(json) ? json : []) as readonly Json[] };
}

/** An engine in a FLOPY-NET network, with the policies that the original ships. */
export function startFlopynet(): Promise<TestEngine> {
  return startTestEngine({
    policies: flopynetFixture("policies.json"),
    defaults: flopynetFixture("default_policies.json"),
    settings: {
      REST_COMPAT: "flopynet-1.0",
      NODE_IP_FL_SERVER: "192.168.100.10",
      CLIENT_IP_RANGE: "100-255",
      SUBNET_PREFIX: "192.168.100",
    },
  });
}

/** What an FL client sends with every check. */
export const FL_CLIENT = {
  ...{ client_id: "client-1", model: "cnn", dataset: "mnist", timestamp: 1_750_000_000 },
  ...{ signature: "00", cpu_usage: 12.5, memory_usage: 40, available_memory: 4096, disk_usage: 3 },
  ...{ current_hour: 12, client_performance_score: 0.73, client_bandwidth: 93.75 },
  ...{ active_clients: 1, bytes_sent: 1, bytes_recv: 2 },
};
