import type {
  ClientPardoned,
  ClientRegistered,
  Observation,
  RoundClosed,
  RoundOpened,
  UpdateReported,
  ViolationObserved,
  ViolationSeverity,
} from "../../src/core/trust/observation.js";

/** What observations of these makers have unless told otherwise. */
const common = { runId: "run", round: 1, reporter: "fl-server", observeTimeMs: 0 } as const;

type Told<Kind extends Observation> = Partial<Omit<Kind, "kind">>;

export function opened(selectedClientIds: readonly string[], told: Told<RoundOpened> = {}) {
  return { ...common, kind: "round_opened", selectedClientIds, ...told } as const;
}

/** A good update, unless told otherwise. */
export function updated(clientId: string, told: Told<UpdateReported> = {}): UpdateReported {
  const good = { outcome: "COMPLETED", alignmentRatio: 1, normRatio: 1 } as const;
  return { ...common, ...good, kind: "update_reported", clientId, ...told };
}

/** An update that points away from those of the others: the gate refuses it. */
export function poisoned(clientId: string, told: Told<UpdateReported> = {}): UpdateReported {
  return updated(clientId, { alignmentRatio: -1, ...told });
}

/** No update came. */
export function dropped(clientId: string, told: Told<UpdateReported> = {}): UpdateReported {
  return { ...common, kind: "update_reported", clientId, outcome: "DROPPED", ...told };
}

export function violated(
  clientId: string,
  severity: ViolationSeverity,
  told: Told<ViolationObserved> = {},
): ViolationObserved {
  return { ...common, kind: "violation", clientId, policyId: "policy", severity, ...told };
}

export function closed(told: Told<RoundClosed> = {}): RoundClosed {
  return { ...common, kind: "round_closed", ...told };
}

export function registered(
  clientId: string,
  publicKeyFingerprint: string,
  told: Told<ClientRegistered> = {},
): ClientRegistered {
  const { reporter, observeTimeMs } = common;
  return {
    kind: "client_registered",
    reporter,
    observeTimeMs,
    clientId,
    publicKeyFingerprint,
    owner: "",
    ...told,
  };
}

export function pardoned(clientId: string): ClientPardoned {
  return { kind: "client_pardoned", reporter: "operator", observeTimeMs: 0, clientId };
}
