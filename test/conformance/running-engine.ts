import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEngineClient, EngineError } from "../../src/adapters/engine-client/engine-client.js";
import { startTestEngine } from "../support/start-engine.js";
import { type Given, policyTexts } from "./conformance-case.js";
import { askRest } from "./rest-asker.js";
import { toldAnswer } from "./told.js";
import { type Asker, checkOf } from "./ways-to-ask.js";

/** A running engine with the settings of some case files, over real sockets. */
export interface ConformanceEngine {
  readonly grpc: Asker;
  readonly rest: Asker;
  /** Writes the files and reloads. @returns The places of the errors; none where the set is active. */
  load(given: Given): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Engines by their settings: starting one is the cost of a case, so files with equal settings share. */
export function createEngines(): {
  with(settings: Given["settings"]): Promise<ConformanceEngine>;
  stop(): Promise<void>;
} {
  const engines = new Map<string, Promise<ConformanceEngine>>();
  return {
    with: (settings) => {
      const key = JSON.stringify(settings);
      const running = engines.get(key) ?? start(settings);
      engines.set(key, running);
      return running;
    },
    stop: async () => {
      for (const engine of engines.values()) await (await engine).stop();
    },
  };
}

async function start(settings: Given["settings"]): Promise<ConformanceEngine> {
  const engine = await startTestEngine({ policies: { policies: [] }, functions: [], settings });
  const client = createEngineClient({ address: `127.0.0.1:${engine.grpcPort}` });
  const defaultsFile = join(engine.folder, "default_policies.json");
  return {
    grpc: {
      ask: async (when, { explain }) => {
        const check = checkOf(when, explain);
        try {
          return toldAnswer(
            "policyType" in check
              ? await client.checkPolicy(check)
              : await client.checkConnection(check),
          );
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          return { refused: fieldsIn(error.message) };
        }
      },
    },
    rest: { ask: (when, options) => askRest(engine.restPort, when, options) },
    load: async (given) => {
      const { main, defaults } = policyTexts(given);
      if (defaults === undefined) rmSync(defaultsFile, { force: true });
      else writeFileSync(defaultsFile, defaults);
      rmSync(engine.functionsFolder, { recursive: true });
      mkdirSync(engine.functionsFolder);
      for (const [index, definition] of given.functions.entries()) {
        const file = join(engine.functionsFolder, `${index}.json`);
        writeFileSync(file, JSON.stringify(definition));
      }
      writeFileSync(engine.policyFile, main);
      return reload(engine.restPort);
    },
    stop: async () => {
      client.close();
      await engine.stop();
    },
  };
}

async function reload(port: number): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/policies:reload`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const answer = (await response.json()) as {
    readonly reason?: string;
    readonly fieldViolations?: readonly { readonly field: string }[];
  };
  if (response.status === 200) return [];
  if (answer.reason === "POLICY_INVALID" && answer.fieldViolations) {
    return answer.fieldViolations.map(({ field }) => field);
  }
  throw new Error(`HTTP ${response.status}: ${JSON.stringify(answer)}`);
}

/** The message of a refusal is `field rule; field rule`. */
function fieldsIn(message: string): string[] {
  const [, fields = ""] = /refused: (.*) \(INVALID_ARGUMENT\)$/.exec(message) ?? [];
  return fields.split("; ").map((part) => part.split(" ")[0] ?? "");
}
