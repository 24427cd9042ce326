import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { errorOf, type Message } from "../../support/grpc-client.js";
import {
  EVERYONE,
  named,
  roundMessages,
  useTrustEngine,
  WITH_FLIPPER,
} from "../../support/trust-service.js";

const engine = useTrustEngine();

describe("identity", () => {
  const registered = (
    client_id: string,
    public_key_fingerprint: string,
    owner: string,
  ): Message => ({
    client_registered: { client_id, public_key_fingerprint, owner },
  });

  it("a second id with the same key goes on with the score of the first", async () => {
    const { run, id } = engine.aRun();
    await engine.report([registered(id("a"), `${run}-key`, `${run}-owner`)]);
    for (const round of [1, 2, 3])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
    await engine.report([registered(id("fresh"), `${run}-key`, `${run}-owner`)]);
    expect(await engine.trustOf(id("fresh"))).toMatchObject({
      trust_score: (await engine.trustOf(id("a")))["trust_score"],
      state: "TRUST_STATE_EXCLUDED",
    });
  });

  it("a newcomer starts no higher than its owner's others", async () => {
    const { run, id } = engine.aRun();
    await engine.report([registered(id("a"), `${run}-key-1`, `${run}-owner`)]);
    for (const round of [1, 2, 3])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
    const { trust_score } = await engine.trustOf(id("a"));
    await engine.report([registered(id("next"), `${run}-key-2`, `${run}-owner`)]);
    expect((await engine.trustOf(id("next")))["trust_score"]).toBe(trust_score);
  });

  it("an owner registers ten new keys a day, and no more", async () => {
    const { run, id } = engine.aRun();
    const keys = Array.from({ length: 11 }, (_, n) =>
      registered(id(`k${n}`), `${run}-key-${n}`, `${run}-owner`),
    );
    expect(await engine.report(keys)).toMatchObject({
      accepted: 10,
      rejected: [{ index: 10, reason: "REGISTRATION_QUOTA_EXCEEDED" }],
    });
  });
});

describe("PardonClient", () => {
  it("admits an excluded client with the score it has, and is kept", async () => {
    const { run, id } = engine.aRun();
    for (const round of [1, 2, 3])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
    const { trust_score } = await engine.trustOf(id("a"));
    const pardon = { client_id: id("a"), reason: "its data was mended" };
    expect(await engine.ask("PardonClient", pardon)).toMatchObject({
      score: { trust_score, state: "TRUST_STATE_REDUCED", weight_multiplier: 0.5 },
    });
    expect(await engine.check({ client_id: id("a") })).toMatchObject({ allowed: true });
    expect((await engine.ask("RecalculateTrust"))["differences"] ?? 0).toBe(0);
    expect(await engine.stateOf(id("a"))).toBe("TRUST_STATE_REDUCED");
  });

  it("admits a client that is called as the machine from which it is pardoned", async () => {
    const { run, id } = engine.aRun();
    const client_id = "127.0.0.1";
    for (const round of [1, 2, 3]) {
      const updates = { ...named(EVERYONE, id), [client_id]: { alignment: -1 } };
      await engine.report(roundMessages(run, round, updates));
    }
    expect(await engine.stateOf(client_id)).toBe("TRUST_STATE_EXCLUDED");
    expect(await engine.ask("PardonClient", { client_id, reason: "mended" })).toMatchObject({
      score: { state: "TRUST_STATE_REDUCED" },
    });
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
    const { run, id } = engine.aRun();
    for (const round of [1, 2, 3])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
    const all: string[] = [];
    let page_token = "";
    do {
      const page = await engine.ask("ListTrustScores", {
        ...{ min_score: 0.6, order_by: "trust_score desc", page_size: 2, page_token },
      });
      const scores = (page["scores"] ?? []) as { client_id: string; trust_score: number }[];
      expect(scores.every(({ trust_score }) => trust_score >= 0.6)).toBe(true);
      all.push(...scores.map(({ client_id }) => client_id));
      page_token = (page["next_page_token"] as string | undefined) ?? "";
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
    const { run, id } = engine.aRun();
    for (const round of [1, 2, 3, 4])
      await engine.report(roundMessages(run, round, named(WITH_FLIPPER, id)));
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
