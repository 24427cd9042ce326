import { describe, expect, it } from "vitest";
import { createTrustFold } from "../../../src/core/trust/fold.js";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { expectedOf, TRACE_NAMES, TraceOutcome, traceRounds } from "../../support/trust-traces.js";

describe("a recorded federation", () => {
  it.each(TRACE_NAMES)("%s: who is excluded when, and how far everybody is trusted", (name) => {
    const fold = createTrustFold();
    const outcome = new TraceOutcome(name);
    for (const [index, observations] of traceRounds(name).entries()) {
      for (const observation of observations) fold.apply(observation, DEFAULT_TRUST_RULES);
      outcome.addRound(index + 1, (clientId) => fold.reading(clientId).state);
    }
    const { detect_rounds, false_exclusion_ever, ...means } = expectedOf(name);
    expect(outcome.facts((clientId) => fold.reading(clientId).trustScore)).toStrictEqual({
      detect_rounds,
      false_exclusion_ever,
      mean_trust_honest_end: near(means.mean_trust_honest_end),
      mean_trust_malicious_end:
        means.mean_trust_malicious_end === null ? null : near(means.mean_trust_malicious_end),
    });
  });
});

/** Within 0.002. */
function near(value: number): unknown {
  return {
    asymmetricMatch: (actual: unknown) =>
      typeof actual === "number" && Math.abs(actual - value) <= 0.002,
    toString: () => `about ${value}`,
  };
}
