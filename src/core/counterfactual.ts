import { type Assignment, assignmentsOf, breaking, fulfilling } from "./candidate-changes.js";
import type { AttributeChange } from "./decision.js";
import { candidateOutcome } from "./evaluate-rule.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";
import { targetMatches } from "./target.js";
import { isPlainMap, lookUp, ownValue, type Value, type ValueMap, valuesEqual } from "./values.js";

/** Most changed requests that one search decides: a few milliseconds. */
export const MAX_CHANGES_TRIED = 400;
/** Of these, most that are only combinations: what rules propose is always tried. */
const MAX_COMBINATIONS = 280;
const MAX_CHANGES = 6;
const MAX_WANTED = 50;
const MAX_OPPOSING = 20;
const MAX_OTHERS = 50;
const MAX_ASSIGNMENTS = 64;

export interface ChangeSearch {
  readonly snapshot: PolicySnapshot;
  readonly request: AccessRequest;
  /** What the answer is now; a change that makes it the opposite is looked for. */
  readonly allowed: boolean;
  /** Decides the changed request; undefined where it would be refused. */
  readonly allowedWith: (changes: readonly AttributeChange[]) => boolean | undefined;
}

export interface FoundChange {
  /** Fewest first among what was tried, and none of them can be left out; absent: none found. */
  readonly changes?: readonly AttributeChange[];
  /** At most 400. */
  readonly tried: number;
}

/**
 * Looks for the fewest changes of attributes that turn the answer. Tried are: what makes one of the 50
 * nearest rules of the other effect hold, what makes the rules of this effect not hold, both, and all
 * combinations of single changes that rules of the type know, from one change upwards until the
 * bound. Total; whatever is found has been decided by `allowedWith`.
 */
export function findChange(search: ChangeSearch): FoundChange {
  const { request, allowed, allowedWith } = search;
  let tried = 0;
  const turns = (changes: readonly AttributeChange[]): boolean => {
    tried += 1;
    return allowedWith(changes) === !allowed;
  };
  const { wanted, opposing, others } = survey(search);
  const proposals = proposalsOf(wanted, opposing, request);
  const pool = poolOf([...opposing, ...wanted, ...others], request);
  let combinations = 0;
  for (let size = 1; size <= MAX_CHANGES; size++) {
    for (const changes of proposals) {
      if (changes.length === size && turns(changes)) return found(changes);
    }
    for (const changes of combinationsOf(pool, size)) {
      if (++combinations > MAX_COMBINATIONS) break;
      if (turns(changes)) return found(changes);
    }
  }
  return { tried };

  /** Leaves out what was not needed after all. */
  function found(changes: readonly AttributeChange[]): FoundChange {
    let needed = changes;
    for (const change of changes) {
      const fewer = needed.filter((other) => other !== change);
      if (fewer.length > 0 && turns(fewer)) needed = fewer;
    }
    return { changes: needed, tried };
  }
}

/** The attributes with the changes made: a flat name wins over a nested one, as everywhere. */
export function withChanges(attributes: ValueMap, changes: readonly AttributeChange[]): ValueMap {
  let changed = copyOf(attributes);
  for (const { attribute, to } of changes) {
    if (to === undefined) changed = without(changed, attribute.split("."));
    else changed[attribute] = to;
  }
  return changed;
}

function without(map: ValueMap, path: readonly string[]): Record<string, Value> {
  const copy = copyOf(map);
  Reflect.deleteProperty(copy, path.join("."));
  const [first = "", ...rest] = path;
  const inner = ownValue(copy, first);
  if (rest.length > 0 && inner !== undefined && isPlainMap(inner))
    copy[first] = without(inner, rest);
  return copy;
}

function copyOf(map: ValueMap): Record<string, Value> {
  return Object.assign(Object.create(null) as Record<string, Value>, map);
}

interface Survey {
  /** Rules of the effect that is looked for which do not hold, nearest first. */
  readonly wanted: readonly Rule[];
  /** Rules of the present effect that hold or err. */
  readonly opposing: readonly Rule[];
  /** All others: once the request is another, they may hold, or be reached, or no longer be. */
  readonly others: readonly Rule[];
}

