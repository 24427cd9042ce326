import type { ValueMap } from "../core/values.js";
import { idOf, textIn } from "./document-facts.js";
import { invalidField } from "./errors.js";

/** Paths of other endpoints: a policy with such an id could not be reached there. */
export const RESERVED_POLICY_IDS: readonly string[] = ["performance", "validate", "templates"];
const LONGEST = 128;

export const POLICY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const POLICY_ID_RULE = `must be 1 to ${LONGEST} letters, digits, \`.\`, \`_\` or \`-\`, the first a letter or digit`;

/** What is wrong with the id of a new policy, also where it has none; undefined where nothing is. */
export function policyIdProblem(id: string): string | undefined {
  if (id === "") return "is missing: give an id, or a name to make one of";
  if (!POLICY_ID.test(id)) return POLICY_ID_RULE;
  return RESERVED_POLICY_IDS.includes(id)
    ? `must not be one of ${RESERVED_POLICY_IDS.join(", ")}: they are reserved`
    : undefined;
}

/** The id of a policy's document, or the one it gets when it is created. Empty: it has no name either. */
export function policyIdFor(document: ValueMap): string {
  return idOf(document) || policyIdOfName(textIn(document, "name"));
}

/** The same, of a policy that is created. @throws {PdpError} REQUEST_INVALID. */
export function newPolicyId(document: ValueMap): string {
  const id = policyIdFor(document);
  const wrong = policyIdProblem(id);
  if (wrong !== undefined) throw invalidField("policy.id", wrong);
  return id;
}

/** The id of a policy that has only a name: `FL Server (v2)` is `fl-server-v2`. May be empty. */
export function policyIdOfName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LONGEST)
    .replace(/^-|-$/g, "");
}
