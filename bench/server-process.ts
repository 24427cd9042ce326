import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * Starts a server under test, a process of its own, so that what is measured is not the measuring.
 *
 * @param names - The ports that the script prints, as one line of JSON.
 * @param args - Of the script.
 */
export async function startServer<Name extends string>(
  script: string,
  names: readonly Name[],
  args: readonly string[] = [],
): Promise<{ server: ChildProcess; ports: Readonly<Record<Name, number>> }> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const built = fileURLToPath(new URL("use-built.mjs", import.meta.url));
  const server = spawn(process.execPath, ["--import", "tsx", "--import", built, file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    if (names.every((name) => line.includes(`"${name}"`))) {
      return { server, ports: JSON.parse(line) as Record<Name, number> };
    }
  }
  throw new Error(`${script} ended before it said where it listens`);
}
