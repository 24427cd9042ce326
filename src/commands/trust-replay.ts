import { createTrustFold } from "../core/trust/fold.js";
import type { Observation, UpdateOutcome } from "../core/trust/observation.js";
import { TRUST_MODEL_NAMES, trustModel } from "../core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES } from "../core/trust/trust-rules.js";
import { table } from "./table.js";

const COLUMNS = ["round", "client", "outcome", "alignment_ratio", "norm_ratio"] as const;
const OUTCOMES: readonly string[] = ["COMPLETED", "LATE", "DROPPED", "FAILED", "DECLINED"];

interface Row {
  readonly round: number;
  readonly client: string;
  readonly outcome: UpdateOutcome;
  readonly alignmentRatio?: number;
  readonly normRatio?: number;
}

export interface TrustReplayDeps {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * `trust replay FILE.csv`: what the engine would have made of a recorded federation, with the
 * documented thresholds. Needs no engine.
 *
 * @param text - The file: a header with the columns round, client, outcome, alignment_ratio and
 *   norm_ratio, then a line for each client and round, rounds ascending.
 * @returns The exit code: 0 told, 1 the file is wrong, 2 an option is wrong.
 */
export function replayTrust(
  text: string,
  options: { readonly model: string; readonly format: "text" | "json" },
  { write, writeError }: TrustReplayDeps,
): 0 | 1 | 2 {
  const name = TRUST_MODEL_NAMES.find((known) => known === options.model);
  if (name === undefined) {
    writeError(`\`--model\` must be ${TRUST_MODEL_NAMES.join(" or ")}, got \`${options.model}\``);
    return 2;
  }
  const rows = rowsOf(text);
  if (typeof rows === "string") {
    writeError(rows);
    return 1;
  }
  const fates = fatesOf(rows, trustModel(name));
  write(options.format === "json" ? JSON.stringify(fates, null, 2) : fatesText(fates));
  return 0;
}

interface Fate {
  readonly client: string;
  readonly trust_score: number;
  readonly state: string;
  /** Rounds after which it was EXCLUDED and had not been before. */
  readonly excluded_after: readonly number[];
}

function fatesOf(rows: readonly Row[], model: ReturnType<typeof trustModel>): readonly Fate[] {
  const fold = createTrustFold(model);
  const rounds = new Map<number, Row[]>();
  for (const row of rows) rounds.set(row.round, [...(rounds.get(row.round) ?? []), row]);
  const clients = [...new Set(rows.map(({ client }) => client))];
  const exclusions = new Map<string, number[]>(clients.map((client) => [client, []]));
  for (const [round, ofRound] of rounds) {
    for (const observation of observationsOf(round, ofRound)) {
      const { changes } = fold.apply(observation, DEFAULT_TRUST_RULES);
      for (const { clientId, after } of changes) {
        if (after === "EXCLUDED") exclusions.get(clientId)?.push(round);
      }
    }
  }
  return clients.map((client) => {
    const { trustScore, state } = fold.reading(client);
    const excluded = exclusions.get(client) ?? [];
    return { client, trust_score: trustScore, state, excluded_after: excluded };
  });
}

function observationsOf(round: number, rows: readonly Row[]): readonly Observation[] {
  const common = { runId: "replay", round, reporter: "replay", observeTimeMs: 0 };
  const selectedClientIds = rows.map(({ client }) => client);
  return [
    { ...common, kind: "round_opened", selectedClientIds },
    ...rows.map(({ client, round: _round, ...update }): Observation => {
      return { ...common, ...update, kind: "update_reported", clientId: client };
    }),
    { ...common, kind: "round_closed" },
  ];
}

function fatesText(fates: readonly Fate[]): string {
  const excluded = fates.filter(({ excluded_after }) => excluded_after.length > 0).length;
  const rows = fates.map(({ client, trust_score, state, excluded_after }) => [
    client,
    `trust ${trust_score.toFixed(3)}`,
    state,
    excluded_after.length === 0 ? "" : `excluded after round ${excluded_after.join(", ")}`,
  ]);
  return `${table(rows)}\n${fates.length} clients, ${excluded} of them excluded at some time`;
}

/** The rows of a file, or what is wrong with it and where. */
function rowsOf(text: string): readonly Row[] | string {
  const [header = "", ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(",").map((name) => name.trim());
  const missing = COLUMNS.find((column) => !names.includes(column));
  if (missing !== undefined) return `line 1: there is no column \`${missing}\`: ${header}`;
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    const cell = (column: (typeof COLUMNS)[number]): string => cells[names.indexOf(column)] ?? "";
    const row = rowOf(cell);
    const at = `line ${index + 2}`;
    if (typeof row === "string") return `${at}: ${row}`;
    if (row.round < (rows.at(-1)?.round ?? 1)) return `${at}: round ${row.round} goes back`;
    const key = `${row.round} ${row.client}`;
    if (seen.has(key)) return `${at}: client \`${row.client}\` is in round ${row.round} twice`;
    seen.add(key);
    rows.push(row);
  }
  return rows.length === 0 ? "there is no row" : rows;
}

function rowOf(cell: (column: (typeof COLUMNS)[number]) => string): Row | string {
  const [round, client, outcome] = [Number(cell("round")), cell("client"), cell("outcome")];
  if (!(Number.isInteger(round) && round >= 1)) return `\`round\` must be a whole number from 1`;
  if (client === "") return "`client` must be given";
  if (!OUTCOMES.includes(outcome)) return `\`outcome\` must be one of ${OUTCOMES.join(", ")}`;
  const alignmentRatio = ratioOf(cell("alignment_ratio"), -1, 1.5);
  const normRatio = ratioOf(cell("norm_ratio"), 0, Number.MAX_VALUE);
  if (alignmentRatio === "wrong") return "`alignment_ratio` must be from -1 to 1.5, or empty";
  if (normRatio === "wrong") return "`norm_ratio` must be at least 0, or empty";
  return {
    ...{ round, client, outcome: outcome as UpdateOutcome },
    ...(alignmentRatio !== undefined && { alignmentRatio }),
    ...(normRatio !== undefined && { normRatio }),
  };
}

function ratioOf(text: string, least: number, most: number): number | undefined | "wrong" {
  if (text === "") return undefined;
  const ratio = Number(text);
  return ratio >= least && ratio <= most ? ratio : "wrong";
}
