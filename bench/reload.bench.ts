import { credentials } from "@grpc/grpc-js";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PolicyDecisionServiceClient } from "../src/gen/flopynet/policy/v1/decision_service.js";
import { seededRandom, typedSet } from "./generate-policies.js";
import { CHECK } from "./questions.js";
import type { ReloadServerAnswer, ReloadServerReady } from "./reload-server.js";

const RULES = 10_000;
const RELOADS = 4;
const IN_FLIGHT = 4;
/** Between two checks of one asker: the load is constant, and far from what the engine can take. */
const PAUSE_MS = 2;

/** The worst that a check meets while 10,000 rules are replaced, beside the same without a reload. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-bench-"));
  const file = join(folder, "policies.json");
  const texts = [policyText(1), policyText(2)];
  writeFileSync(file, texts[0] ?? "");
  const server = await startServer(file);
  const client = new PolicyDecisionServiceClient(
    `127.0.0.1:${server.port}`,
    credentials.createInsecure(),
  );
  try {
    await underLoad(client, () => sleep(2_000)); // Compiled by now.
    await server.ask();
    const start = performance.now();
    const reloading = await underLoad(client, async () => {
      for (let version = 2; version <= RELOADS + 1; version += 1) {
        writeFileSync(`${file}.new`, texts[(version - 1) % 2] ?? "");
        renameSync(`${file}.new`, file);
        while ((await server.ask({ keep: true })).policyVersion < version) await sleep(50);
      }
    });
    const durationMs = performance.now() - start;
    const during = await server.ask();
    const still = await underLoad(client, () => sleep(durationMs));
    const beside = await server.ask();
    const facts = {
      rules: RULES,
      reloads: RELOADS,
      seconds: Math.round(durationMs / 1_000),
      with_reloads: { ...reloading, ...delays(during) },
      without: { ...still, ...delays(beside) },
    };
    print(JSON.stringify(facts, null, 2));
    return facts;
  } finally {
    client.close();
    server.process.kill("SIGTERM");
    rmSync(folder, { recursive: true });
  }
}

function delays({ policyVersion: _version, ...facts }: ReloadServerAnswer): object {
  return facts;
}

/** Asks constantly while `work` runs. */
async function underLoad(
  client: PolicyDecisionServiceClient,
  work: () => Promise<void>,
): Promise<{ readonly checks: number; readonly worst_check_ms: number; readonly p99_ms: number }> {
  const tookMs: number[] = [];
  let running = true;
  const asker = async (): Promise<void> => {
    while (running) {
      const start = performance.now();
      await new Promise<void>((resolve, reject) => {
        client.checkConnection(CHECK, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      tookMs.push(performance.now() - start);
      await sleep(PAUSE_MS);
    }
  };
  const askers = Array.from({ length: IN_FLIGHT }, asker);
  await work();
  running = false;
  await Promise.all(askers);
  tookMs.sort((left, right) => left - right);
  return {
    checks: tookMs.length,
    worst_check_ms: rounded(tookMs.at(-1) ?? Number.NaN),
    p99_ms: rounded(tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN),
  };
}

function policyText(seed: number): string {
  const random = seededRandom(seed);
  const { matches } = typedSet({ rules: RULES, meanMatches: 3, contexts: 0, random });
  const rules = matches.map((match, index) => ({
    id: `rule-${index}`,
    action: index % 2 === 0 ? "allow" : "deny",
    match,
    ...(index % 3 === 0 && {
      condition: "dst_port > least",
      parameters: { least: index },
    }),
  }));
  const policies = Object.fromEntries(
    Array.from({ length: 100 }, (_, policy) => [
      `policy-${policy}`,
      {
        type: "network_security",
        combining: "DENY_OVERRIDES",
        rules: rules.filter((_, index) => index % 100 === policy),
      },
    ]),
  );
  return JSON.stringify({ policies }, null, 2);
}

interface ReloadServer {
  readonly process: ChildProcess;
  readonly port: number;
  /** What the engine saw since it was asked last; with `keep` it goes on counting. */
  ask(options?: { readonly keep: boolean }): Promise<ReloadServerAnswer>;
}

/** A process of its own, so that what is measured is not the measuring. */
async function startServer(file: string): Promise<ReloadServer> {
  const script = fileURLToPath(new URL("reload-server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <Answer>(): Promise<Answer> => {
    for (;;) {
      const line = await lines.next();
      if (line.done === true) throw new Error("the engine ended");
      if (!line.value.startsWith('{"bench"')) continue;
      return (JSON.parse(line.value) as { bench: Answer }).bench;
    }
  };
  const { port } = await answer<ReloadServerReady>();
  return {
    process: child,
    port,
    ask({ keep } = { keep: false }) {
      child.stdin.write(keep ? "look\n" : "take\n");
      return answer<ReloadServerAnswer>();
    },
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
