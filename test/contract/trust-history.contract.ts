import { expect, it } from "vitest";
import type { EventLog } from "../../src/application/ports/event-log.js";
import type { ObservationLog } from "../../src/application/ports/observation-log.js";
import type { TrustHistory } from "../../src/application/ports/trust-history.js";
import { anEvent } from "../support/events.js";

export interface TrustHistoryUnderTest {
  readonly history: TrustHistory;
  /** The log whose evaluations the history is about. */
  readonly observationLog: ObservationLog;
  readonly eventLog: EventLog;
}

/** What every trust history promises. `create` gives an empty one. */
export function describeTrustHistory(create: () => Promise<TrustHistoryUnderTest>): void {
  const evaluated = async (count: number): Promise<TrustHistoryUnderTest> => {
    const tested = await create();
    const evaluations = Array.from({ length: count }, (_, index) => ({
      ...{ evaluation: index + 1, runId: "run", round: index + 1, rulesHash: "hash" },
    }));
    await tested.observationLog.append({ observations: [], evaluations, rules: [] });
    return tested;
  };
  const at = (clientId: string, score: number) => ({ clientId, point: { score } });
  /** client "a" in every evaluation, "b" in every third. */
  const filled = async (count: number): Promise<TrustHistory> => {
    const { history } = await evaluated(count);
    for (let evaluation = 1; evaluation <= count; evaluation += 1) {
      const both = [
        at("a", evaluation / 3),
        ...(evaluation % 3 === 0 ? [at("b", evaluation)] : []),
      ];
      await history.record(evaluation, both, []);
    }
    return history;
  };
  const evaluationsOf = async (
    history: TrustHistory,
    ...query: Parameters<TrustHistory["points"]>
  ): Promise<number[]> => (await history.points(...query)).map(({ evaluation }) => evaluation);

  it("starts empty", async () => {
    const { history } = await create();
    expect(await history.lastRecorded()).toBe(0);
    expect(await history.points("a", 0, 10)).toEqual([]);
    expect(await history.pointAt("a", 10)).toBeUndefined();
    expect(await history.checkpoints()).toEqual([]);
  });

  it("gives back a point as it was, to the last bit", async () => {
    const history = await filled(1);
    expect(await history.points("a", 0, 10)).toEqual([
      { clientId: "a", evaluation: 1, point: { score: 1 / 3 } },
    ]);
  });

  it.each<[says: string, client: string, after: number, limit: number, evaluations: number[]]>([
    ["all points of a client", "b", 0, 10, [3, 6]],
    ["those after an evaluation", "b", 3, 10, [6]],
    ["no more than the limit", "a", 2, 3, [3, 4, 5]],
    ["none of a client without any", "c", 0, 10, []],
  ])("lists %s", async (_says, client, after, limit, evaluations) => {
    expect(await evaluationsOf(await filled(7), client, after, limit)).toEqual(evaluations);
  });

  it.each<[says: string, evaluation: number, score: number | undefined]>([
    ["of that evaluation", 3, 3],
    ["before it", 5, 3],
    ["none before the first", 2, undefined],
  ])("finds the point %s", async (_says, evaluation, score) => {
    const point = await (await filled(7)).pointAt("b", evaluation);
    expect(point?.point["score"]).toBe(score);
  });

  it("finds points beyond one read, in both directions", async () => {
    const { history } = await evaluated(300);
    await history.record(1, [at("b", 1)], []);
    for (let evaluation = 2; evaluation <= 300; evaluation += 1) {
      await history.record(evaluation, [at("a", evaluation)], []);
    }
    expect(await evaluationsOf(history, "a", 0, 1000)).toHaveLength(299);
    expect((await history.pointAt("b", 300))?.evaluation).toBe(1);
  });

  it("puts points that are recorded again in the place of the old ones", async () => {
    const history = await filled(3);
    await history.record(2, [at("a", 0.9)], []);
    expect((await history.pointAt("a", 2))?.point).toEqual({ score: 0.9 });
    expect(await history.lastRecorded()).toBe(3);
  });

  it("appends the events of an evaluation with its points", async () => {
    const { history, eventLog } = await evaluated(1);
    const event = anEvent({ eventType: "TRUST_CHANGED" });
    await history.record(1, [at("a", 1)], [event]);
    expect(await eventLog.read(0, 10)).toEqual([{ ...event, sequence: 1 }]);
  });

  it("keeps the newest two checkpoints, the newest first", async () => {
    const { history } = await create();
    const checkpoints = [10, 20, 30].map((evaluation) => ({
      ...{ evaluation, position: evaluation * 5, model: "m", state: `{"${evaluation}":1}` },
    }));
    for (const checkpoint of checkpoints) await history.saveCheckpoint(checkpoint);
    expect(await history.checkpoints()).toEqual(checkpoints.slice(1).reverse());
  });

  it("lets go of everything", async () => {
    const history = await filled(3);
    await history.saveCheckpoint({ evaluation: 3, position: 1, model: "m", state: "{}" });
    await history.clear();
    expect([await history.points("a", 0, 9), await history.checkpoints()]).toEqual([[], []]);
  });
}
