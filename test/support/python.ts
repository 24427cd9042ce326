import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const MINIMUM = "import sys; sys.exit(sys.version_info < (3, 11))";

/** Whether the clients of `test/e2e/clients` can run here; with PYTHON_TESTS=required they must. */
export const HAS_PYTHON = spawnSync("python3", ["-c", MINIMUM]).status === 0;
if (!HAS_PYTHON) {
  const message = "python: skipped (python3 of at least 3.11 is not installed)";
  if (process.env["PYTHON_TESTS"] === "required") throw new Error(message);
  console.warn(message);
}

export interface PythonClient {
  /** What it printed so far, a JSON document on each line. */
  readonly heard: () => readonly Readonly<Record<string, unknown>>[];
  /** Ends its standard input, and so the client. @throws {Error} What it printed on standard error. */
  stop(): Promise<void>;
}

/** A client of `test/e2e/clients`, running. */
export function startPythonClient(name: string, args: readonly string[]): PythonClient {
  const file = fileURLToPath(new URL(`../e2e/clients/${name}`, import.meta.url));
  const child = spawn("python3", [file, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed.err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  return {
    heard: () =>
      printed.out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    async stop() {
      child.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${printed.err}`);
    },
  };
}
