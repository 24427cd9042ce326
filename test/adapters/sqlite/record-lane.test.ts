import { describe, expect, it } from "vitest";
import { createRecordLane, type Waiter } from "../../../src/adapters/sqlite/record-lane.js";
import { storedRows } from "../../../src/adapters/sqlite/stored-rows.js";

const MI = 2 ** 20;
const waiter: Waiter = { resolve: () => undefined, reject: () => undefined };

/** A lane with bodies of so many MiB; `true`: somebody waits for it. */
function laneOf(bodies: readonly (readonly [length: number, waits?: boolean])[], besideLength = 0) {
  const lane = createRecordLane<string, string>(
    {
      withinMs: 10,
      insertSql: "",
      paramsOf: storedRows,
      rowOf: (body) => ({ columns: "", body, besideLength }),
      onCommitted: () => undefined,
      onDropped: () => undefined,
    },
    () => undefined,
  );
  for (const [length, waits] of bodies)
    lane.push("x".repeat(length * MI), waits ? waiter : undefined);
  return lane;
}

describe("a batch holds at most 32 MiB of bodies, whatever their number", () => {
  it.each([
    ["all that fit", [[16], [16], [1]], false, 2],
    ["the first alone where the second does not fit", [[20], [20], [20]], false, 1],
    ["one that is longer by itself", [[40], [1]], false, 1],
    ["of those who wait", [[1], [20, true], [20, true]], true, 1],
    ["of those who wait, all that fit", [[40], [16, true], [1], [16, true]], true, 2],
  ] as const)("%s", (_says, bodies, onlyWaiting, size) => {
    const lane = laneOf(bodies);
    expect(lane.take({ limit: 2048, onlyWaiting })?.size).toBe(size);
    expect(lane.queued()).toBe(bodies.length - size);
  });

  it("at most as many as are asked for", () => {
    expect(laneOf([[0], [0], [0]]).take({ limit: 2, onlyWaiting: false })?.size).toBe(2);
  });
});

it("what is stored beside a body counts like it", () => {
  const lane = laneOf([[10], [10], [10]], 6 * MI);
  expect(lane.pendingLength()).toBe(48 * MI);
  expect(lane.take({ limit: 2048, onlyWaiting: false })?.size).toBe(2);
});

describe("the length of what is pending", () => {
  const ok = { ok: true, lastIds: [1] } as const;
  const refused = { ok: false, message: "no" } as const;

  it.each<[says: string, end: (lane: ReturnType<typeof laneOf>) => void, left: number]>([
    ["is that of all bodies before they are taken", () => undefined, 6],
    ["and while they are written", (lane) => lane.take({ limit: 2, onlyWaiting: false }), 6],
    ["not of what is stored", (lane) => lane.take({ limit: 2, onlyWaiting: false })?.settle(ok), 3],
    ["nor refused", (lane) => lane.take({ limit: 2, onlyWaiting: false })?.settle(refused), 3],
    [
      "but of what is tried again",
      (lane) => lane.take({ limit: 2, onlyWaiting: false })?.fail("full"),
      5,
    ],
    [
      "nothing after all is given up",
      (lane) => {
        lane.dropAll("the end");
      },
      0,
    ],
  ])("%s", (_says, end, left) => {
    const lane = laneOf([[1, true], [2], [3]]);
    end(lane);
    expect(lane.pendingLength()).toBe(left * MI);
  });
});
