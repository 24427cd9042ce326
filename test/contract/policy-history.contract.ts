import { expect, it } from "vitest";
import type { EventLog } from "../../src/application/ports/event-log.js";
import type { PolicyHistory, PolicyIntent } from "../../src/application/ports/policy-history.js";
import { anEvent } from "../support/events.js";

export interface PolicyHistoryUnderTest {
  readonly history: PolicyHistory;
  readonly eventLog: EventLog;
}

export const anIntent = (policyVersion: number, facts: Partial<PolicyIntent> = {}) => ({
  intentId: `intent-${policyVersion}`,
  policyVersion,
  createTimeMs: 1_750_000_000_000 + policyVersion,
  actor: "127.0.0.1",
  reason: "why not",
  source: "api" as const,
  contentHash: `hash-${policyVersion}`,
  documents: [{ id: "net", rules: [{ action: "deny", match: { list: [1, "ä\u0000", null] } }] }],
  origins: new Map([
    ["net", { etag: "e", policyVersion: 1, updateTimeMs: 2, createTimeMs: 3, throughApi: true }],
    ["__proto__", { etag: "", policyVersion: 1, updateTimeMs: 2, throughApi: false }],
  ]),
  ...facts,
});

/** What every policy history promises. `create` gives an empty one. */
export function describePolicyHistory(create: () => Promise<PolicyHistoryUnderTest>): void {
  const filled = async (...versions: number[]): Promise<PolicyHistoryUnderTest> => {
    const tested = await create();
    for (const version of versions) {
      await tested.history.begin(anIntent(version));
      await tested.history.commit(`intent-${version}`, []);
    }
    return tested;
  };
  const numbers = async (history: PolicyHistory, query: { limit: number; before?: number }) =>
    (await history.list(query)).map(({ policyVersion }) => policyVersion);
  const typesOf = async (eventLog: EventLog) =>
    (await eventLog.read(0, 100)).map(({ eventType }) => eventType);

  it("starts empty: no version, and no intent", async () => {
    const { history } = await create();
    const empty = [await history.newest(), await history.get(1), await history.openIntent()];
    expect([empty, await history.list({ limit: 10 })]).toEqual([
      [undefined, undefined, undefined],
      [],
    ]);
  });

  it("gives back an open intent as it was begun, and no version yet", async () => {
    const { history } = await create();
    await history.begin(anIntent(3));
    expect(await history.openIntent()).toEqual(anIntent(3));
    expect(await history.newest()).toBeUndefined();
  });

  it("makes a committed intent a version with its content, and no intent is open then", async () => {
    const { history } = await filled(3);
    const { intentId: _intentId, ...version } = anIntent(3);
    expect(await history.get(3)).toEqual(version);
    expect(await history.openIntent()).toBeUndefined();
  });

  it("tells the newest version without its content", async () => {
    const { history } = await filled(3, 4);
    const { policyVersion, createTimeMs, actor, reason, source, contentHash } = anIntent(4);
    const record = { policyVersion, createTimeMs, actor, reason, source, contentHash };
    expect(await history.newest()).toEqual(record);
  });

  it("appends the events of a version with it, in order", async () => {
    const { history, eventLog } = await create();
    await history.begin(anIntent(1));
    const events = ["POLICY_CREATED", "POLICY_DELETED"].map((eventType) => anEvent({ eventType }));
    await history.commit("intent-1", events);
    expect(await typesOf(eventLog)).toEqual(["POLICY_CREATED", "POLICY_DELETED"]);
  });

  it("refuses to commit an intent that is not open, and appends nothing", async () => {
    const { history, eventLog } = await create();
    await history.begin(anIntent(1));
    await expect(history.commit("another", [anEvent()])).rejects.toThrow();
    expect([await typesOf(eventLog), await history.newest()]).toEqual([[], undefined]);
    expect(await history.openIntent()).toEqual(anIntent(1));
  });

  it("drops an intent without a trace", async () => {
    const { history } = await create();
    await history.begin(anIntent(1));
    await history.drop("intent-1");
    expect([await history.openIntent(), await history.newest()]).toEqual([undefined, undefined]);
  });

  it("leaves the open intent when another is dropped", async () => {
    const { history } = await create();
    await history.begin(anIntent(1));
    await history.drop("another");
    expect(await history.openIntent()).toEqual(anIntent(1));
  });

  it("has one open intent: the one begun last", async () => {
    const { history } = await create();
    await history.begin(anIntent(1));
    await history.begin(anIntent(2));
    expect(await history.openIntent()).toEqual(anIntent(2));
  });

  it.each<[says: string, query: { limit: number; before?: number }, expected: number[]]>([
    ["lists the newest first", { limit: 10 }, [7, 5, 4, 2]],
    ["lists no more than the limit", { limit: 2 }, [7, 5]],
    ["lists what is below a version", { limit: 10, before: 5 }, [4, 2]],
    ["lists nothing below the first", { limit: 10, before: 2 }, []],
  ])("%s", async (_says, query, expected) => {
    const { history } = await filled(2, 4, 5, 7);
    expect(await numbers(history, query)).toEqual(expected);
  });

  it("never gives a number twice, and none at or below a version", async () => {
    const { history } = await filled(5);
    expect([await history.nextVersion(1), await history.nextVersion(1)]).toEqual([6, 7]);
  });

  it("gives a number at least as high as asked", async () => {
    const { history } = await filled(5);
    expect([await history.nextVersion(40), await history.nextVersion(8)]).toEqual([40, 41]);
  });
}
