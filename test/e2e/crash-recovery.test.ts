import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { DecisionPosition } from "../../src/application/ports/decision-log.js";
import type { StoredEvent } from "../../src/application/ports/event-log.js";
import { anyDecision } from "../contract/decision-log.contract.js";
import { aDataDir, aStore } from "../support/sqlite.js";

const WRITER = fileURLToPath(new URL("../support/crash-writer.ts", import.meta.url));
/** Kills in one run; more when asked for. */
const KILLS = Number(process.env["CRASH_KILLS"] ?? "8");
const SECONDS_PER_KILL = 30;

type Store = Awaited<ReturnType<typeof aStore>>;

/** Lets a process write, kills it at a random moment, and gives what was acknowledged. */
function killedWriter(dataDir: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  let killer: NodeJS.Timeout | undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    killer ??= setTimeout(() => child.kill("SIGKILL"), Math.random() * 400);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (_code, signal) => {
      clearTimeout(killer);
      if (signal === "SIGKILL") resolve(said.split("\n").slice(0, -1));
      else reject(new Error("the writer ended by itself"));
    });
  });
}

async function allEvents({ eventLog }: Store): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  while ((events.at(-1)?.sequence ?? 0) < eventLog.newestSequence()) {
    events.push(...(await eventLog.read(events.at(-1)?.sequence ?? 0, 1000)));
  }
  return events;
}

async function allDecisions({ decisionLog }: Store): Promise<Set<string>> {
  const ids = new Set<string>();
  let after: DecisionPosition | undefined;
  do {
    const page = await decisionLog.list({ ...anyDecision, limit: 1000, ...(after && { after }) });
    for (const { decisionId } of page.decisions) ids.add(decisionId);
    after = page.next;
  } while (after);
  return ids;
}

/** What was acknowledged and is not there, or is there only in part. */
async function missingIn(store: Store, acknowledged: readonly string[]): Promise<string[]> {
  const events = await allEvents(store);
  const decisions = await allDecisions(store);
  const versions = await store.history.list({ limit: 1_000_000 });
  const kept = new Set([
    ...events.map(({ sequence, eventId }) => `event ${sequence} ${eventId}`),
    ...[...decisions].map((id) => `decision ${id}`),
    ...versions.map(({ policyVersion }) => `version ${policyVersion}`),
  ]);
  const told = events.filter(({ eventType }) => eventType === "POLICY_UPDATED");
  const halves = versions.length === told.length ? [] : ["a version without its event"];
  const holes = events.filter(({ sequence }, index) => sequence !== index + 1);
  return [
    ...acknowledged.filter((line) => !kept.has(line)),
    ...holes.map(({ sequence }) => `a hole before event ${sequence}`),
    ...halves,
  ];
}

it(
  `loses nothing that was acknowledged, and keeps no half, over ${KILLS} kills`,
  async () => {
    const dataDir = aDataDir();
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      acknowledged.push(...(await killedWriter(dataDir)));
      const store = await aStore(dataDir);
      // Its structure was checked when it was opened: a damaged one would have been set aside.
      expect(store.storage.opened.setAside).toBeUndefined();
      expect(await missingIn(store, acknowledged)).toEqual([]);
      await store.storage.close();
    }
    for (const kind of ["event", "decision", "version"]) {
      expect(acknowledged.some((line) => line.startsWith(kind))).toBe(true);
    }
  },
  KILLS * SECONDS_PER_KILL * 1000,
);
