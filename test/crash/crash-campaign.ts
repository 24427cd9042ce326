import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { seededRandom } from "../../bench/generate-policies.js";
import { type EngineProcess, startProcess } from "../support/engine-process.js";
import { createGrpcClient, type GrpcClient } from "../support/grpc-client.js";
import { type CampaignState, problemsAfterRestart, problemsAtTheEnd } from "./crash-checks.js";
import { grpcReader, sseReader } from "./crash-readers.js";
import {
  createWriter,
  grpcWriteApi,
  restWriteApi,
  SOURCE,
  writeUntilGone,
} from "./crash-writers.js";

const KILL_POINTS = pathToFileURL(join(import.meta.dirname, "kill-points.mjs")).href;
const POINTS = ["rename", "sync", "commit"] as const;
/** Passings of a point up to which the engine lives: some hundred milliseconds of writing. */
const MOST_PASSINGS = { rename: 40, sync: 80, commit: 150 } as const;
const LONGEST_WRITING_MS = 400;
/** Where a point was not reached, as on a machine that is busy. */
const LATEST_KILL_MS = 1500;
const LATEST_START_KILL_MS = 600;
/** On a machine that has other things to do. */
const LONGEST_START_MS = 300_000;
/** Share of kills, of the others, after the first acknowledged change. */
const LATE_KILLS = 0.8;
/** Share of kills before the engine listens. */
const START_KILLS = 0.15;

/** How often to kill, and what the moments of it are drawn from. */
export interface Campaign {
  readonly kills: number;
  readonly seed: number;
  /** Called with DATA_DIR after every kill: a test of these tests breaks something. */
  readonly afterKill?: (dataDir: string) => void;
}

export interface CampaignResult {
  /** What was promised and not kept; the campaign ends with the first. Empty when all was kept. */
  readonly problems: readonly string[];
  readonly kills: number;
  /** Kills inside the write path, of `kills`. */
  readonly killsAtPoints: number;
  /** What was acknowledged and found again. */
  readonly found: { versions: number; events: number; decisions: number };
}

interface Kill {
  readonly env: Readonly<Record<string, string>>;
  /** After the first change was acknowledged. */
  readonly isLate: boolean;
  readonly isAtStart: boolean;
  readonly afterMs: number;
}

/**
 * Kills one engine again and again, in one DATA_DIR, while clients write over gRPC and REST and
 * others follow the events; after each restart looks for everything that was acknowledged.
 */
