import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../src/application/ports/log.js";
import { loadConfig } from "../../src/config/load-config.js";
import { type RunningEngine, startEngine } from "../../src/engine.js";

export interface TestEngine extends RunningEngine {
  /** The first REST port. */
  readonly restPort: number;
  /** Folder with `policies.json`; removed by `stop`. */
  readonly folder: string;
  readonly policyFile: string;
  /** Where functions were given: `0.json`, `1.json`, ... */
  readonly functionsFolder: string;
  /** Lines of the log so far. */
  readonly logLines: readonly string[];
}

export interface TestEngineOptions {
  /** A document, or the text of one. Absent: there is no policy file. */
  readonly policies?: unknown;
  readonly defaults?: unknown;
  /** Policy functions, each a document. Absent: there is no folder of them. */
  readonly functions?: readonly unknown[];
  /** As in the environment; free ports and STORAGE=memory unless given. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The real engine in this process, on free ports of loopback, with policy files of its own. */
export async function startTestEngine(options: TestEngineOptions): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-policy-"));
  const policyFile = join(folder, "policies.json");
  if (options.policies !== undefined) writeFileSync(policyFile, textOf(options.policies));
  if (options.defaults !== undefined) {
    writeFileSync(join(folder, "default_policies.json"), textOf(options.defaults));
  }
  const functionsFolder = join(folder, "functions");
  if (options.functions) mkdirSync(functionsFolder);
  for (const [index, definition] of (options.functions ?? []).entries()) {
    writeFileSync(join(functionsFolder, `${index}.json`), textOf(definition));
  }
  const { settings } = loadConfig({
    argv: [],
    env: {
      GRPC_PORT: "0",
      POLICY_PORT: "0",
      METRICS_PORT: "0",
      STORAGE: "memory",
      POLICY_FILE: policyFile,
      DATA_DIR: join(folder, "data"),
      ...(options.functions && { POLICY_FUNCTIONS_DIR: functionsFolder }),
      ...options.settings,
    },
    readFile: () => "{}",
  });
  const logLines: string[] = [];
  const engine = await startEngine({ settings, log: linesInto(logLines) });
  return {
    ...engine,
    restPort: engine.restPorts[0] ?? 0,
    ...{ folder, policyFile, functionsFolder, logLines },
    stop: async () => {
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function textOf(document: unknown): string {
  return typeof document === "string" ? document : JSON.stringify(document);
}

function linesInto(lines: string[]): Log {
  const at = (level: string) => (facts: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(facts)}`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
