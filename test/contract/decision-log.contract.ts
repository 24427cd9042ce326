import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type {
  CountedBy,
  CountedPeriod,
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../src/application/ports/decision-log.js";
import { DENY, PERMIT, rule } from "../support/decision-records.js";

export interface DecisionLogUnderTest {
  readonly log: DecisionLog;
  /** Resolves once everything appended has been recorded. */
  readonly committed: () => Promise<void>;
}

export function aLoggedDecision(facts: Partial<LoggedDecision> = {}): LoggedDecision {
  return {
    decisionId: randomUUID(),
    timeMs: 1_750_000_000_000,
    policyType: "network_security",
    clientId: "",
    requestId: "request-1",
    attributes: {},
    redacted: false,
    decision: PERMIT,
    durationMs: 0.25,
    ...facts,
  };
}

export const anyDecision: DecisionQuery = {
  clientId: "",
  policyId: "",
  ruleId: "",
  policyType: "",
  limit: 100,
};

/** What every decision log promises. `create` gives an empty one. */
export function describeDecisionLog(create: () => Promise<DecisionLogUnderTest>): void {
  const named = (requestId: string, facts: Partial<LoggedDecision> = {}): LoggedDecision =>
    aLoggedDecision({ requestId, ...facts });
  const filled = async (decisions: readonly LoggedDecision[]): Promise<DecisionLog> => {
    const { log, committed } = await create();
    for (const decision of decisions) log.append(decision);
    await committed();
    return log;
  };
  const names = async (log: DecisionLog, query: Partial<DecisionQuery> = {}) =>
    (await log.list({ ...anyDecision, ...query })).decisions.map(({ requestId }) => requestId);

  it("starts empty", async () => {
    const { log } = await create();
    expect(await log.list(anyDecision)).toEqual({ decisions: [] });
    const dropped = { overload: 0, storage_unavailable: 0 };
    expect(log.counts()).toEqual({ recorded: 0, pending: 0, dropped });
  });

  it("gives back every field as it was appended", async () => {
    const full = named("r", {
      clientId: "spiffe://x/y",
      attributes: { text: "ä\u0000", list: [1, true, null, { deep: "x" }] },
      redacted: true,
      decision: { ...DENY, parameters: { rate: 2 } },
    });
    const log = await filled([full]);
    expect(await log.list(anyDecision)).toEqual({ decisions: [full] });
  });

  it("gives back texts of every width, recorded together", async () => {
    const texts = ["a", "ä", "語", "🌸", "\ud800", "", "a".repeat(300), "語".repeat(300), "ä🌸a"];
    const decisions = [...texts, ...texts.toReversed()].map((text, index) =>
      named(`${index} ${text}`, { clientId: text, attributes: { text, [`${text}.name`]: index } }),
    );
    const log = await filled(decisions);
    expect((await log.list(anyDecision)).decisions).toEqual(decisions.toReversed());
  });

  it("counts what it recorded", async () => {
    const log = await filled([named("a"), named("b"), named("c")]);
    expect(log.counts()).toMatchObject({ recorded: 3, pending: 0 });
  });

  it("has recorded a decision once the promise for it settles", async () => {
    const { log } = await create();
    await log.appendDurably(named("a"));
    expect([await names(log), log.counts().recorded]).toEqual([["a"], 1]);
  });

  it("lists the newest first, those of one millisecond last recorded first", async () => {
    const at = (timeMs: number) => ({ timeMs });
    const log = await filled([named("a", at(5)), named("b", at(9)), named("c", at(5))]);
    expect(await names(log)).toEqual(["b", "c", "a"]);
  });

  const ofRules = (...rules: [ruleId: string, policyId: string][]) => ({
    decision: { ...DENY, determiningRules: rules.map(([id, policy]) => rule(id, policy)) },
  });
  const kept = [
    named("permit", { timeMs: 10, clientId: "c1" }),
    named("deny", { timeMs: 20, ...ofRules(["r1", "p1"], ["r2", "p2"]) }),
    named("other", { timeMs: 30, policyType: "security", ...ofRules(["r2", "p1"]) }),
  ];

  it.each<[says: string, query: Partial<DecisionQuery>, expected: string[]]>([
    ["the start is inclusive", { startTimeMs: 20 }, ["other", "deny"]],
    ["the end is exclusive", { endTimeMs: 20 }, ["permit"]],
    ["allowed", { allowed: true }, ["permit"]],
    ["not allowed", { allowed: false }, ["other", "deny"]],
    ["of a client", { clientId: "c1" }, ["permit"]],
    ["of nobody", { clientId: "c2" }, []],
    ["of a policy type", { policyType: "security" }, ["other"]],
    ["of a policy that determined it, not only as the first", { policyId: "p2" }, ["deny"]],
    ["of a rule id in any policy", { ruleId: "r2" }, ["other", "deny"]],
    ["of a rule of a policy", { policyId: "p1", ruleId: "r2" }, ["other"]],
    ["of a policy and a rule that were two", { policyId: "p2", ruleId: "r1" }, []],
    ["all at once", { allowed: false, startTimeMs: 25, policyId: "p1" }, ["other"]],
  ])("filters: %s", async (_says, query, expected) => {
    expect(await names(await filled(kept), query)).toEqual(expected);
  });

  it("gives pages that do not shift while decisions are added", async () => {
    const { log, committed } = await create();
    const all = Array.from({ length: 7 }, (_, n) => named(`${n}`, { timeMs: Math.floor(n / 2) }));
    for (const decision of all) log.append(decision);
    await committed();

    const seen: string[] = [];
    let after: DecisionPosition | undefined;
    for (let page = 0; page < 4; page += 1) {
      const { decisions, next } = await log.list({
        ...anyDecision,
        limit: 2,
        ...(after && { after }),
      });
      seen.push(...decisions.map(({ requestId }) => requestId));
      after = next;
      log.append(named(`new ${page}`, { timeMs: 100 }));
      await committed();
    }
    expect([seen, after]).toEqual([["6", "5", "4", "3", "2", "1", "0"], undefined]);
  });

  describe("counts", () => {
    const HOUR_MS = 3_600_000;
    const T = 480_000 * HOUR_MS;
    const minutes = (n: number): number => T + n * 60_000;
    const asking = (
      timeMs: number,
      attributes: LoggedDecision["attributes"],
      facts: Partial<LoggedDecision> = {},
    ): LoggedDecision => aLoggedDecision({ timeMs, attributes, ...facts });
    const counted = [
      asking(minutes(0), { client_id: "c1" }),
      asking(minutes(1), { client_id: "c2" }, { decision: DENY, durationMs: 0.75 }),
      asking(minutes(61), { client_id: "c1" }, { policyType: "security" }),
      asking(minutes(62), { server_id: "s" }, ofRules(["r1", "p1"], ["r2", "p2"])),
      asking(minutes(200), { component: "collector", requester_id: "x" }),
    ];

    it.each<[says: string, countedBy: CountedBy, expected: [string, number, number][]]>([
      ["all", "all", [["", 5, 3]]],
      [
        "policy types",
        "policy_type",
        [
          ["network_security", 4, 2],
          ["security", 1, 1],
        ],
      ],
      [
        "components, which the attributes tell",
        "component",
        [
          ["fl-client", 3, 2],
          ["collector", 1, 1],
          ["fl-server", 1, 0],
        ],
      ],
      [
        "requesters",
        "requester",
        [
          ["c1", 2, 2],
          ["c2", 1, 0],
          ["s", 1, 0],
          ["x", 1, 1],
        ],
      ],
      [
        "answers",
        "answer",
        [
          ["allowed", 3, 3],
          ["explicit", 2, 0],
        ],
      ],
      [
        "every determining rule",
        "rule",
        [
          ["net/a", 3, 3],
          ["net/d", 1, 0],
          ["p1/r1", 1, 0],
          ["p2/r2", 1, 0],
        ],
      ],
    ])("by %s, the most frequent first", async (_says, countedBy, expected) => {
      const log = await filled(counted);
      const names = await log.countBy(countedBy, {}, 100);
      expect(names.map(({ name, decided, allowed }) => [name, decided, allowed])).toEqual(expected);
    });

    it("tells the time spent deciding, and when the last one was", async () => {
      const log = await filled(counted.slice(0, 2));
      expect(await log.countBy("all", {}, 1)).toEqual([
        { name: "", decided: 2, allowed: 1, durationUs: 1000, lastTimeMs: minutes(1) },
      ]);
    });

    it.each<[says: string, period: CountedPeriod, decided: number[]]>([
      ["from a minute on", { startTimeMs: minutes(1) + 1 }, [4]],
      ["before a minute", { endTimeMs: minutes(1) }, [1]],
      ["between two", { startTimeMs: minutes(1), endTimeMs: minutes(62) }, [2]],
      ["in which nothing was decided", { startTimeMs: minutes(300) }, []],
    ])("counts what was decided %s", async (_says, period, decided) => {
      const log = await filled(counted);
      expect((await log.countBy("all", period, 1)).map((one) => one.decided)).toEqual(decided);
    });

    it("gives at most as many names as asked for", async () => {
      const log = await filled(counted);
      expect((await log.countBy("requester", {}, 1)).map(({ name }) => name)).toEqual(["c1"]);
    });

    it("gives the hours in which something was decided, with how many asked", async () => {
      const log = await filled(counted);
      const hour = (n: number, facts: object) => ({ startMs: T + n * HOUR_MS, ...facts });
      expect(await log.countByHour({})).toEqual([
        hour(0, { decided: 2, allowed: 1, durationUs: 1000, requesters: 2 }),
        hour(1, { decided: 2, allowed: 1, durationUs: 500, requesters: 2 }),
        hour(3, { decided: 1, allowed: 1, durationUs: 250, requesters: 1 }),
      ]);
      expect(
        (await log.countByHour({ startTimeMs: minutes(60) })).map((one) => one.startMs),
      ).toEqual([T + HOUR_MS, T + 3 * HOUR_MS]);
    });

    it("tells 1,000 names apart in an hour, and counts the others together", async () => {
      const log = await filled(
        Array.from({ length: 1200 }, (_, n) => asking(T, { client_id: `c${n}` })),
      );
      const [most, next] = await log.countBy("requester", {}, 2000);
      expect([most?.name, most?.decided, next?.decided]).toEqual(["(others)", 200, 1]);
      expect((await log.countByHour({}))[0]?.requesters).toBe(1001);
    });

    it("tells no more apart where decisions of the hour before come late", async () => {
      const asked = (from: number) =>
        Array.from({ length: 600 }, (_, n) => asking(T + HOUR_MS, { client_id: `c${from + n}` }));
      const log = await filled([...asked(0), asking(T, { client_id: "c0" }), ...asked(600)]);
      const requesters = (await log.countByHour({})).map((hour) => hour.requesters);
      expect(requesters).toEqual([1, 1001]);
    });
  });
}