export async function crashCampaign(campaign: Campaign): Promise<CampaignResult> {
  const { kills, afterKill } = campaign;
  const random = seededRandom(campaign.seed);
  const folder = mkdtempSync(join(tmpdir(), "flopynet-crash-"));
  const state = newState(folder);
  let killsAtPoints = 0;
  try {
    for (let killed = 0; killed < kills; killed += 1) {
      const kill = nextKill(random, folder);
      const ended = kill.isAtStart
        ? await killAtStart(state, kill)
        : await killWhileWriting(state, kill);
      const { problems } = ended;
      if (problems.length > 0) {
        return { problems, kills: killed, killsAtPoints, found: state.found };
      }
      if (ended.isAtPoint) killsAtPoints += 1;
      afterKill?.(state.dataDir);
    }
    return { problems: await lastLook(state), kills, killsAtPoints, found: state.found };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function newState(folder: string): CampaignState {
  const policyFile = join(folder, "policies", "policies.json");
  mkdirSync(join(folder, "policies"));
  writeFileSync(policyFile, JSON.stringify({ version: 2, policies: {} }));
  return {
    ...{ policyFile, dataDir: join(folder, "data"), sinceMs: Date.now() },
    writers: [createWriter("over-grpc"), createWriter("over-rest")],
    readers: [grpcReader("gRPC"), grpcReader("gRPC, filtered", SOURCE), sseReader("SSE")],
    acknowledged: { versions: [], events: [], decisionIds: [] },
    highestVersion: 0,
    found: { versions: 0, events: 0, decisions: 0 },
  };
}

function nextKill(random: () => number, folder: string): Kill {
  const below = (limit: number): number => Math.floor(random() * limit);
  const isAtStart = random() < START_KILLS;
  const isAtPoint = random() < 0.5;
  const isLate = random() < LATE_KILLS;
  const point = POINTS[below(POINTS.length)] ?? "commit";
  const passings = 1 + below(isAtStart ? 4 : MOST_PASSINGS[point]);
  const when = random() < 0.5 ? "before" : "after";
  const longestMs = isAtStart ? LATEST_START_KILL_MS : LONGEST_WRITING_MS;
  const afterMs = below(longestMs);
  const armed = join(folder, "armed");
  rmSync(armed, { force: true });
  const env = {
    ...{ NODE_OPTIONS: `--import=${KILL_POINTS}`, KILL_ARMED: armed },
    KILL_POINT: `${point}:${when}:${passings}`,
  };
  return {
    ...{ isAtStart, isLate, env: isAtPoint ? env : { KILL_ARMED: armed } },
    afterMs: isAtPoint ? LATEST_KILL_MS : afterMs,
  };
}

function start({ policyFile, dataDir }: CampaignState, env: Kill["env"]): EngineProcess {
  return startProcess({
    ...{ POLICY_FILE: policyFile, DATA_DIR: dataDir, LOG_LEVEL: "error" },
    ...{ DECISION_DURABILITY: "sync", STREAM_BOOKMARK_S: "0.05" },
    ...env,
  });
}

interface End {
  readonly problems: readonly string[];
  /** It ended at its point, not when the time was over. */
  readonly isAtPoint: boolean;
}

/** Kills it, if it has not ended at its point until then. */
async function killAfter(engine: EngineProcess, ms: number): Promise<End> {
  const { child, exited } = engine;
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const end = await exited;
  clearTimeout(timer);
  const problems =
    end === "SIGKILL" ? [] : [`the engine ended by itself (${end}): ${engine.stderr()}`];
  return { problems, isAtPoint: !child.killed };
}

function killAtStart(state: CampaignState, { env, afterMs }: Kill): Promise<End> {
  writeFileSync(String(env["KILL_ARMED"]), "");
  return killAfter(start(state, env), afterMs);
}

async function killWhileWriting(state: CampaignState, kill: Kill): Promise<End> {
  const engine = start(state, kill.env);
  const run = await connect(state, engine);
  try {
    const problems = await problemsAfterRestart(state, run.client);
    if (problems.length > 0) return { problems, isAtPoint: false };
    const [overGrpc, overRest] = state.writers;
    const [grpcApi, restApi] = [grpcWriteApi(run.client), restWriteApi(run.restPort)];
    let writing: Promise<unknown> = Promise.resolve();
    const isWritten = new Promise<void>((resolve) => {
      writing = Promise.all([
        writeUntilGone(overGrpc, grpcApi, state.acknowledged, resolve),
        writeUntilGone(overRest, restApi, state.acknowledged, resolve),
      ]);
    });
    writeFileSync(String(kill.env["KILL_ARMED"]), "");
    // However slow the machine is, most kills come while changes are made.
    if (kill.isLate) await Promise.race([isWritten, engine.exited]);
    const ended = await killAfter(engine, kill.afterMs);
    await writing;
    return ended;
  } finally {
    await run.close();
  }
}

/** After the last kill: what holds after a restart, holds for all there is, and a clean stop is one. */
async function lastLook(state: CampaignState): Promise<readonly string[]> {
  const engine = start(state, {});
  const run = await connect(state, engine);
  try {
    const problems = await problemsAfterRestart(state, run.client);
    if (problems.length > 0) return problems;
    problems.push(...(await problemsAtTheEnd(state, run.client)));
    engine.child.kill("SIGTERM");
    const end = await engine.exited;
    return end === 0 ? problems : [...problems, `a clean stop ended with ${end}`];
  } finally {
    await run.close();
  }
}

async function listening(engine: EngineProcess): ReturnType<EngineProcess["listening"]> {
  try {
    return await engine.listening(LONGEST_START_MS);
  } catch (error) {
    engine.child.kill("SIGKILL");
    throw new Error(`it does not start: ${engine.stderr()} ${engine.stdout()}`, { cause: error });
  }
}

interface Run {
  readonly client: GrpcClient;
  readonly restPort: number;
  /** Hangs up, and ends the engine where it still runs. */
  close(): Promise<void>;
}

async function connect(state: CampaignState, engine: EngineProcess): Promise<Run> {
  const { grpc, rest: restPort } = await listening(engine);
  const client = createGrpcClient(grpc);
  const hangUps = state.readers.map((reader) => reader.connect({ client, restPort }));
  return {
    ...{ client, restPort },
    async close() {
      engine.child.kill("SIGKILL");
      await engine.exited;
      for (const hangUp of hangUps) hangUp();
      client.close();
    },
  };
}
