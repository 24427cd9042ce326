import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type {
  LoggedObservation,
  ObservationLog,
} from "../../src/application/ports/observation-log.js";

export function anObservation(observation: Partial<LoggedObservation> = {}): LoggedObservation {
  return {
    observationId: randomUUID(),
    kind: "update_reported",
    runId: "run-1",
    round: 1,
    clientId: "client-1",
    reporter: "fl-server",
    receivedMs: 1_750_000_000_000,
    late: false,
    payload: { outcome: "COMPLETED", alignment_ratio: 0.1 + 0.2 },
    ...observation,
  };
}

/** Appends observations and nothing else. */
export function logged(
  log: ObservationLog,
  ...observations: readonly LoggedObservation[]
): Promise<number> {
  return log.append({ observations, rules: [] });
}

/** What every observation log promises. `create` gives an empty one. */
export function describeObservationLog(create: () => Promise<ObservationLog>): void {
  const clientsOf = (found: readonly LoggedObservation[]) => found.map(({ clientId }) => clientId);

  it("gives back every field as it was appended, with positions from 1", async () => {
    const log = await create();
    const observations = [
      anObservation(),
      anObservation({
        ...{ kind: "client_registered", runId: "", round: 0, clientId: "spiffe://a/b:c 'ü\"" },
        ...{
          observedMs: 5.5,
          late: true,
          payload: { owner: "", nested: { list: [null, 1e-300] } },
        },
      }),
    ];
    expect(await log.read(0, 10)).toEqual([]);
    expect(await logged(log, ...observations)).toBe(2);
    const stored = observations.map((one, index) => ({ ...one, position: index + 1 }));
    expect(await log.read(0, 10)).toEqual(stored);
  });

  it.each<[says: string, after: number, limit: number, positions: number[]]>([
    ["reads after a position", 3, 10, [4, 5]],
    ["reads no more than the limit", 1, 2, [2, 3]],
    ["reads nothing after the newest", 5, 10, []],
  ])("%s", async (_says, after, limit, positions) => {
    const log = await create();
    await logged(log, anObservation(), anObservation({ round: 2 }));
    await logged(log, ...["a", "b", "c"].map((clientId) => anObservation({ clientId })));
    const found = await log.read(after, limit);
    expect(found.map(({ position }) => position)).toEqual(positions);
  });

  it("finds what belongs to a round, in order, and no other round or run", async () => {
    const log = await create();
    await logged(
      log,
      ...["z", "a", "z"].map((clientId) => anObservation({ clientId })),
      anObservation({ round: 2 }),
      anObservation({ runId: "run-2" }),
    );
    expect(clientsOf(await log.ofRound("run-1", 1))).toEqual(["z", "a", "z"]);
    expect(await log.ofRound("run-1", 3)).toEqual([]);
  });

  it("finds what is about one client of a round, or outside of rounds", async () => {
    const log = await create();
    const registered = anObservation({ kind: "client_registered", runId: "", round: 0 });
    await logged(log, anObservation(), anObservation({ clientId: "client-2" }), registered);
    expect(clientsOf(await log.ofRound("run-1", 1, "client-2"))).toEqual(["client-2"]);
    expect(await log.ofRound("", 0, "client-1")).toEqual([{ ...registered, position: 3 }]);
  });

  it("finds a round of more clients than one read takes", async () => {
    const log = await create();
    const clients = Array.from({ length: 2500 }, (_, number) => `client-${number}`);
    await logged(log, ...clients.map((clientId) => anObservation({ clientId })));
    expect(clientsOf(await log.ofRound("run-1", 1))).toEqual(clients);
  });

  it("keeps the rules that were in force, the first of each hash", async () => {
    const log = await create();
    const rules = { hash: "hash-1", policyVersion: 7, content: { policies: [{ id: "p" }] } };
    const closed = anObservation({ kind: "round_closed", rulesHash: "hash-1" });
    await log.append({ observations: [closed], rules: [rules] });
    await log.append({ observations: [closed], rules: [{ ...rules, policyVersion: 8 }] });
    expect((await log.read(1, 1))[0]?.rulesHash).toBe("hash-1");
    expect(await log.rules("hash-1")).toEqual(rules);
    expect(await log.rules("hash-2")).toBeUndefined();
  });

  it("counts what each reporter reported, the most recent reporter first", async () => {
    const log = await create();
    const other = { reporter: "other", receivedMs: 5 };
    await logged(log, anObservation({ receivedMs: 1 }), anObservation({ runId: "run-2" }));
    await logged(log, anObservation({ ...other, kind: "client_registered", runId: "", round: 0 }));
    expect(await log.reporters(10)).toEqual([
      { reporter: "other", counts: { client_registered: 1 }, lastReceivedMs: 5, lastRunId: "" },
      {
        ...{ reporter: "fl-server", counts: { update_reported: 2 } },
        ...{ lastReceivedMs: 1_750_000_000_000, lastRunId: "run-2" },
      },
    ]);
    await logged(log, anObservation({ receivedMs: 9, kind: "round_closed", runId: "run-3" }));
    await logged(log, anObservation({ receivedMs: 10, kind: "violation", runId: "", round: 0 }));
    expect(await log.reporters(1)).toEqual([
      {
        reporter: "fl-server",
        counts: { update_reported: 2, round_closed: 1, violation: 1 },
        ...{ lastReceivedMs: expect.any(Number) as number, lastRunId: "run-3" },
      },
    ]);
  });
}
