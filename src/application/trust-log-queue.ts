import { PdpError } from "./errors.js";
import type { ObservationBatch, ObservationLog } from "./ports/observation-log.js";

/** Observations of several reports that are stored together, at most, but for a single report. */
const MOST_TOGETHER = 10_000;

export function notStored(): PdpError {
  return new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation" });
}

/** Stores reports in their order, one append at a time, with all that came meanwhile in the next. */
export interface TrustLogQueue {
  /**
   * Durable when it settles; nothing of it is kept where it fails, and nothing of those after it.
   *
   * @returns Position of its last observation.
   */
  append(batch: ObservationBatch): Promise<number>;
}

interface Waiting {
  readonly batch: ObservationBatch;
  readonly resolve: (lastPosition: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param deps - `mayStore`: false where what waits may rest on something that was not stored.
 *   `onFailure` is called before anything else has its turn.
 */
export function createTrustLogQueue(deps: {
  readonly observationLog: Pick<ObservationLog, "append">;
  readonly mayStore: () => boolean;
  readonly onFailure: () => void;
}): TrustLogQueue {
  const waiting: Waiting[] = [];
  let isStoring = false;

  async function storeAll(): Promise<void> {
    isStoring = true;
    while (waiting.length > 0) {
      const together = waiting.splice(0, countTogether(waiting));
      try {
        if (!deps.mayStore()) throw notStored();
        const last = await deps.observationLog.append(joined(together));
        settle(together, last);
      } catch (error) {
        deps.onFailure();
        for (const { reject } of together) reject(error);
      }
    }
    isStoring = false;
  }

  return {
    append: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        if (!isStoring) void storeAll();
      }),
  };
}

function countTogether(waiting: readonly Waiting[]): number {
  let observations = 0;
  const end = waiting.findIndex(({ batch }) => {
    observations += batch.observations.length;
    return observations > MOST_TOGETHER;
  });
  return end < 0 ? waiting.length : Math.max(1, end);
}

function joined(together: readonly Waiting[]): ObservationBatch {
  const [first] = together;
  if (first && together.length === 1) return first.batch;
  return {
    observations: together.flatMap(({ batch }) => batch.observations),
    rules: together.flatMap(({ batch }) => batch.rules),
  };
}

function settle(together: readonly Waiting[], last: number): void {
  let position = last;
  for (const { batch, resolve } of together.toReversed()) {
    resolve(position);
    position -= batch.observations.length;
  }
}
