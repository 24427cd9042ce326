import type { RoundClosed, RoundOpened, UpdateReported, ViolationObserved } from "./observation.js";
import { payloadDigest } from "./payload-digest.js";
import { placeOf } from "./sorted-numbers.js";

/** The plain form: what was accepted for one round, 16 bytes for each client with one report. */
export interface DoorRoundData {
  readonly runId: string;
  readonly round: number;
  /** Numbers of the selected clients, ascending. */
  readonly members: Int32Array;
  /** By place: number of the first reporter of an update, from 1, and the digest of what it said. */
  readonly reporters: Int32Array;
  readonly digests: Float64Array;
  /** The same of everything else, by key. */
  readonly others: Map<string, number>;
}

export type Known = "new" | "same" | "different";

/** Remembers what was said of one round, to tell repetitions from contradictions. */
export class DoorRound {
  private constructor(readonly data: DoorRoundData) {}

  static open(runId: string, round: number, members: Int32Array): DoorRound {
    return new DoorRound({
      runId,
      round,
      members,
      reporters: new Int32Array(members.length),
      digests: new Float64Array(members.length),
      others: new Map(),
    });
  }

  static restore(data: DoorRoundData): DoorRound {
    return new DoorRound({
      ...data,
      reporters: data.reporters.slice(),
      digests: data.digests.slice(),
      others: new Map(data.others),
    });
  }

  placeOf(client: number): number | undefined {
    return placeOf(this.data.members, client);
  }

  /** @param reporter - Its number, from 1. */
  takeUpdate(place: number, reporter: number, update: UpdateReported): Known {
    const { reporters, digests } = this.data;
    const digest = payloadDigest(update);
    if (reporters[place] === 0) {
      reporters[place] = reporter;
      digests[place] = digest;
      return "new";
    }
    if (reporters[place] === reporter) return digests[place] === digest ? "same" : "different";
    return this.takeByKey(`update_reported ${place} ${reporter}`, digest);
  }

  takeViolation(place: number, reporter: number, violation: ViolationObserved): Known {
    return this.takeByKey(`violation ${place} ${reporter}`, payloadDigest(violation));
  }

  /** Everything that is said once per round and reporter. */
  takeForRound(reporter: number, observation: RoundOpened | RoundClosed): Known {
    return this.takeByKey(`${observation.kind} ${reporter}`, payloadDigest(observation));
  }

  private takeByKey(key: string, digest: number): Known {
    const before = this.data.others.get(key);
    if (before !== undefined) return before === digest ? "same" : "different";
    this.data.others.set(key, digest);
    return "new";
  }
}
