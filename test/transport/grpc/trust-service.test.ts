import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { errorOf, type Message } from "../../support/grpc-client.js";
import {
  EVERYONE,
  named,
  observationMessage,
  roundMessages,
  useTrustEngine,
  WITH_FLIPPER,
} from "../../support/trust-service.js";
import {
  clientIdOf,
  expectedOf,
  TRACE_NAMES,
  TraceOutcome,
  traceRounds,
} from "../../support/trust-traces.js";

const engine = useTrustEngine();

describe("recorded federations", () => {
  it.each(TRACE_NAMES)("%s: come out as they should", async (name) => {
    const outcome = new TraceOutcome(name);
    const ids = Array.from({ length: 50 }, (_, client) => clientIdOf(name, client));
    let last = new Map<string, Message>();
    for (const [index, observations] of traceRounds(name).entries()) {
      const answer = await engine.report(observations.map(observationMessage));
      expect(answer).toEqual({ accepted: observations.length });
      const answers = await Promise.all(ids.map((id) => engine.trustOf(id)));
      last = new Map(answers.map((one) => [String(one["client_id"]), one]));
      outcome.addRound(index + 1, (id) =>
        String(last.get(id)?.["state"]).slice("TRUST_STATE_".length),
      );
    }
    const { detect_rounds, false_exclusion_ever, mean_trust_honest_end } = expectedOf(name);
    const facts = outcome.facts((id) => Number(last.get(id)?.["trust_score"])) as {
      mean_trust_honest_end: number;
    };
    expect(facts).toMatchObject({ detect_rounds, false_exclusion_ever });
    expect(Math.abs(facts.mean_trust_honest_end - mean_trust_honest_end)).toBeLessThanOrEqual(
      0.002,
    );
  });
});

describe("EvaluateTrust", () => {
  it("answers the prior for a client never heard of", async () => {
    expect(await engine.trustOf("nobody")).toMatchObject({
      ...{ client_id: "nobody", trust_score: 0.5, state: "TRUST_STATE_PROBATION" },
      ...{ weight_multiplier: 0.5, trust_model: "flopynet-coupled-1" },
      factors: [{ weight: 0.3 }, { weight: 0.3 }, { weight: 0.2 }, { weight: 0.2 }],
    });
  });

  it("answers the raw result of the rules beside the state", async () => {
    const { run, id } = engine.aRun();
    await engine.report(roundMessages(run, 1, named(WITH_FLIPPER, id)));
    await engine.report(roundMessages(run, 2, named(WITH_FLIPPER, id)));
    const answer = await engine.trustOf(id("a"));
    expect(answer["state"]).toBe("TRUST_STATE_PROBATION");
    expect(answer["matched_rules"]).toMatchObject([
      { action: "exclude_client", rule: { policy_id: "trust", rule_id: "0" } },
      { action: "weight_reduction", rule: { policy_id: "trust", rule_id: "1" } },
    ]);
  });

  it("explains: contributions that add up, what they rest on, and what would change the state", async () => {
    const { run, id } = engine.aRun();
    for (const round of [1, 2, 3])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
    const answer = await engine.trustOf(id("a"), { explain: true });
    const contributions = answer["contributions"] as { contribution: number }[];
    const sum = contributions.reduce((total, { contribution }) => total + contribution, 0.5);
    expect(sum).toBeCloseTo(Number(answer["trust_score"]), 12);
    expect(contributions[1]).toMatchObject({
      factor: "update_quality",
      observations: [3, 2, 1].map((round) => ({ round, update_reported: { alignment_ratio: -1 } })),
    });
    expect(answer["counterfactual"]).toMatchObject({ better_state: "TRUST_STATE_REDUCED" });
    const { good_rounds } = answer["counterfactual"] as { good_rounds: number };
    for (let round = 4; round < 4 + good_rounds - 1; round += 1) {
      await engine.report(roundMessages(run, round, named(EVERYONE, id)));
    }
    expect(await engine.stateOf(id("a"))).toBe("TRUST_STATE_EXCLUDED");
    await engine.report(roundMessages(run, 3 + good_rounds, named(EVERYONE, id)));
    expect(await engine.stateOf(id("a"))).toBe("TRUST_STATE_REDUCED");
  });

  it("answers as of a round what it answered then", async () => {
    const { run, id } = engine.aRun();
    const then: Message[] = [];
    for (const round of [1, 2, 3, 4]) {
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
      then.push(await engine.trustOf(id("a")));
    }
    for (const [index, answer] of then.entries()) {
      const asOf = { as_of_round: index + 1, run_id: run };
      expect(await engine.trustOf(id("a"), asOf)).toEqual(answer);
    }
    const prior = await engine.trustOf(id("never-selected"), { as_of_round: 2, run_id: run });
    expect(prior).toMatchObject({ trust_score: 0.5, client_id: id("never-selected") });
  });

  it("explains as of a round as it explained then, checkpoint or not", async () => {
    const { run, id } = engine.aRun();
    const then: Message[] = [];
    for (let round = 1; round <= 13; round += 1) {
      const clients = round < 6 ? WITH_FLIPPER : EVERYONE;
      await engine.report(roundMessages(run, round, named(clients, id)));
      then.push(await engine.trustOf(id("a"), { explain: true }));
    }
    for (const [index, answer] of then.entries()) {
      const asOf = { as_of_round: index + 1, run_id: run, explain: true };
      expect(await engine.trustOf(id("a"), asOf)).toEqual(answer);
    }
    const stranger = { as_of_round: 2, run_id: run, explain: true };
    expect(await engine.trustOf(id("never-selected"), stranger)).toMatchObject({
      counterfactual: { better_state: "TRUST_STATE_ACTIVE", good_rounds: 5 },
    });
  });

  // prettier-ignore
  it.each<[says: string, request: Message, code: number, message: RegExp]>([
    ["no client",                        {},                                             status.INVALID_ARGUMENT, /^client_id must be given$/],
    ["a client id of 10 kB",             { client_id: "x".repeat(10_000) },              status.INVALID_ARGUMENT, /^client_id must be text of 1 to 256/],
    ["a round without its run",          { client_id: "a", as_of_round: 1 },             status.INVALID_ARGUMENT, /^run_id must be given/],
    ["a run without a round",            { client_id: "a", run_id: "r" },                status.INVALID_ARGUMENT, /^as_of_round must be given with run_id$/],
    ["a round below 1",                  { client_id: "a", run_id: "r", as_of_round: 0 },  status.INVALID_ARGUMENT, /^as_of_round must be at least 1/],
    ["a round that was never evaluated", { client_id: "a", run_id: "r", as_of_round: 99 }, status.NOT_FOUND,        /^round 99 of run `r` was never evaluated/],
  ])("refuses %s", async (_says, request, code, message) => {
    const error = await errorOf(engine.ask("EvaluateTrust", request));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });
});
