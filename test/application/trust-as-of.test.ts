import { expect, describe, it } from "vitest";
import { PdpError } from "../../src/application/errors.js";
import type { Observation } from "../../src/core/trust/observation.js";
import type { TrustExplanation } from "../../src/core/trust/trust-explanation.js";
import { DEFAULT_TRUST_RULES } from "../../src/core/trust/trust-rules.js";
import { createFailingTrustStorage } from "../support/failing-trust-storage.js";
import { openAsOf, openLedger, send } from "../support/trust-ledger.js";
import {
  closed,
  opened,
  pardoned,
  poisoned,
  updated,
  violated,
} from "../support/trust-observations.js";

const CLIENTS = ["a", "b", "c", "d"];

/** `a` sends poison; `without`: nothing of it is told. */
function roundOf(round: number, without = false): Observation[] {
  const at = { round };
  const updates = CLIENTS.slice(1).map((id) => updated(id, at));
  return [opened(CLIENTS, at), ...(without ? [] : [poisoned("a", at)]), ...updates, closed(at)];
}

/** A ledger, and what explains its earlier rounds. */
async function aLedger() {
  const disk = createFailingTrustStorage();
  const storage = disk.open(() => "works");
  const ledger = await openLedger(storage);
  const asOf = openAsOf(storage);
  async function explained(round: number, clientId = "a"): Promise<TrustExplanation> {
    const evaluation = await storage.trustHistory.evaluationOf("run", round);
    if (!evaluation) throw new Error(`round ${round} was not evaluated`);
    return (await asOf(evaluation)).explain(clientId, DEFAULT_TRUST_RULES);
  }
  return { disk, ledger, explained };
}

describe("the state as of an evaluated round", () => {
  it("is what it was then, however many rounds, and checkpoints, came after it", async () => {
    const { ledger, explained } = await aLedger();
    const then: TrustExplanation[] = [];
    for (let round = 1; round <= 90; round += 1) {
      await send(ledger, roundOf(round, round > 8));
      then.push(ledger.explain("a"));
    }
    for (const round of [1, 4, 8, 20, 25, 26, 79, 80, 81, 90]) {
      expect(await explained(round)).toStrictEqual(then[round - 1]);
    }
  });

  it("has what came late for it, and for those before it", async () => {
    const [late, inTime] = await Promise.all([aLedger(), aLedger()]);
    for (const round of [1, 2, 3, 4, 5]) {
      await send(late.ledger, roundOf(round, round === 2));
      await send(inTime.ledger, roundOf(round));
      if (round === 4) await send(late.ledger, [poisoned("a", { round: 2 })]);
    }
    for (const round of [1, 2, 3, 4]) {
      expect(await late.explained(round)).toStrictEqual(await inTime.explained(round));
    }
  });

  // prettier-ignore
  it.each<[says: string, after: readonly Observation[]]>([
    ["a pardon",                       [pardoned("a")]],
    ["evidence of the next round",     [opened(CLIENTS, { round: 11 }), violated("a", "HIGH", { round: 11 })]],
    ["evidence that came too late",    [violated("a", "CRITICAL", { round: 1 })]],
  ])("has nothing of what came after it in one report with its close, such as %s", async (_says, after) => {
    const { ledger, explained } = await aLedger();
    for (let round = 1; round <= 9; round += 1) await send(ledger, roundOf(round));
    await send(ledger, roundOf(10).slice(0, -1));
    const others = await aLedger();
    for (let round = 1; round <= 10; round += 1) await send(others.ledger, roundOf(round));
    await send(ledger, [closed({ round: 10 }), ...after]);
    expect(await explained(10)).toStrictEqual(others.ledger.explain("a"));
  });

  it("is not made for more than four who ask at once", async () => {
    const { ledger, explained } = await aLedger();
    await send(ledger, roundOf(1));
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => explained(1)));
    const refused = asked.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({
      reason: new PdpError({
        reason: "OVERLOADED",
        what: "explanations of earlier rounds",
        limit: 4,
      }),
    });
    expect(await explained(1)).toStrictEqual(ledger.explain("a"));
  });
});
