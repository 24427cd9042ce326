import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Observation, UpdateOutcome } from "../../src/core/trust/observation.js";

const FOLDER = fileURLToPath(new URL("../fixtures/trust/", import.meta.url));

/** What a right implementation makes of a recorded federation. */
export interface ExpectedTrace {
  readonly malicious: readonly number[];
  readonly attack_starts_after_round: number;
  readonly detect_rounds: readonly number[];
  readonly false_exclusion_ever: number;
  readonly mean_trust_honest_end: number;
  readonly mean_trust_malicious_end: number | null;
  readonly tpr: number;
}

export interface TraceRow {
  readonly round: number;
  readonly client: number;
  readonly outcome: UpdateOutcome;
  readonly alignmentRatio?: number;
  readonly normRatio?: number;
}

export const TRACE_NAMES = [
  "iid_none",
  "iid_flip20",
  "dir1_flip20",
  "dir05_flip20",
  "dir1_freeride20",
  "dir1_onoff5",
] as const;

export type TraceName = (typeof TRACE_NAMES)[number];

export function expectedOf(name: TraceName): ExpectedTrace {
  const { scenarios } = JSON.parse(readFileSync(`${FOLDER}expected.json`, "utf8")) as {
    scenarios: Record<TraceName, ExpectedTrace>;
  };
  return scenarios[name];
}

/** The rows of a recording, in its order. */
export function traceRows(name: TraceName): TraceRow[] {
  const text = readFileSync(`${FOLDER}traces/${name}.csv`, "utf8");
  return text
    .trimEnd()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [round, client, outcome, alignment = "", norm = ""] = line.split(",");
      return {
        round: Number(round),
        client: Number(client),
        outcome: outcome as UpdateOutcome,
        ...(alignment === "" ? {} : { alignmentRatio: Number(alignment) }),
        ...(norm === "" ? {} : { normRatio: Number(norm) }),
      };
    });
}

export function clientIdOf(name: string, client: number): string {
  return `${name}-c${String(client).padStart(2, "0")}`;
}

/** The recording as one reporter tells it, round by round. */
export function traceRounds(name: TraceName, reporter = "fl-server"): Observation[][] {
  const rounds: TraceRow[][] = [];
  for (const row of traceRows(name)) (rounds[row.round - 1] ??= []).push(row);
  return rounds.map((rows, index): Observation[] => {
    const round = index + 1;
    const common = { runId: name, round, reporter, observeTimeMs: round * 60_000 };
    return [
      {
        ...common,
        kind: "round_opened",
        selectedClientIds: rows.map(({ client }) => clientIdOf(name, client)),
      },
      ...rows.map(({ client, round: _round, ...update }): Observation => {
        return {
          ...common,
          ...update,
          kind: "update_reported",
          clientId: clientIdOf(name, client),
        };
      }),
      { ...common, kind: "round_closed" },
    ];
  });
}

/** What a trace led to, as `expected.json` counts it. */
export class TraceOutcome {
  private readonly firstExcluded = new Map<number, number>();
  private readonly expected: ExpectedTrace;

  constructor(private readonly name: TraceName) {
    this.expected = expectedOf(name);
  }

  /** @param stateOf - After the round. */
  addRound(round: number, stateOf: (clientId: string) => string): void {
    const start = this.expected.attack_starts_after_round;
    if (round <= start) return;
    for (let client = 0; client < CLIENTS; client += 1) {
      if (this.firstExcluded.has(client)) continue;
      if (stateOf(clientIdOf(this.name, client)) !== "EXCLUDED") continue;
      this.firstExcluded.set(client, round - start);
    }
  }

  /** Beside `expectedFacts`. */
  facts(trustOf: (clientId: string) => number): object {
    const { malicious } = this.expected;
    const everyone = Array.from({ length: CLIENTS }, (_, client) => client);
    const honest = everyone.filter((client) => !malicious.includes(client));
    const excluded = (clients: readonly number[]): number[] =>
      clients.flatMap((client) => this.firstExcluded.get(client) ?? []);
    const meanTrust = (clients: readonly number[]): number | null => {
      const scores = clients.map((client) => trustOf(clientIdOf(this.name, client)));
      return scores.length === 0 ? null : scores.reduce((sum, one) => sum + one) / scores.length;
    };
    return {
      detect_rounds: excluded(malicious).sort((left, right) => left - right),
      false_exclusion_ever: excluded(honest).length / honest.length,
      mean_trust_honest_end: meanTrust(honest),
      mean_trust_malicious_end: meanTrust(malicious),
    };
  }
}

const CLIENTS = 50;
