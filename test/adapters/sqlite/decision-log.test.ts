import { describe, expect, it } from "vitest";
import {
  aLoggedDecision,
  anyDecision,
  describeDecisionLog,
} from "../../contract/decision-log.contract.js";
import { aStore } from "../../support/sqlite.js";

describe("the decision log in SQLite", () => {
  describeDecisionLog(async () => {
    const { decisionLog, storage } = await aStore();
    return { log: decisionLog, committed: () => storage.flush() };
  });

  it("keeps decisions across a restart", async () => {
    const first = await aStore();
    const decision = aLoggedDecision();
    first.decisionLog.append(decision);
    await first.storage.close();
    const { decisionLog } = await aStore(first.dataDir);
    expect(await decisionLog.list(anyDecision)).toEqual({ decisions: [decision] });
  });

  it("drops decisions beyond 20,000 that wait, and accounts for every one", async () => {
    const { decisionLog, storage } = await aStore();
    const decision = aLoggedDecision();
    for (let n = 0; n < 25_000; n += 1) decisionLog.append(decision);
    const dropped = { overload: 5000, storage_unavailable: 0 };
    expect(decisionLog.counts()).toEqual({ recorded: 0, pending: 20_000, dropped });
    await storage.flush();
    expect(decisionLog.counts()).toEqual({ recorded: 20_000, pending: 0, dropped });
  });

  it("lists the newest of many that were appended at once", async () => {
    const { decisionLog } = await aStore();
    for (let n = 0; n < 6000; n += 1) decisionLog.append(aLoggedDecision({ timeMs: n }));
    const { decisions } = await decisionLog.list({ ...anyDecision, limit: 1 });
    expect(decisions.map(({ timeMs }) => timeMs)).toEqual([5999]);
  });

  it("finds one decision among many", async () => {
    const { decisionLog, storage } = await aStore();
    for (let n = 0; n < 3000; n += 1) {
      decisionLog.append(aLoggedDecision({ timeMs: n, clientId: n === 7 ? "rare" : "" }));
    }
    await storage.flush();
    const { decisions, next } = await decisionLog.list({ ...anyDecision, clientId: "rare" });
    expect([decisions.map(({ timeMs }) => timeMs), next]).toEqual([[7], undefined]);
  });

  it("has the counts of every recorded decision after a restart, and of no other", async () => {
    const first = await aStore();
    for (let n = 0; n < 25_000; n += 1) first.decisionLog.append(aLoggedDecision());
    await first.storage.close();
    const { decisionLog } = await aStore(first.dataDir);
    const [all] = await decisionLog.countBy("all", {}, 1);
    expect(all?.decided).toBe(20_000);
  });

  it("lists and counts a decision at once after it was appended", async () => {
    const { decisionLog } = await aStore();
    decisionLog.append(aLoggedDecision());
    expect((await decisionLog.list(anyDecision)).decisions).toHaveLength(1);
    decisionLog.append(aLoggedDecision());
    expect((await decisionLog.countBy("all", {}, 1))[0]?.decided).toBe(2);
  });
});
