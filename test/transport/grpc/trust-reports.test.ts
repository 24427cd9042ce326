import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf, type Message } from "../../support/grpc-client.js";
import {
  allScores,
  CLIENTS,
  EVERYONE,
  named,
  roundMessages,
  useTrustEngine,
  WITH_FLIPPER,
} from "../../support/trust-service.js";

const engine = useTrustEngine();

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
    const error = await errorOf(engine.report([good, observation]));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    const path = `observations[1]${field === "" ? "" : `.${field}`}`;
    const { field_violations } = error.details["google.rpc.BadRequest"] as {
      field_violations: { field: string }[];
    };
    expect(field_violations.map((one) => one.field)).toContain(path);
    expect(await engine.trustOf("bad-a")).not.toHaveProperty("known");
  });

  it.each<[says: string, count: number]>([
    ["no observation", 0],
    ["10,001 observations", 10_001],
  ])("%s", async (_says, count) => {
    const error = await errorOf(engine.report(Array.from({ length: count }, () => good)));
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
    const { run, id } = engine.aRun();
    const [open, first, ...others] = roundMessages(run, 1, named(EVERYONE, id));
    const answer = await engine.report([open ?? {}, first ?? {}, bad(run, id), ...others]);
    expect(answer).toMatchObject({ accepted: 6, rejected: [{ index: 2, reason }] });
    const { message } = (answer["rejected"] as { message: string }[])[0] ?? {};
    expect(message).toMatch(/./);
  });

  it("that goes back to an earlier round", async () => {
    const { run, id } = engine.aRun();
    const clients = { [id("a")]: {}, [id("b")]: {} };
    await engine.report(roundMessages(run, 5, clients));
    const [open = {}] = roundMessages(run, 4, clients);
    expect(await engine.report([open])).toMatchObject({
      rejected: [{ reason: "ROUND_GOES_BACK" }],
    });
  });

  it("the same again is a duplicate, whatever its time, and nothing changes", async () => {
    const { run, id } = engine.aRun();
    const messages = roundMessages(run, 1, named(EVERYONE, id));
    await engine.report(messages);
    const before = await allScores(engine, CLIENTS.map(id));
    expect(await engine.report([...messages, ...messages])).toEqual({
      duplicates: 2 * messages.length,
    });
    expect(await allScores(engine, CLIENTS.map(id))).toEqual(before);
  });

  it("of a round long ago is late: kept, and without influence; again it is a duplicate", async () => {
    const { run, id } = engine.aRun();
    const clients = named(EVERYONE, id);
    const isOfD = (message: Message): boolean =>
      JSON.stringify(message).includes(`"client_id":"${id("d")}"`);
    await engine.report(roundMessages(run, 1, clients).filter((message) => !isOfD(message)));
    for (const round of [2, 3, 4]) await engine.report(roundMessages(run, round, clients));
    const before = await allScores(engine, CLIENTS.map(id));
    const late = {
      ...{ run_id: run, round: 1 },
      update_reported: { client_id: id("d"), outcome: "UPDATE_OUTCOME_COMPLETED" },
    };
    expect(await engine.report([late, late])).toEqual({ late: 1, duplicates: 1 });
    expect(await engine.report([late])).toEqual({ duplicates: 1 });
    expect(await allScores(engine, CLIENTS.map(id))).toEqual(before);
  });
});

describe("order and repetition", () => {
  it("reports in any order within the round, in any batches, twice: the same scores", async () => {
    const { run: pattern } = engine.aRun();
    const updates = { a: { alignment: -1 }, b: { alignment: 0.9 }, c: { norm: 3 }, d: {} };
    const rounds = [1, 2, 3, 4];
    const scoresOf = async (order: (messages: Message[]) => Message[], name: string) => {
      const id = (client: string): string => `${pattern}-${name}-${client}`;
      for (const round of rounds) {
        const [open = {}, ...rest] = roundMessages(`${pattern}-${name}`, round, named(updates, id));
        const close = rest.pop() ?? {};
        await engine.report([open, ...order(rest)]);
        await engine.report([...order(rest), close]);
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
    const { run, id } = engine.aRun();
    const clients = named(WITH_FLIPPER, id);
    const [late = {}] = roundMessages(run, 1, clients).slice(1, 2);
    await engine.report(roundMessages(run, 1, clients).filter((_message, index) => index !== 1));
    await engine.report(roundMessages(run, 2, clients));
    await engine.report(roundMessages(run, 3, clients));
    expect(await engine.report([late])).toEqual({ accepted: 1 });

    const other = engine.aRun();
    for (const round of [1, 2, 3]) {
      await engine.report(roundMessages(other.run, round, named(WITH_FLIPPER, other.id)));
    }
    const [asIfInTime, then] = await Promise.all(
      [other, { run, id }].map(async ({ run: run_id, id: of }) => {
        const now = await engine.trustOf(of("a"));
        const first = await engine.trustOf(of("a"), { as_of_round: 1, run_id });
        return [now["trust_score"], first["trust_score"]];
      }),
    );
    expect(then).toEqual(asIfInTime);
  });
});

describe("two reporters", () => {
  it("are joined by the lower of their two ratios, and may each close the round", async () => {
    const { run, id } = engine.aRun();
    const [high, low] = [0.9, -0.9].map((alignment) =>
      roundMessages(run, 1, { [id("a")]: { alignment }, [id("b")]: {} }),
    );
    await engine.report((high ?? []).slice(0, -1), "server-1");
    expect(await engine.report((low ?? []).slice(0, -1), "server-2")).toEqual({ accepted: 3 });
    await engine.report((high ?? []).slice(-1), "server-1");
    expect(await engine.report((low ?? []).slice(-1), "server-2")).toEqual({ accepted: 1 });
    expect((await engine.trustOf(id("a")))["trust_score"]).toBeCloseTo(0.3533, 4);
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
