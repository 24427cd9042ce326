import type { PolicyActivation, PolicyChangeTurn } from "./activate-policies.js";
import { invalidField } from "./errors.js";

/** On whose behalf, and why: at most 1,000 characters, empty where nobody said. */
export interface ChangeAuthor {
  readonly actor: string;
  readonly reason: string;
  /** How many recorded decisions they say the change flips (`ImpactGuard`). */
  readonly confirmedFlips?: number;
}

const MOST_REASON_CHARACTERS = 1000;

/** Runs `work` when no other change runs. @throws {PdpError} REQUEST_INVALID, and what `change` throws. */
export function changeInTurn<Result>(
  activation: Pick<PolicyActivation, "change">,
  { reason }: ChangeAuthor,
  work: (turn: PolicyChangeTurn) => Promise<Result>,
): Promise<Result> {
  return activation.change((turn) => {
    if (reason.length > MOST_REASON_CHARACTERS) {
      const rule = `must be at most ${MOST_REASON_CHARACTERS} characters, got ${reason.length}`;
      throw invalidField("x-change-reason", rule);
    }
    return work(turn);
  });
}
