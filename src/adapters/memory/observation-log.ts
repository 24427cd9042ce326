import type {
  ObservationKind,
  ObservationLog,
  ReporterFacts,
  RulesInForce,
  StoredObservation,
} from "../../application/ports/observation-log.js";

/** The observations of this process only. */
export function createMemoryObservationLog(): ObservationLog {
  /** Position - 1 is the index. */
  const observations: StoredObservation[] = [];
  const rounds = new Map<string, StoredObservation[]>();
  const rules = new Map<string, RulesInForce>();
  /** The most recent last. */
  const reporters = new Map<string, ReporterFacts>();

  function count({ reporter, kind, receivedMs, runId }: StoredObservation): void {
    const before = reporters.get(reporter);
    const counts: Partial<Record<ObservationKind, number>> = { ...before?.counts };
    counts[kind] = (counts[kind] ?? 0) + 1;
    reporters.delete(reporter);
    const lastRunId = runId === "" ? (before?.lastRunId ?? "") : runId;
    reporters.set(reporter, { reporter, counts, lastReceivedMs: receivedMs, lastRunId });
  }

  return {
    append(batch) {
      for (const observation of batch.observations) {
        const stored = { ...observation, position: observations.length + 1 };
        observations.push(stored);
        const key = roundKey(stored.runId, stored.round);
        const round = rounds.get(key);
        if (round) round.push(stored);
        else rounds.set(key, [stored]);
        count(stored);
      }
      for (const one of batch.rules) if (!rules.has(one.hash)) rules.set(one.hash, one);
      return Promise.resolve(observations.length);
    },
    read: (afterPosition, limit) =>
      Promise.resolve(observations.slice(afterPosition, afterPosition + limit)),
    ofRound(runId, round, clientId) {
      const all = rounds.get(roundKey(runId, round)) ?? [];
      const found = all.filter((one) => clientId === undefined || one.clientId === clientId);
      return Promise.resolve(found);
    },
    async *partsOfRound(runId, round) {
      yield await this.ofRound(runId, round);
    },
    rules: (hash) => Promise.resolve(rules.get(hash)),
    reporters: (limit) => Promise.resolve([...reporters.values()].reverse().slice(0, limit)),
  };
}

function roundKey(runId: string, round: number): string {
  return `${round} ${runId}`;
}
