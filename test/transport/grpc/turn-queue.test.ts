import { describe, expect, it } from "vitest";
import { nextTurn } from "../../../src/application/next-turn.js";
import { createTurnQueue } from "../../../src/transport/grpc/turn-queue.js";

describe("what arrives in one turn", () => {
  it("is done in order, after the turn and not in it", async () => {
    const inTurn = createTurnQueue();
    const done: string[] = [];
    for (const name of ["one", "two", "three"]) inTurn(() => done.push(name));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(["one", "two", "three"]);
  });

  it("waits for the next turn where it arrives while the others are done", async () => {
    const inTurn = createTurnQueue();
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
});
