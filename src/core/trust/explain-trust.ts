import { factorMean, PARTICIPATION } from "./accumulator.js";
import type { ClientStates } from "./client-states.js";
import { evaluateClient } from "./close-round.js";
import type { RoundEvidence } from "./evidence.js";
import type { StateForecast, TrustCounterfactual, TrustExplanation } from "./trust-explanation.js";
import { FACTOR_NAMES, type TrustState } from "./trust-reading.js";
import type { TrustRules } from "./trust-rules.js";
import { excludeClient } from "./trust-state.js";

const MOST_ROUNDS = 1_000;

/** PROBATION is left upwards to ACTIVE and downwards to EXCLUDED, as REDUCED is. */
const RANK: Readonly<Record<TrustState, number>> = {
  EXCLUDED: 0,
  REDUCED: 1,
  PROBATION: 1,
  ACTIVE: 2,
};

const GOOD_ROUND: RoundEvidence = {
  outcome: "COMPLETED",
  alignmentRatio: 1,
  normRatio: 1,
  maxPairwise: Number.NaN,
  violations: [],
  timeMs: Number.NaN,
};
const BAD_ROUND: RoundEvidence = { ...GOOD_ROUND, alignmentRatio: -1 };
/** Under secure aggregation nobody sees the ratios: there, who is good comes, and who is bad does not. */
const GOOD_ROUND_UNSEEN = {
  ...GOOD_ROUND,
  alignmentRatio: Number.NaN,
  normRatio: Number.NaN,
};
const BAD_ROUND_UNSEEN: RoundEvidence = { ...GOOD_ROUND_UNSEEN, outcome: "DROPPED" };

/** Explains a known client's score from its record alone. */
export function explainTrust(
  states: ClientStates,
  client: number | undefined,
  rules: TrustRules,
): TrustExplanation {
  const record = states.copyOf(client);
  const { model } = states;
  const { prior } = record;
  const contributions = FACTOR_NAMES.map((factor, index) => ({
    factor,
    contribution: (model.weights[index] ?? 0) * (factorMean(record, model, index) - prior),
  }));
  const unseen = record.good(PARTICIPATION) > 0 && record.updatesKept === 0;
  const better = forecast(states, client, rules, unseen ? GOOD_ROUND_UNSEEN : GOOD_ROUND, 1);
  const worse = forecast(states, client, rules, unseen ? BAD_ROUND_UNSEEN : BAD_ROUND, -1);
  const counterfactual: TrustCounterfactual = {
    ...(better && { better }),
    ...(worse && { worse }),
  };
  return { prior, contributions, counterfactual };
}

/** Tries it out: rounds of one kind in a row, until the state is another of that direction. */
function forecast(
  states: ClientStates,
  client: number | undefined,
  rules: TrustRules,
  evidence: RoundEvidence,
  direction: 1 | -1,
): StateForecast | undefined {
  const record = states.copyOf(client);
  if (record.state === (direction > 0 ? "ACTIVE" : "EXCLUDED")) return undefined;
  const start = RANK[record.state];
  for (let rounds = 1; rounds <= MOST_ROUNDS; rounds += 1) {
    const at = { rules, run: record.run, round: record.round };
    const { wished } = evaluateClient(states, record, at, evidence);
    if (wished) excludeClient(record, rules);
    if ((RANK[record.state] - start) * direction > 0) return { state: record.state, rounds };
  }
  return undefined;
}
