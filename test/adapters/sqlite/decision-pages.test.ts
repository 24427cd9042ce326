import { join } from "node:path";
import fc from "fast-check";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../../src/adapters/memory/decision-log.js";
import { MIGRATIONS } from "../../../src/adapters/sqlite/migrations.js";
import type {
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../../src/application/ports/decision-log.js";
import { aLoggedDecision, anyDecision } from "../../contract/decision-log.contract.js";
import { DENY, PERMIT, rule } from "../../support/decision-records.js";
import { aDataDir, aStore } from "../../support/sqlite.js";

/** Every page, one after the other. */
async function pagesOf(log: DecisionLog, query: DecisionQuery) {
  const pages: (readonly LoggedDecision[])[] = [];
  let after: DecisionPosition | undefined;
  do {
    const page = await log.list({ ...query, ...(after && { after }) });
    pages.push(page.decisions);
    after = page.next;
  } while (after);
  return pages;
}

const times = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  // Farther apart than what is stored together, and the clock steps back.
  fc.integer({ min: 0, max: 40 }).map((n) => n * 10),
);
const decisions = fc
  .record({
    timeMs: times,
    clientId: fc.constantFrom("", "c1", "c2"),
    policyType: fc.constantFrom("network_security", "fl_training"),
    requestId: fc.constantFrom("", 'a "request"'),
    redacted: fc.boolean(),
    decision: fc.constantFrom(PERMIT, DENY, {
      ...DENY,
      determiningRules: [rule("a", "p"), rule("b")],
    }),
    attributes: fc.constantFrom(
      ...[{}, { n: 1 }, { engine: { hour: 3 } }, { text: "\ud800\u0000é" }],
      {
        n: -1.5e300,
        engine: { hour: 4 },
        nothing: null,
        yes: true,
        list: [1, { a: "b" }],
        length: 2,
      },
      // Several of it are more than what is read at once.
      { text: "x".repeat(30_000) },
    ),
  })
  .map((facts) => aLoggedDecision(facts));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const queries = fc
  .record({
    startTimeMs: optional(times),
    endTimeMs: optional(times),
    allowed: optional(fc.boolean()),
    clientId: fc.constantFrom("", "c1"),
    policyType: fc.constantFrom("", "fl_training"),
    policyId: fc.constantFrom("", "net", "p"),
    ruleId: fc.constantFrom("", "a", "b"),
    limit: fc.integer({ min: 2, max: 20 }),
  })
  .map(({ startTimeMs, endTimeMs, allowed, ...query }) => ({
    ...query,
    ...(startTimeMs !== undefined && { startTimeMs }),
    ...(endTimeMs !== undefined && { endTimeMs }),
    ...(allowed !== undefined && { allowed }),
  }));

