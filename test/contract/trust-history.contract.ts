import { expect, it } from "vitest";
import type { EventLog } from "../../src/application/ports/event-log.js";
import type {
  TrustCheckpoint,
  TrustHistory,
  TrustRecord,
} from "../../src/application/ports/trust-history.js";
import { anEvent } from "../support/events.js";

export interface TrustHistoryUnderTest {
  readonly history: TrustHistory;
  readonly eventLog: EventLog;
}

export const anEvaluation = (evaluation: number) => ({
  ...{ evaluation, runId: evaluation === 2 ? "other" : "run", round: evaluation },
  rulesHash: "hash",
});

export function aTrustRecord(record: Partial<TrustRecord> = {}): TrustRecord {
  return { throughPosition: 1, evaluations: [], points: [], events: [], ...record };
}

/** All that are kept, the newest first. */
export async function checkpointsOf(history: TrustHistory): Promise<readonly TrustCheckpoint[]> {
  const found: TrustCheckpoint[] = [];
  for (let next = await history.checkpoint(); next;) {
    found.push(next);
    next = await history.checkpoint(next.position);
  }
  return found;
}

/** What every trust history promises. `create` gives an empty one. */
export function describeTrustHistory(create: () => Promise<TrustHistoryUnderTest>): void {
  const at = (clientId: string, evaluation: number, score = evaluation) => ({
    ...{ clientId, evaluation, point: { score } },
  });
  /** client "a" in every evaluation, "b" in every third. */
  const filled = async (count: number): Promise<TrustHistory> => {
    const { history } = await create();
    for (let evaluation = 1; evaluation <= count; evaluation += 1) {
      await history.record(
        aTrustRecord({
          throughPosition: evaluation * 10,
          evaluations: [anEvaluation(evaluation)],
          points: ["a", ...(evaluation % 3 === 0 ? ["b"] : [])].map((id) => at(id, evaluation)),
        }),
      );
    }
    return history;
  };
  const evaluationsOf = async (
    history: TrustHistory,
    ...query: Parameters<TrustHistory["points"]>
  ): Promise<number[]> => (await history.points(...query)).map(({ evaluation }) => evaluation);

  it("starts empty", async () => {
    const { history } = await create();
    expect(await history.progress()).toEqual({ position: 0, model: "" });
    expect(await history.points("a", 0, 10)).toEqual([]);
    expect(await history.pointAt("a", 10)).toBeUndefined();
    expect(await checkpointsOf(history)).toEqual([]);
  });

  it("gives back points as they were, to the last bit, whatever the client is called", async () => {
    const { history } = await create();
    const points = ["a", "__proto__", "'\"ü", "1"].map((id, n) => at(id, 1, 1 / (3 + n)));
    await history.record(aTrustRecord({ points }));
    for (const point of points) expect(await history.pointAt(point.clientId, 1)).toEqual(point);
  });

  it.each<[says: string, client: string, after: number, limit: number, evaluations: number[]]>([
    ["all points of a client", "b", 0, 10, [3, 6]],
    ["those after an evaluation", "b", 3, 10, [6]],
    ["no more than the limit", "a", 2, 3, [3, 4, 5]],
    ["none where the limit is 0", "a", 0, 0, []],
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
    const { history } = await create();
    const points = Array.from({ length: 300 }, (_, index) => at("a", index + 1));
    await history.record(aTrustRecord({ points: [...points, at("b", 1)] }));
    expect(await evaluationsOf(history, "a", 0, 1000)).toHaveLength(300);
    expect((await history.pointAt("b", 300))?.evaluation).toBe(1);
  });

  it("puts points that are recorded again in the place of the old ones, and keeps the others", async () => {
    const { history } = await create();
    const clients = Array.from({ length: 2000 }, (_, number) => `client-${number}`);
    await history.record(aTrustRecord({ points: clients.map((id) => at(id, 1)) }));
    await history.record(aTrustRecord({ points: [at("client-7", 1, 0.9)] }));
    const scores = await Promise.all(
      clients.map(async (id) => (await history.pointAt(id, 1))?.point["score"]),
    );
    expect(scores).toEqual(clients.map((id) => (id === "client-7" ? 0.9 : 1)));
  });

  it("finds an evaluation by its round, and those of a range in order", async () => {
    const history = await filled(4);
    expect(await history.evaluationOf("other", 2)).toEqual(anEvaluation(2));
    expect(await history.evaluationOf("run", 2)).toBeUndefined();
    expect(await history.evaluations(2, 3)).toEqual([anEvaluation(2), anEvaluation(3)]);
  });

  it("keeps points and events of any number, each once", async () => {
    const { history, eventLog } = await create();
    const count = 13_000;
    const events = Array.from({ length: count }, (_, index) => anEvent({ eventId: `${index}` }));
    const points = events.map((_, client) => at(`client-${client}`, 1, client));
    await history.record(aTrustRecord({ evaluations: [anEvaluation(1)], points, events }));
    for (const point of [points[0], points[6_500], points[count - 1]]) {
      expect(await history.points(point?.clientId ?? "", 0, 9)).toEqual([point]);
    }
    expect(eventLog.newestSequence()).toBe(count);
    const newest = await eventLog.read(count - 10, 10);
    expect(newest.map(({ eventId }) => eventId)).toEqual(
      events.slice(-10).map(({ eventId }) => eventId),
    );
  });

  it("appends events with what they are about, and knows how far it has come", async () => {
    const { history, eventLog } = await create();
    const event = anEvent({ eventType: "TRUST_CHANGED" });
    await history.record(aTrustRecord({ throughPosition: 17, events: [event] }));
    expect(await eventLog.read(0, 10)).toEqual([{ ...event, sequence: 1 }]);
    expect((await history.progress()).position).toBe(17);
  });

  it("keeps the newest two checkpoints, the newest first, with all that structured clone copies", async () => {
    const { history } = await create();
    const checkpoints = [10, 20, 30].map((position) => ({
      ...{ position, evaluation: position / 5, model: "m" },
      state: { numbers: new Float64Array([0.1, Number.NaN]), map: new Map([["a", position]]) },
    }));
    for (const checkpoint of checkpoints) await history.saveCheckpoint(checkpoint);
    expect(await checkpointsOf(history)).toEqual(checkpoints.slice(1).reverse());
  });

  it("keeps besides the checkpoint that the log begins with, for another model too", async () => {
    const { history } = await create();
    const checkpoints = [0, 10, 20, 30].map((position) => ({
      ...{ position, evaluation: position, model: "m", state: { position } },
    }));
    for (const checkpoint of checkpoints) await history.saveCheckpoint(checkpoint);
    const positions = async () => (await checkpointsOf(history)).map(({ position }) => position);
    expect(await positions()).toEqual([30, 20, 0]);
    await history.begin("other");
    expect(await positions()).toEqual([0]);
  });

  it("begins anew for another model", async () => {
    const history = await filled(3);
    await history.saveCheckpoint({ position: 1, evaluation: 3, model: "m", state: {} });
    await history.begin("other");
    expect(await history.progress()).toEqual({ position: 0, model: "other" });
    expect([await history.points("a", 0, 9), await checkpointsOf(history)]).toEqual([[], []]);
    expect(await history.evaluationOf("run", 1)).toBeUndefined();
  });
}
