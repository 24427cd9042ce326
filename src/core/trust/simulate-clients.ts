import { type Attack, inRound, type Profile } from "./simulate-profiles.js";
import type { SeededRandom } from "./simulate-random.js";

/** What a server would measure of one update, before it divides by the round's median. */
export interface SimulatedUpdate {
  readonly alignment: number;
  readonly normRatio: number;
  readonly maxPairwise?: number;
  /** Whether it harms: an attacker that behaves for now does not. */
  readonly poisoned: boolean;
}

export interface AttackPlan {
  readonly attack: Attack;
  /** Attackers are honest until then. */
  readonly startsAfterRound: number;
  /** Rounds on, and as many off. */
  readonly onOffRounds: number;
}

/** An attack on a model that is trained already points away harder than one from the start. */
const TRAINED_AFTER_ROUNDS = 10;
const BETRAYAL = { mean: -1.2, spread: 0.5, logNorm: 0.9 };
/** Noise, and next to nothing: both are at right angles to what others send. */
const UNRELATED_SPREAD = 0.11;
const FREE_RIDER_LOG_NORM = -4.6;
/** Flipped, and enlarged to outweigh the others. */
const SCALE = 5;
/** By how much more attackers than a fifth turn the reference towards themselves. */
const CAPTURE = 0.6;
const RECORDED_SHARE = 0.2;

/** One client of a simulated federation. */
export class SimulatedClient {
  private readonly ownAlignment: number;
  private readonly ownLogNorm: number;
  private drift = 0;

  constructor(
    /** Changes when an attacker comes back under another name. */
    public clientId: string,
    readonly malicious: boolean,
    private readonly profile: Profile,
    private readonly random: SeededRandom,
  ) {
    this.ownAlignment = random.normal();
    this.ownLogNorm = random.normal() * profile.logNormBetween;
  }

  /** @param captured - Share of the admitted weight that attackers have. */
  update(round: number, plan: AttackPlan, captured: number): SimulatedUpdate {
    if (!this.malicious || !isAttacking(round, plan)) return this.honestUpdate(round);
    return { ...this.attackUpdate(round, plan, captured), poisoned: true };
  }

  private honestUpdate(round: number): SimulatedUpdate {
    const { honestSpread, honestBetween, honestMemory } = this.profile;
    const spread = inRound(honestSpread, round);
    const within = Math.sqrt(Math.max(0, spread ** 2 - honestBetween ** 2));
    this.drift =
      honestMemory * this.drift + Math.sqrt(1 - honestMemory ** 2) * this.random.normal();
    const alignment = 1 + honestBetween * this.ownAlignment + within * this.drift;
    return { alignment, normRatio: this.normAround(0), poisoned: false };
  }

  private attackUpdate(
    round: number,
    plan: AttackPlan,
    captured: number,
  ): Omit<SimulatedUpdate, "poisoned"> {
    switch (plan.attack) {
      case "flip":
      case "whitewash":
        return this.flippedUpdate(round, captured);
      case "collusion":
        return { ...this.flippedUpdate(round, captured), maxPairwise: 1 };
      case "on-off":
      case "late-betrayal":
        return round > TRAINED_AFTER_ROUNDS ? this.betrayal() : this.flippedUpdate(round, captured);
      case "sign": {
        const { alignment, normRatio } = this.honestUpdate(round);
        return { alignment: -alignment, normRatio };
      }
      case "scale": {
        const { alignment, normRatio } = this.flippedUpdate(round, captured);
        return { alignment, normRatio: SCALE * normRatio };
      }
      case "gaussian":
        return { alignment: this.unrelated(), normRatio: this.normAround(0) };
      case "free-rider":
        return { alignment: this.unrelated(), normRatio: this.normAround(FREE_RIDER_LOG_NORM) };
    }
  }

  private flippedUpdate(round: number, captured: number): Omit<SimulatedUpdate, "poisoned"> {
    const { flipMean, flipSpread, flipBetween, flipLogNorm } = this.profile;
    const spread = inRound(flipSpread, round);
    const within = Math.sqrt(Math.max(0, spread ** 2 - flipBetween ** 2));
    const mean = inRound(flipMean, round) + CAPTURE * Math.max(0, captured - RECORDED_SHARE);
    return {
      alignment: mean + flipBetween * this.ownAlignment + within * this.random.normal(),
      normRatio: this.normAround(inRound(flipLogNorm, round)),
    };
  }

  private betrayal(): Omit<SimulatedUpdate, "poisoned"> {
    const { mean, spread, logNorm } = BETRAYAL;
    const alignment = mean + spread * this.random.normal();
    return { alignment, normRatio: this.normAround(logNorm) };
  }

  private unrelated(): number {
    return UNRELATED_SPREAD * this.random.normal();
  }

  private normAround(logNorm: number): number {
    return Math.exp(logNorm + this.ownLogNorm + 0.055 * this.random.normal());
  }
}

function isAttacking(
  round: number,
  { attack, startsAfterRound, onOffRounds }: AttackPlan,
): boolean {
  if (round <= startsAfterRound) return false;
  if (attack !== "on-off") return true;
  return Math.floor((round - startsAfterRound - 1) / onOffRounds) % 2 === 0;
}
