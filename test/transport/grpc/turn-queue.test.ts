import { describe, expect, it } from "vitest";
import { nextTurn } from "../../../src/application/next-turn.js";
import { createTurnQueue } from "../../../src/transport/grpc/turn-queue.js";

const fail = (error: unknown): void => {
  throw error;
};

describe("what arrives in one turn", () => {
  it("is done in order, after the turn and not in it", async () => {
    const inTurn = createTurnQueue(fail);
    const done: string[] = [];
    for (const name of ["one", "two", "three"]) inTurn(() => done.push(name));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(["one", "two", "three"]);
  });

  it("waits for the next turn where it arrives while the others are done", async () => {
    const inTurn = createTurnQueue(fail);
    const done: string[] = [];
    inTurn(() => {
      inTurn(() => done.push("of the next turn"));
      done.push("of this turn");
    });
    await nextTurn();
    expect(done).toEqual(["of this turn"]);
    await nextTurn();
    expect(done).toEqual(["of this turn", "of the next turn"]);
  });

  it("is done although something that came with it throws, and that is told", async () => {
    const thrown: unknown[] = [];
    const inTurn = createTurnQueue((error) => thrown.push(error));
    const done: string[] = [];
    const bug = new TypeError("of the second");
    inTurn(() => done.push("one"));
    inTurn(() => {
      throw bug;
    });
    inTurn(() => done.push("three"));
    await nextTurn();
    expect({ done, thrown }).toEqual({ done: ["one", "three"], thrown: [bug] });
  });
});
