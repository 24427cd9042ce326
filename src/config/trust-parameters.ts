import { parameterProblems, type TrustParameters } from "../core/trust/parameters.js";

/** What an operator sets of trust. */
export interface TrustSettings {
  /** Of the model; absent: its default. */
  readonly model?: Partial<TrustParameters>;
  /** Weight of a client in PROBATION, 0 to 1. */
  readonly newcomerWeight?: number;
  /** Fewest selected clients that exclusions leave; absent: half of them, and at least 2. */
  readonly minCohort?: number;
}

/**
 * Reads parameters by name (`prior_weight`, `newcomer_weight`, ...).
 *
 * @returns With problems, each of which names the parameter, the settings mean nothing.
 */
export function readTrustParameters(text: string): {
  readonly settings: TrustSettings;
  readonly problems: readonly string[];
} {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { settings: {}, problems: ["must be JSON"] };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { settings: {}, problems: ['must be an object, such as {"newcomer_weight": 0.5}'] };
  }
  const named = Object.entries(given).map(([name, value]) => [camelCase(name), value] as const);
  const { newcomerWeight, minCohort, ...model } = Object.fromEntries<unknown>(named);
  const problems = [...parameterProblems(model)];
  if (newcomerWeight !== undefined && !isBetween(newcomerWeight, 0, 1)) {
    problems.push("`newcomerWeight` must be a number from 0 to 1");
  }
  if (
    minCohort !== undefined &&
    !(isBetween(minCohort, 0, 100_000) && Number.isInteger(minCohort))
  ) {
    problems.push("`minCohort` must be a whole number from 0 to 100000");
  }
  return {
    settings: {
      ...(Object.keys(model).length > 0 && { model: model }),
      ...(typeof newcomerWeight === "number" && { newcomerWeight }),
      ...(typeof minCohort === "number" && { minCohort }),
    },
    problems: problems.map((problem) => problem.replaceAll(/`[A-Za-z]+`/g, snakeCase)),
  };
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
