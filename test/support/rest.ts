import { readFileSync } from "node:fs";
import { askHttp, type Answer } from "./ask-http.js";
import type { TestEngine } from "./start-engine.js";

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
