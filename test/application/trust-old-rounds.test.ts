import { describe, expect, it } from "vitest";
import type { TrustLedger } from "../../src/application/trust-ledger.js";
import type { Observation } from "../../src/core/trust/observation.js";
import { createFailingTrustStorage } from "../support/failing-trust-storage.js";
import { openLedger, send } from "../support/trust-ledger.js";
import { closed, dropped, opened, updated } from "../support/trust-observations.js";

const roundOf = (round: number): Observation[] => [
  opened(["a", "b"], { round }),
  updated("a", { round }),
  updated("b", { round }),
  closed({ round }),
];

/** Round 1 is more than two closed rounds ago; round 2 was never opened. */
async function aLedger() {
  const disk = createFailingTrustStorage();
  const ledger = await openLedger(disk.open(() => "works"));
  for (const round of [1, 3, 4, 5]) await send(ledger, roundOf(round));
  return { disk, ledger };
}

/** What became of each of these, in one report. */
async function told(ledger: TrustLedger, observations: readonly Observation[]): Promise<object> {
  const { accepted, duplicates, late, rejected } = await send(ledger, observations);
  const reasons = rejected.map(({ index, reason }) => `${index} ${reason}`);
  return { accepted, duplicates, late, reasons };
}

const NONE = { accepted: 0, duplicates: 0, late: 0, reasons: [] };
const again = (selected: readonly string[], more: Parameters<typeof opened>[1] = {}): Observation =>
  opened(selected, { round: 1, ...more });

describe("of a round that is older than what a late report may reach", () => {
  // prettier-ignore
  it.each<[says: string, reports: readonly Observation[], answer: object]>([
    ["a repeated opening is a duplicate",                  [again(["a", "b"])],                                          { duplicates: 1 }],
    ["also with the clients in another order",             [again(["b", "a"])],                                          { duplicates: 1 }],
    ["an opening for other clients is a conflict",         [again(["a", "c"])],                                          { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["for fewer too",                                      [again(["a"])],                                               { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["and for more",                                       [again(["a", "b", "c"])],                                     { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["whoever reports it",                                 [again(["a", "c"], { reporter: "two" })],                     { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["with another deadline as well",                      [again(["a", "b"], { deadlineMs: 1 })],                       { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["the same from a second reporter is late",            [again(["a", "b"], { reporter: "two" })],                     { late: 1 }],
    ["a contradicting update is a conflict",               [dropped("a", { round: 1 })],                                 { reasons: ["0 OBSERVATION_CONFLICT"] }],
    ["an opening of one that never was opened is late",    [again(["x"], { round: 2 })],                                 { late: 1 }],
    ["and what contradicts it in the same report, a conflict", [again(["x"], { round: 2 }), again(["y"], { round: 2, reporter: "two" })], { late: 1, reasons: ["1 OBSERVATION_CONFLICT"] }],
  ])("%s", async (_says, reports, answer) => {
    const { ledger } = await aLedger();
    expect(await told(ledger, reports)).toStrictEqual({ ...NONE, ...answer });
  });

  it("what contradicts a late opening is a conflict in the next report too", async () => {
    const { ledger } = await aLedger();
    await send(ledger, [again(["x"], { round: 2 })]);
    expect(await told(ledger, [again(["y"], { round: 2, reporter: "two" })])).toStrictEqual({
      ...{ ...NONE, reasons: ["0 OBSERVATION_CONFLICT"] },
    });
  });

  it("nobody can tell once the database with it was set aside: then it is late", async () => {
    const { disk, ledger } = await aLedger();
    disk.setAside();
    await ledger.storeAnew();
    expect(await told(ledger, [again(["a", "c"])])).toStrictEqual({ ...NONE, late: 1 });
  });

  it("a conflict changes nothing", async () => {
    const { ledger } = await aLedger();
    const before = ledger.reading("a");
    await send(ledger, [again(["a", "c"])]);
    expect(ledger.reading("a")).toStrictEqual(before);
    expect((await ledger.recalculate()).differences).toBe(0);
  });
});
