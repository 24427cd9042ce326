import type { SimulationOptions } from "../../src/core/trust/simulate.js";
import { trustModel } from "../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES } from "../../src/core/trust/trust-rules.js";

/** Ten clients alike, of which two flip labels from the first of 20 rounds on. */
export const options: SimulationOptions = {
  seed: 1,
  runs: 1,
  clients: 10,
  rounds: 20,
  attack: "flip",
  share: 0.2,
  skew: "iid",
  startsAfterRound: 0,
  onOffRounds: 5,
  dropouts: 0,
  late: 0,
  registered: false,
  model: trustModel(),
  rules: DEFAULT_TRUST_RULES,
};
