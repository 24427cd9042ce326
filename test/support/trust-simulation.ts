import {
  runTrustSimulate,
  TRUST_SIMULATE_NUMBERS,
  type TrustSimulateOptions,
} from "../../src/commands/trust-simulate.js";

/** The options of `trust simulate` when nothing is typed. */
export const SIMULATION_DEFAULTS: TrustSimulateOptions = {
  ...(Object.fromEntries(
    Object.entries(TRUST_SIMULATE_NUMBERS).map(([name, { value }]) => [name, value]),
  ) as Record<keyof typeof TRUST_SIMULATE_NUMBERS, string>),
  attack: "flip",
  skew: "iid",
  registered: false,
  model: "flopynet-coupled-1",
  params: "",
  format: "text",
};

export interface Told {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

export function simulate(options: Partial<TrustSimulateOptions>): Told {
  let [output, error] = ["", ""];
  const exitCode = runTrustSimulate(
    { ...SIMULATION_DEFAULTS, ...options },
    { write: (text) => (output += text), writeError: (text) => (error += text) },
  );
  return { exitCode, output, error };
}

/** What is simulated, as numbers; null where there is none. */
export function simulated(
  options: Partial<TrustSimulateOptions>,
): Readonly<Record<string, number | null>> {
  const { output } = simulate({ ...options, format: "json" });
  return JSON.parse(output) as Record<string, number | null>;
}
