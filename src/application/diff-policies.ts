import { isList, isPlainMap, type Value, type ValueMap } from "../core/values.js";
import { idOf } from "./document-facts.js";
import { changedDocuments } from "./policy-change-events.js";
import { contentKeys, sameValue } from "./same-value.js";

/** How one policy differs between two sets. */
export interface PolicyDifference {
  readonly policyId: string;
  /** Absent where the policy is not in that set. */
  readonly before?: ValueMap;
  readonly after?: ValueMap;
  /** Empty for a policy that is in one of them only. */
  readonly fields: readonly FieldDifference[];
}

export interface FieldDifference {
  /** `priority`, `rules[2].match.dst_port`, `rules[3]`, `rules[1].position`. */
  readonly path: string;
  /** Empty for a field of the policy itself. */
  readonly ruleId: string;
  /** Absent where the field is not there. */
  readonly before?: Value;
  readonly after?: Value;
}

/** What differs between two sets of documents, by id. Bookkeeping is no difference. */
export function diffPolicies(
  before: readonly ValueMap[],
  after: readonly ValueMap[],
): readonly PolicyDifference[] {
  return changedDocuments(before, after).map(({ document, ...sides }) => ({
    policyId: idOf(document),
    ...sides,
    fields: sides.before && sides.after ? fieldsOf(sides.before, sides.after) : [],
  }));
}

function fieldsOf(before: ValueMap, after: ValueMap): readonly FieldDifference[] {
  const keys = new Set([...contentKeys(before), ...contentKeys(after)]);
  keys.delete("rules");
  return [
    ...[...keys].flatMap((key) => {
      const isSame = sameValue(meant(before, key), meant(after, key));
      return isSame ? [] : difference(key, "", own(before, key), own(after, key));
    }),
    ...ruleDifferences(rulesOf(before), rulesOf(after)),
  ];
}

/** What a field of a policy means where it is not written. */
const DEFAULTS: ValueMap = { enabled: true, priority: 0 };

function meant(policy: ValueMap, key: string): Value | undefined {
  return own(policy, key) ?? own(DEFAULTS, key);
}

interface PlacedRule {
  readonly index: number;
  readonly rule: ValueMap;
}

function ruleDifferences(
  before: ReadonlyMap<string, PlacedRule>,
  after: ReadonlyMap<string, PlacedRule>,
): readonly FieldDifference[] {
  const gone = [...before].filter(([id]) => !after.has(id));
  const stayed = [...before.keys()].filter((id) => after.has(id));
  const ranks = new Map(stayed.map((id, rank) => [id, rank]));
  let rank = 0;
  return [
    ...gone.map(([ruleId, { index, rule }]) => ({
      path: `rules[${index}]`,
      ruleId,
      before: rule,
    })),
    ...[...after].flatMap(([ruleId, { index, rule }]) => {
      const path = `rules[${index}]`;
      const old = before.get(ruleId);
      if (old === undefined) return [{ path, ruleId, after: rule }];
      const moved = ranks.get(ruleId) !== rank++;
      return [
        ...(moved ? [{ path: `${path}.position`, ruleId, before: old.index, after: index }] : []),
        ...memberDifferences(path, ruleId, old.rule, rule),
      ];
    }),
  ];
}

/** The fields of a rule, and one by one those of its `match` and its `parameters`. */
function memberDifferences(
  path: string,
  ruleId: string,
  before: ValueMap,
  after: ValueMap,
): readonly FieldDifference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const old = own(before, key);
    const young = own(after, key);
    const inner = `${path}.${key}`;
    const isMap = key === "match" || key === "parameters";
    if (isMap && old && young && isPlainMap(old) && isPlainMap(young)) {
      return memberDifferences(inner, ruleId, old, young);
    }
    return difference(inner, ruleId, old, young);
  });
}

function difference(
  path: string,
  ruleId: string,
  before: Value | undefined,
  after: Value | undefined,
): readonly FieldDifference[] {
  if (sameValue(before, after)) return [];
  return [
    {
      ...{ path, ruleId },
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
  ];
}

/** By id, in order; the id of a rule without one is its position. */
function rulesOf(document: ValueMap): ReadonlyMap<string, PlacedRule> {
  const rules = own(document, "rules");
  const list = rules !== undefined && isList(rules) ? rules : [];
  return new Map(
    list.map((written, index) => {
      const rule = isPlainMap(written) ? written : {};
      const id = own(rule, "id") ?? own(rule, "rule_id");
      return [typeof id === "string" ? id : String(index), { index, rule }] as const;
    }),
  );
}

function own(map: ValueMap, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
