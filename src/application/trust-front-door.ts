import type { ObservationDoor } from "../core/trust/admission.js";
import { PdpError } from "./errors.js";

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
  /** What `work` asks of the door counts only if it succeeds. */
  asking<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * Applies a report once it is stored, after those before it.
   *
   * @throws {PdpError} STORAGE_UNAVAILABLE: it or one before it was not applied.
   */
  pass<Result>(
    stored: Promise<number>,
    apply: (lastPosition: number) => Result | Promise<Result>,
  ): Promise<Result>;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
  /** Knows what `door` knows, which is its own from here on. */
  begin(door: ObservationDoor): void;
}

export function createFrontDoor(first: ObservationDoor): FrontDoor {
  let door = first;
  let isAstray = false;
  let passing: Promise<unknown> = Promise.resolve();
  const goAstray = (): void => {
    isAstray = true;
  };

  return {
    door: () => door,
    isAstray: () => isAstray,
    goAstray,
    async asking(work) {
      try {
        return await work();
      } catch (error) {
        goAstray();
        throw error;
      }
    },
    pass(stored, apply) {
      stored.catch(goAstray);
      const passed = passing.then(async () => {
        const last = await stored;
        // One before it was not applied, and this may rest on it: whoever sent it sends it again.
        if (isAstray)
          throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation" });
        return apply(last);
      });
      passing = passed.catch(goAstray);
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
