import { parameterProblems } from "../core/trust/parameters.js";
import { ATTACKS, SKEWS } from "../core/trust/simulate-profiles.js";
import { type SimulationOptions, simulateTrust } from "../core/trust/simulate.js";
import { type SimulationSummary, summaryOf } from "../core/trust/simulate-summary.js";
import { TRUST_MODEL_NAMES, trustModel } from "../core/trust/trust-model.js";
import { DEFAULT_NEWCOMER_WEIGHT, DEFAULT_TRUST_RULES } from "../core/trust/trust-rules.js";

/** The options of `trust simulate` as they were typed. */
export interface TrustSimulateOptions {
  readonly attack: string;
  readonly share: string;
  readonly skew: string;
  readonly clients: string;
  readonly rounds: string;
  readonly runs: string;
  readonly seed: string;
  readonly startsAfter: string;
  readonly onOffRounds: string;
  readonly dropouts: string;
  readonly late: string;
  readonly newcomerWeight: string;
  readonly registered: boolean;
  readonly model: string;
  /** `NAME=VALUE`, several with commas between. */
  readonly params: string;
  readonly format: "text" | "json";
}

export interface TrustSimulateDeps {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

interface NumberOption {
  readonly flag: string;
  readonly value: string;
  readonly about: string;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

/** THE table of number options: default, range, meaning. */
// prettier-ignore
export const TRUST_SIMULATE_NUMBERS = {
  share: { flag: "--share", value: "0.2", about: "share of clients that attack", least: 0, most: 0.9, whole: false },
  clients: { flag: "--clients", value: "50", about: "clients, all selected in each round", least: 2, most: 1_000, whole: true },
  rounds: { flag: "--rounds", value: "60", about: "rounds", least: 1, most: 1_000, whole: true },
  runs: { flag: "--runs", value: "5", about: "federations to take the mean of", least: 1, most: 100, whole: true },
  seed: { flag: "--seed", value: "1", about: "the same seed gives the same federations", least: 0, most: 2 ** 31 - 1, whole: true },
  startsAfter: { flag: "--starts-after", value: "0", about: "round up to which attackers are honest (25 for late-betrayal)", least: 0, most: 999, whole: true },
  onOffRounds: { flag: "--on-off-rounds", value: "5", about: "rounds on, and as many off, of the attack on-off", least: 1, most: 100, whole: true },
  dropouts: { flag: "--dropouts", value: "0.1", about: "share of updates that do not come", least: 0, most: 1, whole: false },
  late: { flag: "--late", value: "0.05", about: "share of updates that come late", least: 0, most: 1, whole: false },
  newcomerWeight: { flag: "--newcomer-weight", value: String(DEFAULT_NEWCOMER_WEIGHT), about: "weight in PROBATION", least: 0, most: 1, whole: false },
} as const satisfies Partial<Record<keyof TrustSimulateOptions, NumberOption>>;

type NumberName = keyof typeof TRUST_SIMULATE_NUMBERS;

const MOST_UPDATES = 5_000_000;
const BETRAYAL_AFTER_ROUNDS = "25";

/**
 * `trust simulate`: how soon attackers of one kind are excluded, who else is, and what influence is left.
 *
 * @returns The exit code: 0 told, 2 an option is wrong.
 */
export function runTrustSimulate(
  typed: TrustSimulateOptions,
  { write, writeError }: TrustSimulateDeps,
): 0 | 2 {
  const options = simulationOptions(typed);
  if (Array.isArray(options)) {
    writeError(options.join("\n"));
    return 2;
  }
  const summary = summaryOf([...simulateTrust(options)]);
  write(
    typed.format === "json"
      ? JSON.stringify(summaryAsJson(summary), null, 2)
      : simulationText(options, summary),
  );
  return 0;
}

/** What is to be simulated, or everything that is wrong with the options. */
export function simulationOptions(typed: TrustSimulateOptions): SimulationOptions | string[] {
  const problems: string[] = [];
  const numberOf = (name: NumberName): number => {
    const { flag, least, most, whole } = TRUST_SIMULATE_NUMBERS[name];
    const value = typed[name].trim() === "" ? Number.NaN : Number(typed[name]);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? "a whole number" : "a number";
      problems.push(`\`${flag}\` must be ${kind} from ${least} to ${most}, got \`${typed[name]}\``);
    }
    return value;
  };
  const attack = oneOf("--attack", typed.attack, ATTACKS, problems);
  const skew = oneOf("--skew", typed.skew, SKEWS, problems);
  const name = oneOf("--model", typed.model, TRUST_MODEL_NAMES, problems);
  const [clients, rounds, runs] = [numberOf("clients"), numberOf("rounds"), numberOf("runs")];
  if (clients * rounds * runs > MOST_UPDATES) {
    const least = `${MOST_UPDATES.toLocaleString("en-US")} updates`;
    problems.push(
      `\`--clients\` times \`--rounds\` times \`--runs\` is more than ${least}: lower one`,
    );
  }
  const isBetrayal = attack === "late-betrayal" && typed.startsAfter === "0";
  const parameters = parametersOf(typed.params, problems);
  const numbers = {
    seed: numberOf("seed"),
    share: numberOf("share"),
    startsAfterRound: isBetrayal ? Number(BETRAYAL_AFTER_ROUNDS) : numberOf("startsAfter"),
    onOffRounds: numberOf("onOffRounds"),
    dropouts: numberOf("dropouts"),
    late: numberOf("late"),
  };
  const newcomerWeight = numberOf("newcomerWeight");
  if (problems.length > 0) return problems;
  return {
    ...numbers,
    ...{ clients, rounds, runs, attack, skew },
    registered: typed.registered,
    model: trustModel(name, parameters),
    rules: { ...DEFAULT_TRUST_RULES, newcomerWeight },
  };
}

function oneOf<Name extends string>(
  flag: string,
  typed: string,
  names: readonly [Name, ...Name[]],
  problems: string[],
): Name {
  const found = names.find((name) => name === typed);
  if (found !== undefined) return found;
  problems.push(`\`${flag}\` must be one of ${names.join(", ")}, got \`${typed}\``);
  return names[0];
}

function parametersOf(typed: string, problems: string[]): Record<string, number> {
  const set: Record<string, number> = {};
  for (const part of typed.split(",").filter((one) => one.trim() !== "")) {
    const [name = "", value = ""] = part.split("=");
    set[name.trim()] = value.trim() === "" ? Number.NaN : Number(value);
  }
  problems.push(...parameterProblems(set).map((problem) => `\`--params\`: ${problem}`));
  return set;
}

function summaryAsJson(summary: SimulationSummary): object {
  const entries = Object.entries(summary).map(([name, value]): [string, unknown] => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    typeof value === "number" && Number.isNaN(value) ? null : value,
  ]);
  return Object.fromEntries<unknown>(entries);
}