function survey({ snapshot, request, allowed }: ChangeSearch): Survey {
  const wanted: { readonly rule: Rule; readonly distance: number }[] = [];
  const opposing: Rule[] = [];
  const others: Rule[] = [];
  const wantedClass = allowed ? "deny" : "allow";
  for (const rule of rulesOf(snapshot, request)) {
    const misses = rule.target.filter((field) => !targetMatches([field], request)).length;
    const outcome = misses > 0 ? "not_applicable" : candidateOutcome(rule, request).kind;
    if (rule.verbClass !== wantedClass) {
      if (outcome === "not_applicable") others.push(rule);
      else if (opposing.length < MAX_OPPOSING) opposing.push(rule);
    } else if (outcome !== "applied") {
      wanted.push({ rule, distance: misses + (rule.condition ? 1 : 0) });
    } else {
      others.push(rule);
    }
  }
  const nearest = wanted.toSorted((left, right) => left.distance - right.distance);
  return {
    wanted: nearest.slice(0, MAX_WANTED).map(({ rule }) => rule),
    opposing,
    others: others.slice(0, MAX_OTHERS),
  };
}

function rulesOf(snapshot: PolicySnapshot, { policyType }: AccessRequest): readonly Rule[] {
  const policies = snapshot.policiesByType.get(policyType)?.policies ?? [];
  return policies
    .flatMap((policy) => policy.rules)
    .filter(
      ({ enabled, unevaluable, verbClass }) =>
        enabled && unevaluable === undefined && (verbClass === "allow" || verbClass === "deny"),
    );
}

function proposalsOf(
  wanted: readonly Rule[],
  opposing: readonly Rule[],
  request: AccessRequest,
): readonly (readonly AttributeChange[])[] {
  const broken = opposing.map((rule) => breaking(rule, request));
  const breakAll = broken.every((part) => part !== undefined) ? broken.flat() : undefined;
  const fulfilled = wanted
    .map((rule) => fulfilling(rule, request))
    .filter((assignments) => assignments !== undefined);
  return [
    ...(breakAll ? [breakAll] : []),
    ...fulfilled,
    ...(breakAll ? [...fulfilled.map((part) => [...part, ...breakAll])] : []),
  ].map((assignments) => changesOf(assignments, request));
}

/** Single changes, each once: values first, leaving out last, because a value says more. */
function poolOf(rules: readonly Rule[], request: AccessRequest): readonly AttributeChange[] {
  const pool = new Map<string, AttributeChange>();
  const add = (assignments: readonly Assignment[]): void => {
    for (const assignment of assignments) {
      if (pool.size >= MAX_ASSIGNMENTS) return;
      const [change] = changesOf([assignment], request);
      if (change) pool.set(JSON.stringify([change.attribute, change.to]), change);
    }
  };
  const assignments = rules.flatMap((rule) => assignmentsOf(rule, request));
  add(assignments.filter(({ to }) => to !== undefined));
  add(assignments.filter(({ to }) => to === undefined));
  return [...pool.values()];
}

/** The first assignment of each attribute, without those that change nothing. */
function changesOf(
  assignments: readonly Assignment[],
  { attributes }: AccessRequest,
): readonly AttributeChange[] {
  const changes = new Map<string, AttributeChange>();
  for (const { attribute, to } of assignments) {
    const path = attribute.split(".");
    const from = lookUp(attributes, path);
    const isSame = from === undefined || to === undefined ? from === to : valuesEqual(from, to);
    if (isSame || path[0] === "engine" || changes.has(attribute)) continue;
    changes.set(attribute, {
      attribute,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
  }
  return [...changes.values()];
}

/** All sets of `size` changes of different attributes. */
function* combinationsOf(
  pool: readonly AttributeChange[],
  size: number,
  start = 0,
  chosen: readonly AttributeChange[] = [],
): Generator<readonly AttributeChange[]> {
  if (chosen.length === size) {
    yield chosen;
    return;
  }
  for (const [offset, change] of pool.slice(start).entries()) {
    if (chosen.some(({ attribute }) => attribute === change.attribute)) continue;
    yield* combinationsOf(pool, size, start + offset + 1, [...chosen, change]);
  }
}
