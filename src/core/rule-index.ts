import { append } from "./append.js";
import { createEntryMaker, type IndexEntry, indexFieldsHold } from "./index-entry.js";
import { type EqualityKey, type IndexQuery, keysOfRequest } from "./index-keys.js";
import { buildIndexNode, type IndexNode, type IndexShape, measuredShape } from "./index-node.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";

/**
 * Which rules of one policy type match a request, at a cost that grows with the number of those that
 * do. It decides nothing: it gives what asking every target would give. Immutable.
 */
export interface RuleIndex {
  /** Ordinals of the enabled rules whose target holds, ascending. */
  candidates(request: AccessRequest): readonly number[];
}

/**
 * Builds the index of one policy type. Yields now and then, so that a caller can let others have
 * their turn.
 *
 * @param rules - Their position is the ordinal. Disabled ones are never candidates.
 */
export function* buildRuleIndex(
  rules: readonly Rule[],
  shape: IndexShape = measuredShape(rules.length),
): Generator<void, RuleIndex> {
  const entryOf = createEntryMaker();
  const entries: IndexEntry[] = [];
  for (const [ordinal, rule] of rules.entries()) {
    if (ordinal % 256 === 255) yield;
    if (rule.enabled) entries.push(entryOf(rule, ordinal));
  }
  const root = yield* buildIndexNode(entries, shape, []);
  return { candidates: (request) => merged(runsOf(root, queryOf(request), [])) };
}

/** `found`, and one ascending run of ordinals per leaf under `node` that has any. */
function runsOf(node: IndexNode, query: IndexQuery, found: number[][]): number[][] {
  switch (node.kind) {
    case "rules": {
      let run: number[] = [];
      for (const { ordinal, left } of node.rules) {
        if (indexFieldsHold(left, query)) run = append(run, ordinal);
      }
      return run.length > 0 ? append(found, run) : found;
    }
    case "bucket": {
      const run = node.bucket.find(query);
      return run.length > 0 ? append(found, run) : found;
    }
    case "splits": {
      let runs = found;
      for (const { attribute, children } of node.splits) {
        for (const key of query.keysOf(attribute)) {
          const child = children.get(key);
          if (child) runs = runsOf(child, query, runs);
        }
      }
      return runsOf(node.rest, query, runs);
    }
  }
}

function queryOf(request: AccessRequest): IndexQuery {
  const read: (readonly EqualityKey[] | undefined)[] = [];
  return {
    request,
    keysOf: (attribute) => (read[attribute.slot] ??= keysOfRequest(attribute, request)),
  };
}

/** All runs as one. A rule with a list stands in several leaves, and comes out once. */
function merged(runs: readonly number[][]): readonly number[] {
  return runs.reduce<readonly number[]>(
    (all, run) => (all.length === 0 ? run : mergedPair(all, run)),
    [],
  );
}

function mergedPair(one: readonly number[], other: readonly number[]): number[] {
  const result: number[] = [];
  let next = 0;
  for (const ordinal of one) {
    for (; next < other.length; next += 1) {
      const from = other[next] ?? ordinal;
      if (from >= ordinal) break;
      result.push(from);
    }
    if (other[next] === ordinal) next += 1;
    result.push(ordinal);
  }
  for (; next < other.length; next += 1) result.push(other[next] ?? 0);
  return result;
}
