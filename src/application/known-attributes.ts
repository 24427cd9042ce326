import type { TrustAttributes } from "../core/trust-attributes.js";
import type { LoggedDecision } from "./ports/decision-log.js";

/**
 * What is known of the client, where all of it is among the attributes of a decision, so that a log
 * can keep it once for many decisions. Undefined where something of it was redacted, or the caller had
 * more to say of the client.
 */
export function knownAttributes({
  attributes,
  clientAttributes,
}: LoggedDecision): TrustAttributes | undefined {
  if (!clientAttributes) return undefined;
  for (const name in clientAttributes) {
    const known = clientAttributes[name as keyof TrustAttributes];
    if (attributes[name] !== known) return undefined;
  }
  return clientAttributes;
}
