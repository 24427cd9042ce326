import type { ConnectionCheck, PolicyCheck } from "./check.js";
import { PdpError } from "./errors.js";

/** How many items of one batch may ask what would have turned their answer, which is searched for. */
const MAX_EXPLAINED_ITEMS = 20;

/**
 * The checks of a batch, each asking for an explanation if the batch or the item does. Traces alone
 * are as quick as asking every rule, and not counted.
 *
 * @throws {PdpError} REQUEST_INVALID (none, or more than `maxItems`), EXPLAIN_TOO_LARGE.
 */
export function requestItems<Check extends ConnectionCheck | PolicyCheck>(
  items: readonly Check[],
  options: { readonly explain: boolean; readonly maxItems: number },
): readonly Check[] {
  const { explain, maxItems } = options;
  if (items.length < 1 || items.length > maxItems) {
    const rule = `must have from 1 to ${maxItems} items, got ${items.length}`;
    throw new PdpError({ reason: "REQUEST_INVALID", violations: [{ field: "items", rule }] });
  }
  const explained = items.filter((item) => (explain || item.explain) && !isTraced(item)).length;
  if (explained > MAX_EXPLAINED_ITEMS) {
    throw new PdpError({
      reason: "EXPLAIN_TOO_LARGE",
      items: explained,
      limit: MAX_EXPLAINED_ITEMS,
    });
  }
  return explain ? items.map((item) => ({ ...item, explain })) : items;
}

function isTraced(item: ConnectionCheck | PolicyCheck): boolean {
  return "tracesOnly" in item && item.tracesOnly;
}
