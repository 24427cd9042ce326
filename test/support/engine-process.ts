import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitFor } from "./wait-for.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface EngineProcess {
  readonly child: ChildProcess;
  /** Everything it printed on standard error so far. */
  stderr(): string;
  /** Everything it logged so far. */
  stdout(): string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Waits until it says where it listens. @throws {Error} If it ends before, or takes too long. */
  listening(timeoutMs?: number): Promise<{ grpc: number; rest: number; metrics: number }>;
}

/**
 * The built engine as a process of its own, on free ports unless `env` says otherwise. A test ends it
 * with a signal.
 */
export function startProcess(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): EngineProcess {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-process-"));
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env["PATH"],
      GRPC_PORT: "0",
      POLICY_PORT: "0",
      METRICS_PORT: "0",
      DATA_DIR: join(folder, "data"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed.err += chunk.toString()));
  let ended = false;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on("close", (code, signal) => {
      ended = true;
      resolve(code ?? signal ?? -1);
    });
  });
  return {
    child,
    stderr: () => printed.err,
    stdout: () => printed.out,
    exited,
    listening: (timeoutMs = 30_000) =>
      waitFor(
        "the engine listens",
        () => {
          const port = (name: string) =>
            Number(new RegExp(`${name} +\\S*:(\\d+)`).exec(printed.err)?.[1]);
          if (/Ctrl-C/.test(printed.err)) {
            return { grpc: port("gRPC"), rest: port("REST"), metrics: port("metrics") };
          }
          if (ended) throw new Error(`it ended: ${printed.err}`);
          return undefined;
        },
        timeoutMs,
      ),
  };
}
