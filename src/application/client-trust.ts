import type { PolicySnapshot } from "../core/snapshot.js";
import { type TrustAttributes, trustAttributes } from "../core/trust-attributes.js";
import type { ClientStanding } from "../core/decision.js";
import type { TrustRule } from "../core/trust-policy.js";
import { multiplierOf } from "./evaluate-trust.js";
import type { TrustLedger } from "./trust-ledger.js";
import type { TrustRulesNow } from "./trust-rules-in-force.js";

/** Clients whose attributes are kept ready: those that are asked about again and again. */
const MOST_READY = 10_000;

/** What a check needs to know of the client that it names. */
export interface KnownClient {
  readonly standing: ClientStanding;
  /** For conditions; the same object while nothing changes. */
  readonly attributes: TrustAttributes;
}

/** Trust on the way of a check: a look-up. */
export interface ClientTrust {
  of(clientId: string, snapshot: PolicySnapshot): KnownClient;
  rulesOf(snapshot: PolicySnapshot): readonly TrustRule[];
}

/** @param deps.isLiteral - Whether rules answer by their own result, and not through states. */
export function createClientTrust(deps: {
  readonly ledger: Pick<TrustLedger, "reading" | "revision">;
  readonly rulesNow: (snapshot: PolicySnapshot) => TrustRulesNow;
  readonly isLiteral: boolean;
}): ClientTrust {
  const { ledger, rulesNow, isLiteral } = deps;
  let ready = new Map<string, KnownClient>();
  let readyFor: { readonly snapshot: PolicySnapshot; readonly revision: number } | undefined;

  function made(clientId: string, snapshot: PolicySnapshot): KnownClient {
    const reading = ledger.reading(clientId);
    const weightMultiplier = multiplierOf(reading, rulesNow(snapshot).rules);
    const { trustScore, state, known } = reading;
    return {
      standing: { trustScore, state, weightMultiplier, known, isLiteral },
      attributes: trustAttributes(reading),
    };
  }

  return {
    of(clientId, snapshot) {
      const revision = ledger.revision();
      if (readyFor?.snapshot !== snapshot || readyFor.revision !== revision) {
        ready = new Map();
        readyFor = { snapshot, revision };
      }
      let known = ready.get(clientId);
      if (!known) {
        known = made(clientId, snapshot);
        if (ready.size < MOST_READY) ready.set(clientId, known);
      }
      return known;
    },
    rulesOf: (snapshot) => rulesNow(snapshot).asked,
  };
}
