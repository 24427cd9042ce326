import { describe, expect, it } from "vitest";
import { PdpError } from "../../src/application/errors.js";
import type { TrustLedger } from "../../src/application/trust-ledger.js";
import type { Observation } from "../../src/core/trust/observation.js";
import {
  type CallFate,
  createFailingTrustStorage,
  type StorageCall,
} from "../support/failing-trust-storage.js";
import { openLedger, send } from "../support/trust-ledger.js";
import { closed, opened, poisoned, updated, violated } from "../support/trust-observations.js";

const CLIENTS = ["a", "b", "c", "d"];
/** `a` sends poison. */
const updatesOf = (round: number): Observation[] => [
  poisoned("a", { round }),
  ...CLIENTS.slice(1).map((id) => updated(id, { round })),
];
const roundOf = (round: number): Observation[] => [
  opened(CLIENTS, { round }),
  ...updatesOf(round),
  closed({ round }),
];
const readings = (ledger: TrustLedger) => CLIENTS.map((id) => ledger.reading(id));

/** Six rounds, after which `a` is excluded. `failing`: calls that fail after so many that work. */
async function aLedger() {
  const disk = createFailingTrustStorage();
  const failing = new Map<StorageCall, number>();
  const fateOf = (call: StorageCall): CallFate => {
    const left = failing.get(call) ?? Infinity;
    failing.set(call, left - 1);
    return left > 0 ? "works" : "fail";
  };
  const open = (
    ...model: Parameters<typeof openLedger> extends [unknown, ...infer M] ? M : never
  ) => openLedger(disk.open(fateOf), ...model);
  const ledger = await open();
  for (let round = 1; round <= 6; round += 1) await send(ledger, roundOf(round));
  expect(ledger.reading("a")).toMatchObject({ state: "EXCLUDED" });
  return { disk, failing, open, ledger };
}

const REFUSED = { status: "rejected", reason: expect.any(PdpError) as unknown };

describe("after a database was set aside", () => {
  it("a recalculation begins with what was known, and changes nothing", async () => {
    const { disk, ledger } = await aLedger();
    disk.setAside();
    await ledger.storeAnew();
    await send(ledger, roundOf(7));
    const before = readings(ledger);
    expect(await ledger.recalculate()).toStrictEqual({
      ...{ clients: 4, observations: 6, differences: 0 },
    });
    expect(readings(ledger)).toStrictEqual(before);
  });

  it("what it begins with outlasts any number of checkpoints", async () => {
    const { disk, ledger, open } = await aLedger();
    disk.setAside();
    await ledger.storeAnew();
    for (let round = 7; round <= 45; round += 1) await send(ledger, roundOf(round));
    const before = readings(ledger);
    const again = await open();
    expect(readings(again)).toStrictEqual(before);
    expect((await again.recalculate()).differences).toBe(0);
  });

  it("another model goes on from what was known, and back again nothing has changed", async () => {
    const { disk, ledger, open } = await aLedger();
    disk.setAside();
    await ledger.storeAnew();
    await send(ledger, roundOf(7));
    const before = readings(ledger);
    const literal = await open("seed-literal-1");
    expect(literal.reading("a")).toMatchObject({ state: "EXCLUDED", roundsObserved: 7 });
    expect((await literal.recalculate()).differences).toBe(0);
    expect(readings(await open())).toStrictEqual(before);
  });

  it("no report is taken before the new one has what was known, and then all of it", async () => {
    const { disk, failing, ledger, open } = await aLedger();
    disk.setAside();
    failing.set("saveCheckpoint", 0);
    const stored = ledger.storeAnew();
    const [refused] = await Promise.allSettled([send(ledger, roundOf(7))]);
    expect(refused).toMatchObject(REFUSED);
    expect(ledger.reading("a").state).toBe("EXCLUDED");
    failing.clear();
    await stored;
    expect(await send(ledger, roundOf(7))).toMatchObject({ accepted: 6, rejected: [] });
    expect(readings(await open())).toStrictEqual(readings(ledger));
  });

  it("what was on its way is refused, and taken when it is repeated", async () => {
    const { disk, ledger } = await aLedger();
    await send(ledger, [opened(CLIENTS, { round: 7 })]);
    const sent = Promise.allSettled([
      send(ledger, updatesOf(7)),
      send(ledger, [closed({ round: 7 })]),
    ]);
    disk.setAside();
    await ledger.storeAnew();
    expect(await sent).toMatchObject([REFUSED, REFUSED]);
    await send(ledger, updatesOf(7));
    await send(ledger, [closed({ round: 7 })]);
    expect(ledger.reading("a").roundsObserved).toBe(7);
    expect((await ledger.recalculate()).differences).toBe(0);
  });
});

describe("a report is not taken for a repetition of one that was never stored", () => {
  it("where the log could not be read after the door had taken some of it", async () => {
    const { failing, ledger } = await aLedger();
    await send(ledger, [opened(CLIENTS, { round: 7 })]);
    const mixed = [...updatesOf(7), violated("b", "LOW", { round: 1 })];
    failing.set("ofRound", 0);
    await expect(send(ledger, mixed)).rejects.toThrow(PdpError);
    failing.clear();
    expect(await send(ledger, mixed)).toMatchObject({ accepted: 4, duplicates: 0, late: 1 });
  });

  it("where a checkpoint was stored while it was on its way", async () => {
    const { failing, ledger, open } = await aLedger();
    for (let round = 7; round <= 9; round += 1) await send(ledger, roundOf(round));
    await send(ledger, [...roundOf(10).slice(0, -1), opened(CLIENTS, { round: 11 })]);
    // The tenth evaluation; the next report passes the door meanwhile, and cannot be stored.
    failing.set("append", 1);
    const tenth = send(ledger, [closed({ round: 10 })]);
    const next = Promise.allSettled([send(ledger, updatesOf(11))]);
    await tenth;
    expect(await next).toMatchObject([REFUSED]);
    failing.clear();
    const again = await open();
    expect(await send(again, updatesOf(11))).toMatchObject({ accepted: 4, duplicates: 0 });
  });

  it("where the same is on its way already, and does not arrive", async () => {
    const { failing, ledger } = await aLedger();
    failing.set("append", 0);
    const both = await Promise.allSettled([send(ledger, roundOf(7)), send(ledger, roundOf(7))]);
    expect(both).toMatchObject([REFUSED, REFUSED]);
  });
});
