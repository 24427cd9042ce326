import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, type Message } from "../../support/grpc-client.js";
import {
  allScores,
  observationMessage,
  roundMessages,
  startTrustEngine,
  type TrustEngine,
} from "../../support/trust-service.js";
import {
  clientIdOf,
  expectedOf,
  TRACE_NAMES,
  TraceOutcome,
  traceRounds,
} from "../../support/trust-traces.js";

const CLIENTS = ["a", "b", "c", "d"];
const everyone = Object.fromEntries(CLIENTS.map((id) => [id, {}]));
const withFlipper = { ...everyone, a: { alignment: -1 } };

let engine: TrustEngine;
beforeAll(async () => {
  engine = await startTrustEngine();
});
afterAll(() => engine.stop());

/** Each test has a run and clients of its own: a score belongs to the client. */
let runs = 0;
function aRun(): { run: string; id: (name: string) => string } {
  runs += 1;
  const run = `run-${runs}`;
  return { run, id: (name) => `${run}-${name}` };
}

const report = (observations: readonly Message[], reporter = "fl-server"): Promise<Message> =>
  engine.ask("ReportObservations", { observations, reporter });
const trustOf = (client_id: string, more: Message = {}): Promise<Message> =>
  engine.ask("EvaluateTrust", { client_id, ...more });
const stateOf = async (client_id: string): Promise<unknown> => (await trustOf(client_id))["state"];