describe("decisions that were stored together", () => {
  it("are listed as those in memory are, whatever was stored when", async () => {
    const { decisionLog, storage } = await aStore();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(decisions, { maxLength: 16 }), { maxLength: 6 }),
        fc.array(queries, { minLength: 1, maxLength: 3 }),
        async (batches, asked) => {
          await storage.transact([{ sql: "DELETE FROM decision_chunks", params: [] }]);
          const memory = createMemoryDecisionLog();
          for (const batch of batches) {
            for (const decision of batch)
              for (const log of [decisionLog, memory]) log.append(decision);
            await storage.flush();
          }
          for (const query of asked) {
            expect(await pagesOf(decisionLog, query)).toEqual(await pagesOf(memory, query));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("stand between those of another batch, also where that is read later", async () => {
    const { decisionLog, storage } = await aStore();
    const text = "x".repeat(30_000); // Three of it are more than what is read at once.
    for (const batch of [[10, 90, 20], [50]]) {
      for (const timeMs of batch) {
        decisionLog.append(aLoggedDecision({ timeMs, attributes: { text } }));
      }
      await storage.flush();
    }
    const pages = await pagesOf(decisionLog, { ...anyDecision, limit: 2 });
    expect(pages.map((page) => page.map(({ timeMs }) => timeMs))).toEqual([
      [90, 50],
      [20, 10],
    ]);
  });

  it("are found page by page, where there are more than are looked at for one", async () => {
    const { decisionLog, storage } = await aStore();
    const rare = aLoggedDecision({ clientId: "rare" });
    decisionLog.append(rare);
    const text = "x".repeat(900);
    for (let batch = 0; batch < 3; batch += 1) {
      // All of one millisecond.
      for (let n = 0; n < 15_000; n += 1) {
        decisionLog.append(aLoggedDecision({ attributes: { text } }));
      }
      await storage.flush();
    }
    const pages = await pagesOf(decisionLog, { ...anyDecision, clientId: "rare" });
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat()).toEqual([rare]);
  });

  it("are all found page by page, where many are of one millisecond", async () => {
    const { decisionLog, storage } = await aStore();
    const many = Array.from({ length: 2000 }, (_, n) => aLoggedDecision({ requestId: String(n) }));
    for (const decision of many) decisionLog.append(decision);
    await storage.flush();
    const pages = await pagesOf(decisionLog, { ...anyDecision, limit: 300 });
    expect(pages.flat()).toEqual(many.toReversed());
  });

  it("are few where each has an answer of its own, and that is large", async () => {
    const { decisionLog, storage } = await aStore();
    const large = Array.from({ length: 40 }, (_, timeMs) => {
      const decision = { ...PERMIT, parameters: { text: "x".repeat(50_000) } };
      return aLoggedDecision({ timeMs, decision });
    });
    for (const decision of large) decisionLog.append(decision);
    expect((await decisionLog.list(anyDecision)).decisions).toEqual(large.toReversed());
    const [[bytes] = []] = await storage.query("SELECT max(size) FROM decision_chunks");
    expect(bytes).toBeLessThan(128 * 1024);
  });

  it("are told apart where each is large", async () => {
    const { decisionLog } = await aStore();
    const large = ["x", "é", "€"].map((character, timeMs) =>
      aLoggedDecision({ timeMs, attributes: { text: character.repeat(200_000) } }),
    );
    for (const decision of large) decisionLog.append(decision);
    expect((await decisionLog.list(anyDecision)).decisions).toEqual(large.toReversed());
  });
});

it("decisions that an older engine stored one by one are listed and filtered like all others", async () => {
  const dataDir = aDataDir();
  const db = new Database(join(dataDir, "policy-engine.db"));
  db.exec(`${MIGRATIONS.slice(0, 4).join("")}; PRAGMA user_version = 4`);
  const standing = { trustState: "TRUSTED", standing: "trusted" };
  const old = [
    aLoggedDecision({ timeMs: 1, attributes: { engine: { hour: 3 }, n: null } }),
    aLoggedDecision({ timeMs: 2, decision: DENY, clientId: 'c"1"', trust: standing as never }),
    aLoggedDecision({ timeMs: 3, redacted: true, redactedPaths: ["client.region"] }),
  ];
  const insert = db.prepare(
    "INSERT INTO decisions (time_ms, allowed, client_id, policy_type, body) VALUES (?, ?, ?, ?, ?)",
  );
  for (const one of old) {
    const { timeMs, decision, clientId, policyType } = one;
    insert.run(timeMs, decision.allowed ? 1 : 0, clientId, policyType, JSON.stringify(one));
  }
  db.exec("INSERT INTO engine (only, log_id, closed) VALUES (1, 'a log', 1)");
  db.close();

  const { decisionLog } = await aStore(dataDir);
  const added = aLoggedDecision({ timeMs: 4 });
  decisionLog.append(added);
  const listed = async (query: Partial<DecisionQuery>) =>
    (await decisionLog.list({ ...anyDecision, ...query })).decisions;
  expect(await listed({})).toEqual([...old, added].toReversed());
  expect(await listed({ ruleId: "d", allowed: false, clientId: 'c"1"' })).toEqual([old[1]]);
  expect(await listed({ ruleId: "a", allowed: true, limit: 2 })).toEqual([added, old[2]]);
});