/** The summary for people. */
export function simulationText(options: SimulationOptions, summary: SimulationSummary): string {
  const { clients, rounds, runs, seed, attack, skew, startsAfterRound, model } = options;
  const { attackers, honest } = summary;
  const start = startsAfterRound > 0 ? ` after round ${startsAfterRound}` : "";
  const what =
    attackers > 0 ? `${attackers} of ${clients} clients: ${attack}${start}` : "no attack";
  const heading = `${what}; ${skew}, ${rounds} rounds, ${runs} federations from seed ${seed}, ${model.version}`;
  const attacked: Row[] = [
    ["attackers excluded", percent(summary.detected), afterRounds(summary)],
    ["weight reduced", "", `after ${roundsText(summary.reducedMedianRounds)} (median)`],
    ["F1", summary.f1.toFixed(2), ""],
    ["influence left", percent(summary.influence), `of ${percent(summary.influenceUndefended)}`],
    ["attackers' trust", summary.trustOfAttackers.toFixed(2), "at the end"],
    ["attackers alerted", percent(summary.alertedAttackers), ""],
    ["attackers' names", String(summary.identities), `of ${attackers} attackers`],
  ];
  const spared: Row[] = [
    ["honest excluded", percent(summary.falseExclusion), `at any time, of ${honest}`],
    ["honest trust", summary.trustOfHonest.toFixed(2), "at the end"],
    ["honest alerted", percent(summary.alertedHonest), ""],
  ];
  return [heading, ...(attackers > 0 ? attacked : []).map(rowText), ...spared.map(rowText)].join(
    "\n",
  );
}

type Row = readonly [name: string, value: string, more: string];

function rowText([name, value, more]: Row): string {
  return `  ${name.padEnd(20)}${value.padStart(9)}  ${more}`.trimEnd();
}

function afterRounds({ detectionMedianRounds, detectionP90Rounds }: SimulationSummary): string {
  if (Number.isNaN(detectionMedianRounds)) return "";
  return `after ${roundsText(detectionMedianRounds)} (median), ${detectionP90Rounds} (90 %)`;
}

function roundsText(rounds: number): string {
  if (Number.isNaN(rounds)) return "no number of rounds";
  return rounds === 1 ? "1 round" : `${rounds} rounds`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