describe("recorded federations", () => {
  it.each(TRACE_NAMES)("%s: come out as they should", async (name) => {
    const outcome = new TraceOutcome(name);
    const ids = Array.from({ length: 50 }, (_, client) => clientIdOf(name, client));
    let last = new Map<string, Message>();
    for (const [index, observations] of traceRounds(name).entries()) {
      const answer = await report(observations.map(observationMessage));
      expect(answer).toEqual({ accepted: observations.length });
      const answers = await Promise.all(ids.map((id) => trustOf(id)));
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
    expect(await trustOf("nobody")).toMatchObject({
      ...{ client_id: "nobody", trust_score: 0.5, state: "TRUST_STATE_PROBATION" },
      ...{ weight_multiplier: 0.5, trust_model: "flopynet-coupled-1" },
      factors: [{ weight: 0.3 }, { weight: 0.3 }, { weight: 0.2 }, { weight: 0.2 }],
    });
  });

  it("answers the raw result of the rules beside the state", async () => {
    const { run, id } = aRun();
    await report(roundMessages(run, 1, named(withFlipper, id)));
    await report(roundMessages(run, 2, named(withFlipper, id)));
    const answer = await trustOf(id("a"));
    expect(answer["state"]).toBe("TRUST_STATE_PROBATION");
    expect(answer["matched_rules"]).toMatchObject([
      { action: "exclude_client", rule: { policy_id: "trust", rule_id: "0" } },
      { action: "weight_reduction", rule: { policy_id: "trust", rule_id: "1" } },
    ]);
  });

  it("explains: contributions that add up, what they rest on, and what would change the state", async () => {
    const { run, id } = aRun();
    for (const round of [1, 2, 3]) await report(roundMessages(run, round, named(withFlipper, id)));
    const answer = await trustOf(id("a"), { explain: true });
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
      await report(roundMessages(run, round, named(everyone, id)));
    }
    expect(await stateOf(id("a"))).toBe("TRUST_STATE_EXCLUDED");
    await report(roundMessages(run, 3 + good_rounds, named(everyone, id)));
    expect(await stateOf(id("a"))).toBe("TRUST_STATE_REDUCED");
  });

  it("answers as of a round what it answered then", async () => {
    const { run, id } = aRun();
    const then: Message[] = [];
    for (const round of [1, 2, 3, 4]) {
      await report(roundMessages(run, round, named(withFlipper, id)));
      then.push(await trustOf(id("a")));
    }
    for (const [index, answer] of then.entries()) {
      const asOf = { as_of_round: index + 1, run_id: run };
      expect(await trustOf(id("a"), asOf)).toEqual(answer);
    }
    const prior = await trustOf(id("never-selected"), { as_of_round: 2, run_id: run });
    expect(prior).toMatchObject({ trust_score: 0.5, client_id: id("never-selected") });
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

function named<Update>(
  updates: Readonly<Record<string, Update>>,
  id: (name: string) => string,
): Record<string, Update> {
  return Object.fromEntries(Object.entries(updates).map(([name, update]) => [id(name), update]));
}

describe("a report that is refused as a whole changes nothing", () => {
  const at = { run_id: "bad", round: 1 };
  const good = { ...at, round_opened: { selected_client_ids: ["bad-a"] } };
  const update = (fields: Message): Message => ({
    ...at,
    update_reported: { client_id: "bad-a", outcome: "UPDATE_OUTCOME_COMPLETED", ...fields },
  });
  const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `c${n}`);

  // prettier-ignore
  it.each<[says: string, observation: Message, field: string]>([
    ["NaN",                              update({ alignment_ratio: Number.NaN }),   "update_reported.alignment_ratio"],
    ["infinity",                         update({ norm_ratio: Infinity }),          "update_reported.norm_ratio"],
    ["a negative norm",                  update({ norm_ratio: -0.1 }),              "update_reported.norm_ratio"],
    ["an alignment ratio below -1",      update({ alignment_ratio: -1.01 }),        "update_reported.alignment_ratio"],
    ["an alignment ratio above 1.5",     update({ alignment_ratio: 1.51 }),         "update_reported.alignment_ratio"],
    ["a cosine above 1",                 update({ max_pairwise: 1.1 }),             "update_reported.max_pairwise"],
    ["a loss that is not finite",        update({ loss_delta: -Infinity }),         "update_reported.loss_delta"],
    ["a negative latency",               update({ latency_ms: -1 }),                "update_reported.latency_ms"],
    ["negative examples",                update({ num_examples: -5 }),              "update_reported.num_examples"],
    ["an outcome that is not said",      update({ outcome: 0 }),                    "update_reported.outcome"],
    ["an outcome nobody knows",          update({ outcome: 77 }),                   "update_reported.outcome"],
    ["a client id of 10 kB",             update({ client_id: "x".repeat(10_000) }), "update_reported.client_id"],
    ["no client",                        update({ client_id: "" }),                 "update_reported.client_id"],
    ["no run",                           { ...good, run_id: "" },                   "run_id"],
    ["round 0",                          { ...good, round: 0 },                     "round"],
    ["a negative round",                 { ...good, round: -3 },                    "round"],
    ["nothing seen",                     at,                                        ""],
    ["nobody selected",                  { ...at, round_opened: {} },               "round_opened.selected_client_ids"],
    ["100,001 selected clients",         { ...at, round_opened: { selected_client_ids: many(100_001) } }, "round_opened.selected_client_ids"],
    ["a client selected twice",          { ...at, round_opened: { selected_client_ids: ["x", "x"] } }, "round_opened.selected_client_ids[1]"],
    ["a violation without severity",     { ...at, violation: { client_id: "bad-a" } }, "violation.severity"],
    ["a registration without a key",     { client_registered: { client_id: "bad-a" } }, "client_registered.public_key_fingerprint"],
    ["an id that is no UUID",            { ...good, observation_id: "7" },          "observation_id"],
  ])("%s", async (_says, observation, field) => {
    const error = await errorOf(report([good, observation]));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    const path = `observations[1]${field === "" ? "" : `.${field}`}`;
    const { field_violations } = error.details["google.rpc.BadRequest"] as {
      field_violations: { field: string }[];
    };
    expect(field_violations.map((one) => one.field)).toContain(path);
    expect(await trustOf("bad-a")).not.toHaveProperty("known");
  });

  it.each<[says: string, count: number]>([
    ["no observation", 0],
    ["10,001 observations", 10_001],
  ])("%s", async (_says, count) => {
    const error = await errorOf(report(Array.from({ length: count }, () => good)));
    expect([error.code, error.message]).toEqual([
      status.INVALID_ARGUMENT,
      `observations must have from 1 to 10000 items, got ${count}`,
    ]);
  });
});

describe("an observation that does not fit is rejected, and the others are taken", () => {
  it.each<
    [says: string, reason: string, bad: (run: string, id: (name: string) => string) => Message]
  >([
    [
      "of a round that was never opened",
      "ROUND_NOT_OPENED",
      (run, id) => ({
        ...{ run_id: run, round: 2 },
        update_reported: { client_id: id("a"), outcome: "UPDATE_OUTCOME_COMPLETED" },
      }),
    ],
    [
      "closing a round that was never opened",
      "ROUND_NOT_OPENED",
      (run) => ({ run_id: run, round: 7, round_closed: {} }),
    ],
    [
      "of a client that was not selected",
      "CLIENT_NOT_SELECTED",
      (run) => ({
        ...{ run_id: run, round: 1 },
        update_reported: { client_id: "stranger", outcome: "UPDATE_OUTCOME_COMPLETED" },
      }),
    ],
    [
      "of a reporter about itself",
      "REPORTER_IS_CLIENT",
      (run) => ({
        ...{ run_id: run, round: 1 },
        update_reported: { client_id: "fl-server", outcome: "UPDATE_OUTCOME_COMPLETED" },
      }),
    ],
    [
      "that contradicts another",
      "OBSERVATION_CONFLICT",
      (run, id) => ({
        ...{ run_id: run, round: 1 },
        update_reported: { client_id: id("a"), outcome: "UPDATE_OUTCOME_DROPPED" },
      }),
    ],
    [
      "that opens a round with other clients",
      "OBSERVATION_CONFLICT",
      (run, id) => ({ run_id: run, round: 1, round_opened: { selected_client_ids: [id("z")] } }),
    ],
  ])("%s", async (_says, reason, bad) => {
    const { run, id } = aRun();
    const [open, first, ...others] = roundMessages(run, 1, named(everyone, id));
    const answer = await report([open ?? {}, first ?? {}, bad(run, id), ...others]);
    expect(answer).toMatchObject({ accepted: 6, rejected: [{ index: 2, reason }] });
    const { message } = (answer["rejected"] as { message: string }[])[0] ?? {};
    expect(message).toMatch(/./);
  });

  it("that goes back to an earlier round", async () => {
    const { run, id } = aRun();
    const clients = { [id("a")]: {}, [id("b")]: {} };
    await report(roundMessages(run, 5, clients));
    const [open = {}] = roundMessages(run, 4, clients);
    expect(await report([open])).toMatchObject({ rejected: [{ reason: "ROUND_GOES_BACK" }] });
  });

  it("the same again is a duplicate, whatever its time, and nothing changes", async () => {
    const { run, id } = aRun();
    const messages = roundMessages(run, 1, named(everyone, id));
    await report(messages);
    const before = await allScores(engine, CLIENTS.map(id));
    expect(await report([...messages, ...messages])).toEqual({ duplicates: 2 * messages.length });
    expect(await allScores(engine, CLIENTS.map(id))).toEqual(before);
  });

  it("of a round long ago is late: kept, and without influence; again it is a duplicate", async () => {
    const { run, id } = aRun();
    const clients = named(everyone, id);
    const isOfD = (message: Message): boolean =>
      JSON.stringify(message).includes(`"client_id":"${id("d")}"`);
    await report(roundMessages(run, 1, clients).filter((message) => !isOfD(message)));
    for (const round of [2, 3, 4]) await report(roundMessages(run, round, clients));
    const before = await allScores(engine, CLIENTS.map(id));
    const late = {
      ...{ run_id: run, round: 1 },
      update_reported: { client_id: id("d"), outcome: "UPDATE_OUTCOME_COMPLETED" },
    };
    expect(await report([late, late])).toEqual({ late: 1, duplicates: 1 });
    expect(await report([late])).toEqual({ duplicates: 1 });
    expect(await allScores(engine, CLIENTS.map(id))).toEqual(before);
  });
});

describe("order and repetition", () => {
  it("reports in any order within the round, in any batches, twice: the same scores", async () => {
    const { run: pattern } = aRun();
    const updates = { a: { alignment: -1 }, b: { alignment: 0.9 }, c: { norm: 3 }, d: {} };
    const rounds = [1, 2, 3, 4];
    const scoresOf = async (order: (messages: Message[]) => Message[], name: string) => {
      const id = (client: string): string => `${pattern}-${name}-${client}`;
      for (const round of rounds) {
        const [open = {}, ...rest] = roundMessages(`${pattern}-${name}`, round, named(updates, id));
        const close = rest.pop() ?? {};
        await report([open, ...order(rest)]);
        await report([...order(rest), close]);
      }
      const scores = await allScores(engine, Object.keys(updates).map(id));
      return scores.map(({ client_id: _client, run_id: _run, ...score }) => score);
    };
    const expected = await scoresOf((messages) => messages, "plain");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.uuid(), async (seed, name) => {
        const shuffled = (messages: Message[]): Message[] =>
          messages
            .map((message, index) => [message, (seed * (index + 7) * 2654435761) % 1009] as const)
            .sort((left, right) => left[1] - right[1])
            .map(([message]) => message);
        expect(await scoresOf(shuffled, name)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it("an update that comes two closed rounds later is folded in at its place", async () => {
    const { run, id } = aRun();
    const clients = named(withFlipper, id);
    const [late = {}] = roundMessages(run, 1, clients).slice(1, 2);
    await report(roundMessages(run, 1, clients).filter((_message, index) => index !== 1));
    await report(roundMessages(run, 2, clients));
    await report(roundMessages(run, 3, clients));
    expect(await report([late])).toEqual({ accepted: 1 });

    const other = aRun();
    for (const round of [1, 2, 3]) {
      await report(roundMessages(other.run, round, named(withFlipper, other.id)));
    }
    const [asIfInTime, then] = await Promise.all(
      [other, { run, id }].map(async ({ run: run_id, id: of }) => {
        const now = await trustOf(of("a"));
        const first = await trustOf(of("a"), { as_of_round: 1, run_id });
        return [now["trust_score"], first["trust_score"]];
      }),
    );
    expect(then).toEqual(asIfInTime);
  });
});

describe("two reporters", () => {
  it("are joined by the lower of their two ratios, and may each close the round", async () => {
    const { run, id } = aRun();
    const [high, low] = [0.9, -0.9].map((alignment) =>
      roundMessages(run, 1, { [id("a")]: { alignment }, [id("b")]: {} }),
    );
    await report((high ?? []).slice(0, -1), "server-1");
    expect(await report((low ?? []).slice(0, -1), "server-2")).toEqual({ accepted: 3 });
    await report((high ?? []).slice(-1), "server-1");
    expect(await report((low ?? []).slice(-1), "server-2")).toEqual({ accepted: 1 });
    expect((await trustOf(id("a")))["trust_score"]).toBeCloseTo(0.3533, 4);
    const sources = (await engine.ask("ListTrustDataSources"))["data_sources"];
    expect(sources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          reporter: "server-2",
          observations: { round_opened: "1", update_reported: "2", round_closed: "1" },
          last_run_id: run,
        }),
      ]),
    );
  });
});

describe("identity", () => {
  const registered = (
    client_id: string,
    public_key_fingerprint: string,
    owner: string,
  ): Message => ({
    client_registered: { client_id, public_key_fingerprint, owner },
  });

  it("a second id with the same key goes on with the score of the first", async () => {
    const { run, id } = aRun();
    await report([registered(id("a"), `${run}-key`, `${run}-owner`)]);
    for (const round of [1, 2, 3]) await report(roundMessages(run, round, named(withFlipper, id)));
    await report([registered(id("fresh"), `${run}-key`, `${run}-owner`)]);
    expect(await trustOf(id("fresh"))).toMatchObject({
      trust_score: (await trustOf(id("a")))["trust_score"],
      state: "TRUST_STATE_EXCLUDED",
    });
  });

  it("a newcomer starts no higher than its owner's others", async () => {
    const { run, id } = aRun();
    await report([registered(id("a"), `${run}-key-1`, `${run}-owner`)]);
    for (const round of [1, 2, 3]) await report(roundMessages(run, round, named(withFlipper, id)));
    const { trust_score } = await trustOf(id("a"));
    await report([registered(id("next"), `${run}-key-2`, `${run}-owner`)]);
    expect((await trustOf(id("next")))["trust_score"]).toBe(trust_score);
  });

  it("an owner registers ten new keys a day, and no more", async () => {
    const { run, id } = aRun();
    const keys = Array.from({ length: 11 }, (_, n) =>
      registered(id(`k${n}`), `${run}-key-${n}`, `${run}-owner`),
    );
    expect(await report(keys)).toMatchObject({
      accepted: 10,
      rejected: [{ index: 10, reason: "REGISTRATION_QUOTA_EXCEEDED" }],
    });
  });
});

describe("PardonClient", () => {
  it("admits an excluded client with the score it has, and is kept", async () => {
    const { run, id } = aRun();
    for (const round of [1, 2, 3]) await report(roundMessages(run, round, named(withFlipper, id)));
    const { trust_score } = await trustOf(id("a"));
    const pardon = { client_id: id("a"), reason: "its data was mended" };
    expect(await engine.ask("PardonClient", pardon)).toMatchObject({
      score: { trust_score, state: "TRUST_STATE_REDUCED", weight_multiplier: 0.5 },
    });
    expect(await engine.check({ client_id: id("a") })).toMatchObject({ allowed: true });
    expect((await engine.ask("RecalculateTrust"))["differences"] ?? 0).toBe(0);
    expect(await stateOf(id("a"))).toBe("TRUST_STATE_REDUCED");
  });

  // prettier-ignore
  it.each<[says: string, request: Message, code: number]>([
    ["nobody",                    { reason: "x" },                                    status.INVALID_ARGUMENT],
    ["without a reason",          { client_id: "nobody" },                            status.INVALID_ARGUMENT],
    ["with a reason of a novel",  { client_id: "nobody", reason: "x".repeat(1025) },  status.INVALID_ARGUMENT],
    ["a client never heard of",   { client_id: "nobody", reason: "x" },               status.NOT_FOUND],
  ])("refuses to pardon %s", async (_says, request, code) => {
    expect((await errorOf(engine.ask("PardonClient", request))).code).toBe(code);
  });
});

describe("lists", () => {
  it("scores by state, range and order, page by page", async () => {
    const { run, id } = aRun();
    for (const round of [1, 2, 3]) await report(roundMessages(run, round, named(withFlipper, id)));
    const all: string[] = [];
    let page_token = "";
    do {
      const page = await engine.ask("ListTrustScores", {
        ...{ min_score: 0.6, order_by: "trust_score desc", page_size: 2, page_token },
      });
      const scores = (page["scores"] ?? []) as { client_id: string; trust_score: number }[];
      expect(scores.every(({ trust_score }) => trust_score >= 0.6)).toBe(true);
      all.push(...scores.map(({ client_id }) => client_id));
      page_token = String(page["next_page_token"] ?? "");
    } while (page_token !== "");
    expect(all).toEqual(expect.arrayContaining(["b", "c", "d"].map(id)));
    expect(all).not.toContain(id("a"));
    expect(new Set(all).size).toBe(all.length);

    const excluded = await engine.ask("ListTrustScores", { states: ["TRUST_STATE_EXCLUDED"] });
    expect(excluded["scores"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ client_id: id("a"), exclusions: 1 })]),
    );
  });

  it("history by rounds, page by page", async () => {
    const { run, id } = aRun();
    for (const round of [1, 2, 3, 4])
      await report(roundMessages(run, round, named(withFlipper, id)));
    const query = { client_id: id("a"), from_round: 2, page_size: 2 };
    const first = await engine.ask("ListTrustHistory", query);
    expect(first["points"]).toMatchObject([
      { run_id: run, round: 2, policy_version: "2", state: "TRUST_STATE_PROBATION" },
      { run_id: run, round: 3, state: "TRUST_STATE_EXCLUDED" },
    ]);
    const page_token = first["next_page_token"];
    const second = await engine.ask("ListTrustHistory", { ...query, page_token });
    expect(second).toMatchObject({ points: [{ round: 4 }] });
    expect(second).not.toHaveProperty("next_page_token");
  });

  // prettier-ignore
  it.each<[says: string, method: string, request: Message, field: string]>([
    ["an order nobody knows",     "ListTrustScores",  { order_by: "luck" },                 "order_by"],
    ["a state that is none",      "ListTrustScores",  { states: [0] },                      "states[0]"],
    ["a score above 1",           "ListTrustScores",  { max_score: 1.5 },                   "max_score"],
    ["NaN",                       "ListTrustScores",  { min_score: Number.NaN },            "min_score"],
    ["a page size below 0",       "ListTrustScores",  { page_size: -1 },                    "page_size"],
    ["a token of nobody",         "ListTrustScores",  { page_token: "x" },                  "page_token"],
    ["a history of nobody",       "ListTrustHistory", {},                                   "client_id"],
    ["rounds that go back",       "ListTrustHistory", { client_id: "a", from_round: 3, to_round: 2 }, "to_round"],
  ])("refuse %s", async (_says, method, request, field) => {
    const error = await errorOf(engine.ask(method, request));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { "google.rpc.BadRequest": { field_violations: [{ field }] } },
    });
  });

  it("no history of a client never heard of", async () => {
    const error = await errorOf(engine.ask("ListTrustHistory", { client_id: "nobody" }));
    expect(error).toMatchObject({
      code: status.NOT_FOUND,
      details: { "google.rpc.ErrorInfo": { reason: "CLIENT_NOT_FOUND" } },
    });
  });
});
