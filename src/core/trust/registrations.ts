import type { Known } from "./door-round.js";
import type { ClientRegistered } from "./observation.js";
import { payloadDigest } from "./payload-digest.js";

const DAY_MS = 86_400_000;

/** How many new keys an owner registered on its last day of registering, in UTC. */
interface Quota {
  readonly day: number;
  readonly used: number;
}

/** The plain form. */
export interface RegistrationsData {
  readonly digests: ReadonlyMap<string, number>;
  readonly keys: ReadonlySet<string>;
  readonly quotas: ReadonlyMap<string, Quota>;
}

/** Remembers who was registered, and how many more an owner may register today. */
export class Registrations {
  private readonly digests: Map<string, number>;
  private readonly keys: Set<string>;
  private readonly quotas: Map<string, Quota>;

  /** @param perOwnerPerDay - New keys of one owner in one UTC day; 0: as many as it likes. */
  constructor(
    private readonly perOwnerPerDay: number,
    data?: RegistrationsData,
  ) {
    this.digests = new Map(data?.digests);
    this.keys = new Set(data?.keys);
    this.quotas = new Map(data?.quotas);
  }

  /** A new name of a key that is known already costs nothing: it brings no new score. */
  take(registered: ClientRegistered, acceptedAtMs: number): Known | "quota exceeded" {
    const { clientId, reporter, publicKeyFingerprint, owner } = registered;
    const digest = payloadDigest(registered);
    const name = JSON.stringify([clientId, reporter]);
    const before = this.digests.get(name);
    if (before !== undefined) return before === digest ? "same" : "different";
    if (!this.keys.has(publicKeyFingerprint) && owner !== "") {
      const day = Math.floor(acceptedAtMs / DAY_MS);
      const last = this.quotas.get(owner);
      const used = last && last.day >= day ? last.used : 0;
      if (this.perOwnerPerDay > 0 && used >= this.perOwnerPerDay) return "quota exceeded";
      this.quotas.set(owner, { day: Math.max(day, last?.day ?? day), used: used + 1 });
    }
    this.keys.add(publicKeyFingerprint);
    this.digests.set(name, digest);
    return "new";
  }

  toData(): RegistrationsData {
    const { digests, keys, quotas } = this;
    return { digests, keys, quotas };
  }
}
