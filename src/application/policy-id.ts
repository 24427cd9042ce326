/** Paths of other endpoints: a policy with such an id could not be reached there. */
const RESERVED: readonly string[] = ["performance", "validate", "templates"];
const LONGEST = 128;

/** What is wrong with the id of a new policy; undefined where nothing is. */
export function policyIdProblem(id: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) {
    return "must be 1 to 128 letters, digits, `.`, `_` or `-`, the first a letter or digit";
  }
  if (RESERVED.includes(id)) return `must not be one of ${RESERVED.join(", ")}: they are reserved`;
  return undefined;
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
