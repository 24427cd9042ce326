import type { ObservationDoor } from "../core/trust/admission.js";
import type { ObservationBatch, ObservationLog } from "./ports/observation-log.js";
import { createTrustLogQueue, notStored } from "./trust-log-queue.js";

/**
 * The door that reports are asked at. It is ahead of the state by the reports that are on their way to
 * the log, so that the next one is sorted while those before it are being stored. When one of them is
 * not applied in the end, the door is astray: it knows of something that never was.
 */
export interface FrontDoor {
  /** Valid until `begin`. */
  door(): ObservationDoor;
  isAstray(): boolean;
  /** From now on nothing that is on its way is applied. */
  goAstray(): void;
  /**
   * How often something was not applied. A report that came before the last time may rest on that, too,
   * and is to be refused: whoever sent both sends both again.
   */
  failures(): number;
  /** What `work` asks of the door counts only if it succeeds. */
  asking<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * Stores what is to be kept of a report, and applies it after those before it. What comes after a
   * report that could not be stored is not stored either: the log has everything in its order.
   *
   * @throws {PdpError} STORAGE_UNAVAILABLE: it or one before it was not applied.
   */
  pass<Result>(
    report: ObservationBatch,
    apply: (lastPosition: number) => Result | Promise<Result>,
  ): Promise<Result>;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
  /** Knows what `door` knows, which is its own from here on. */
  begin(door: ObservationDoor): void;
}

export function createFrontDoor(
  first: ObservationDoor,
  observationLog: Pick<ObservationLog, "append">,
): FrontDoor {
  let door = first;
  let isAstray = false;
  let failures = 0;
  let passing: Promise<unknown> = Promise.resolve();
  const goAstray = (): void => {
    isAstray = true;
    failures += 1;
  };
  const failed = (): void => {
    if (!isAstray) goAstray(); // Else it follows from what failed before.
  };
  const queue = createTrustLogQueue({
    ...{ observationLog, mayStore: () => !isAstray, onFailure: failed },
  });

  return {
    door: () => door,
    isAstray: () => isAstray,
    failures: () => failures,
    goAstray,
    async asking(work) {
      try {
        return await work();
      } catch (error) {
        goAstray();
        throw error;
      }
    },
    pass(report, apply) {
      const stored = report.observations.length > 0 ? queue.append(report) : Promise.resolve(0);
      stored.catch(() => undefined); // Told below, in turn.
      const passed = passing.then(async () => {
        const last = await stored;
        // One before it was not applied, and this may rest on it: whoever sent it sends it again.
        if (isAstray) throw notStored();
        return apply(last);
      });
      passing = passed.catch(failed);
      return passed;
    },
    async settled() {
      await passing;
    },
    begin(next) {
      door = next;
      isAstray = false;
    },
  };
}
