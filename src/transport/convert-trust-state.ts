import type { TrustState as CoreState } from "../core/trust/trust-reading.js";
import { TrustState } from "../gen/flopynet/policy/v1/decision.js";

export const STATE = {
  PROBATION: TrustState.TRUST_STATE_PROBATION,
  ACTIVE: TrustState.TRUST_STATE_ACTIVE,
  REDUCED: TrustState.TRUST_STATE_REDUCED,
  EXCLUDED: TrustState.TRUST_STATE_EXCLUDED,
} as const satisfies Record<CoreState, TrustState>;
