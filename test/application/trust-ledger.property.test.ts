import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrustLedger } from "../../src/application/trust-ledger.js";
import type { Observation } from "../../src/core/trust/observation.js";
import {
  type CallFate,
  createFailingTrustStorage,
  type StorageCall,
} from "../support/failing-trust-storage.js";
import { openLedger, send } from "../support/trust-ledger.js";
import { closed, opened, poisoned, updated, violated } from "../support/trust-observations.js";

const CLIENTS = ["a", "b", "c", "d", "e"];
const works = (): CallFate => "works";

/** Two of five clients send poison, so that they are excluded. Every fourth round is told late, too. */
function reportsOf(rounds: number): Observation[][] {
  return Array.from({ length: rounds }, (_, index) => {
    const round = index + 1;
    const at = { round, observeTimeMs: round };
    const [first, ...rest] = CLIENTS.map((id) => (id < "c" ? poisoned(id, at) : updated(id, at)));
    const old = { round: round - 4, observeTimeMs: round, reporter: "late" };
    const late = round > 4 && round % 4 === 0 ? [violated("c", "LOW", old)] : [];
    return [[opened(CLIENTS, at), ...(first ? [first] : [])], [...rest, ...late], [closed(at)]];
  }).flat();
}

const nameOf = (one: { kind: string; runId?: string; round?: number; clientId?: string }): string =>
  `${one.kind} ${one.runId ?? ""} ${one.round ?? 0} ${one.clientId ?? ""}`;

const readings = (ledger: TrustLedger) => CLIENTS.map((id) => ledger.reading(id));

async function undisturbed(reports: readonly Observation[][]) {
  const ledger = await openLedger(createFailingTrustStorage().open(works));
  for (const report of reports) await send(ledger, report);
  return readings(ledger);
}

const CALLS: readonly StorageCall[] = [
  ...(["append", "read", "ofRound"] as const),
  ...(["saveCheckpoint", "record", "checkpoint"] as const),
];
/** What goes wrong: with which call, counted over the whole test. */
const trouble = fc.record({
  call: fc.constantFrom(...CALLS, "append" as const, "append" as const),
  number: fc.integer({ min: 1, max: 40 }),
  fate: fc.constantFrom<CallFate>("fail", "fail", "kill", "late kill"),
});

describe("whatever fails, and whenever the process is killed", () => {
  it("repeating what was not acknowledged loses nothing, and the trust is what it would have been", async () => {
    const reports = reportsOf(22);
    const expected = await undisturbed(reports);
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 2 }),
        fc.integer({ min: 1, max: 4 }),
        async (troubles, setAsideAt, atOnce) => {
          const disk = createFailingTrustStorage();
          const calls = new Map<StorageCall, number>();
          let isBeginning = false;
          const fateOf = (call: StorageCall): CallFate => {
            const number = (calls.get(call) ?? 0) + 1;
            calls.set(call, number);
            const found = troubles.find((one) => one.call === call && one.number === number);
            const fate = found?.fate ?? "works";
            // What is known of clients is in no file until the new database has it.
            return isBeginning && fate !== "works" ? "fail" : fate;
          };
          const start = async () => {
            for (;;) {
              const storage = disk.open(fateOf);
              const ledger = await Promise.race([
                openLedger(storage).catch(() => undefined),
                storage.killed,
              ]);
              if (ledger) return { ledger, ...storage };
            }
          };
          let engine = await start();
          const dies = async () => {
            await engine.killed;
            return "killed" as const;
          };
          const setAsides = setAsideAt.toSorted((one, other) => one - other);
          for (let next = 0; next < reports.length;) {
            if (next >= (setAsides[0] ?? Infinity)) {
              setAsides.shift();
              if (engine.isKilled()) engine = await start();
              disk.setAside();
              isBeginning = true;
              await engine.ledger.storeAnew();
              isBeginning = false;
            }
            const together = reports.slice(next, next + atOnce);
            const sent = together.map((report) =>
              Promise.race([send(engine.ledger, report).catch(() => "refused" as const), dies()]),
            );
            const answers = await Promise.all(sent);
            if (answers.includes("killed")) engine = await start();
            const failed = answers.findIndex((answer) => typeof answer === "string");
            next = failed < 0 ? next + atOnce : next + failed;
          }
          expect(readings(engine.ledger)).toStrictEqual(expected);
          const stored = new Set((await disk.everStored()).map(nameOf));
          expect(
            reports
              .flat()
              .map(nameOf)
              .filter((name) => !stored.has(name)),
          ).toStrictEqual([]);
          const last = await openLedger(disk.open(works));
          expect(readings(last)).toStrictEqual(expected);
          expect((await last.recalculate()).differences).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
