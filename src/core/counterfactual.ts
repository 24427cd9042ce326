import {
  assignmentsOf,
  breaking,
  fieldSteps,
  fulfilling,
  MOST_CHANGES,
  together,
} from "./candidate-changes.js";
import type { Assignment } from "./comparison-values.js";
import type { AttributeChange } from "./decision.js";
import { candidateOutcome } from "./evaluate-rule.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";
import { spendShare, type Steps, UNBOUNDED } from "./steps.js";
import { missedFields, valuesRead } from "./target.js";
import { isPlainMap, lookUp, ownValue, type Value, type ValueMap, valuesEqual } from "./values.js";

/** Most changed requests that one search decides. */
export const MAX_CHANGES_TRIED = 400;
/** What one search may cost: some milliseconds, whatever the request and the policies. */
export const SEARCH_STEPS = 50_000;
/** Of the requests tried, most that are only combinations: what rules propose comes before. */
const MAX_COMBINATIONS = 270;
const MAX_WANTED = 50;
const MAX_OPPOSING = 20;
const MAX_OTHERS = 50;
const MAX_ASSIGNMENTS = 64;
/** What a changed request costs before a rule is asked, and for each attribute that it has. */
const TRY_STEPS = 100;
const ATTRIBUTE_STEPS = 4;

export interface ChangeSearch {
  readonly snapshot: PolicySnapshot;
  readonly request: AccessRequest;
  /** What the answer is now; a change that makes it the opposite is looked for. */
  readonly allowed: boolean;
  /** What the search may cost; counted down. What `allowedWith` does is to be counted as well. */
  readonly steps: Steps;
  /** Decides the changed request; undefined where it would be refused. */
  readonly allowedWith: (changes: readonly AttributeChange[]) => boolean | undefined;
}

export interface FoundChange {
  /** Fewest first among what was tried; absent: none found. */
  readonly changes?: readonly AttributeChange[];
  /** At most 400. */
  readonly tried: number;
  /**
   * Whether a bound was met, so that not everything was tried that rules of the type know. If not, the
   * answer does not turn with any one of the changes left out.
   */
  readonly limited: boolean;
}

/**
 * Looks for the fewest changes of attributes that turn the answer. Tried are: what makes one of the 50
 * nearest rules of the other effect hold, what makes the rules of this effect not hold, both, and all
 * combinations of single changes that rules of the type know, from one change upwards until a bound.
 * Total; whatever is found has been decided by `allowedWith`.
 */
export function findChange(search: ChangeSearch): FoundChange {
  const { request, allowed, allowedWith, steps } = search;
  const surveyed = spendShare(steps, 1 / 2, (part) => survey(search, part));
  const { proposals, pool, ...known } = spendShare(steps, 1 / 2, (part) =>
    proposalsOf(surveyed, request, part),
  );
  const tryCost =
    TRY_STEPS + ATTRIBUTE_STEPS * Object.keys(request.attributes).length + surveyed.listElements;
  let limited = surveyed.limited || known.limited;
  let tried = 0;
  let combinations = 0;
  const reserve = steps.left / 3; // For what rules propose, of any size.
  const attributes = new Set(pool.map(({ attribute }) => attribute)).size;
  for (let size = 1; size <= MOST_CHANGES && steps.left >= 0; size++) {
    for (const changes of proposals) {
      if (changes.length === size && turns(changes)) return found(changes);
    }
    if (size > attributes) continue;
    for (const changes of combinationsOf(pool, size, steps)) {
      const isEnough = combinations === MAX_COMBINATIONS || steps.left < reserve;
      limited ||= isEnough;
      if (isEnough) break;
      combinations += 1;
      if (turns(changes)) return found(changes);
    }
  }
  return { tried, limited: limited || attributes > MOST_CHANGES || steps.left < 0 };

  /** Once the steps are used up, what came out means nothing. */
  function turns(changes: readonly AttributeChange[]): boolean {
    steps.left -= tryCost;
    if (steps.left < 0) return false;
    const after = allowedWith(changes);
    if (steps.left < 0) return false;
    tried += 1;
    return after === !allowed;
  }

  /** Leaves out what was not needed after all, until nothing more can be. */
  function found(changes: readonly AttributeChange[]): FoundChange {
    const without = changes.map((change) => changes.filter((other) => other !== change));
    const fewer = changes.length > 1 ? without.find(turns) : undefined;
    if (fewer) return found(fewer);
    return { changes, tried, limited: limited || steps.left < 0 };
  }
}

/**
 * The attributes with the changes made: a flat name wins over a nested one, as everywhere.
 *
 * @param steps - Counted down by what is copied: the maps that a change is made in, and no others.
 */
export function withChanges(
  attributes: ValueMap,
  changes: readonly AttributeChange[],
  steps: Steps = UNBOUNDED,
): ValueMap {
  const changed = copyOf(attributes, steps);
  for (const { attribute, to } of changes) {
    if (to === undefined) leaveOut(changed, attribute.split("."), steps);
    else changed[attribute] = to;
  }
  return changed;
}

function leaveOut(map: Record<string, Value>, path: readonly string[], steps: Steps): void {
  Reflect.deleteProperty(map, path.join("."));
  const [first = "", ...rest] = path;
  const inner = ownValue(map, first);
  if (rest.length === 0 || inner === undefined || !isPlainMap(inner)) return;
  const copy = copyOf(inner, steps);
  leaveOut(copy, rest, steps);
  map[first] = copy;
}

function copyOf(map: ValueMap, steps: Steps): Record<string, Value> {
  steps.left -= ATTRIBUTE_STEPS * Object.keys(map).length;
  return Object.assign(Object.create(null) as Record<string, Value>, map);
}

interface Survey {
  /** Rules of the effect that is looked for which do not hold, nearest first. */
  readonly wanted: readonly Rule[];
  /** Rules of the present effect that hold or err. */
  readonly opposing: readonly Rule[];
  /** All others: once the request is another, they may hold, or be reached, or no longer be. */
  readonly others: readonly Rule[];
  /** In all lists that fields of these rules read: every decision has to look at them. */
  readonly listElements: number;
  /** Whether there are rules in none of the three. */
  readonly limited: boolean;
}

function survey(search: ChangeSearch, steps: Steps): Survey {
  const { snapshot, request, allowed } = search;
  const wanted: { readonly rule: Rule; readonly distance: number }[] = [];
  const opposing: Rule[] = [];
  const others: Rule[] = [];
  const lists = new Map<string, number>();
  const wantedClass = allowed ? "deny" : "allow";
  for (const rule of snapshot.policiesByType.get(request.policyType)?.rules ?? []) {
    const isAsked = mayTurn(rule);
    steps.left -= isAsked ? targetSteps(rule, request, lists) : 1;
    if (steps.left < 0) break;
    if (!isAsked) continue;
    const { misses, outcome } = standingOf(rule, { ...request, allowance: steps });
    const isWanted = rule.verbClass === wantedClass;
    if (outcome === (isWanted ? "applied" : "not_applicable")) others.push(rule);
    else if (isWanted) wanted.push({ rule, distance: misses + (rule.condition ? 1 : 0) });
    else opposing.push(rule);
  }
  const nearest = wanted.toSorted((left, right) => left.distance - right.distance);
  const isFull =
    wanted.length > MAX_WANTED || opposing.length > MAX_OPPOSING || others.length > MAX_OTHERS;
  return {
    wanted: nearest.slice(0, MAX_WANTED).map(({ rule }) => rule),
    opposing: opposing.slice(0, MAX_OPPOSING),
    others: others.slice(0, MAX_OTHERS),
    listElements: [...lists.values()].reduce((sum, length) => sum + length, 0),
    limited: steps.left < 0 || isFull,
  };
}

/** What asking the target costs; the lists that it reads are added to `lists`. */
function targetSteps({ target }: Rule, request: AccessRequest, lists: Map<string, number>): number {
  for (const field of target) {
    const read = valuesRead(field, request);
    if (read > 1) lists.set(field.key, read);
  }
  return target.reduce((sum, field) => sum + fieldSteps(field, request), 1);
}

function standingOf(rule: Rule, request: AccessRequest) {
  const misses = missedFields(rule.target, request);
  const outcome = misses > 0 ? "not_applicable" : candidateOutcome(rule, request).kind;
  return { misses, outcome };
}

function mayTurn({ enabled, unevaluable, verbClass }: Rule): boolean {
  return enabled && unevaluable === undefined && (verbClass === "allow" || verbClass === "deny");
}

interface Proposals {
  readonly proposals: readonly (readonly AttributeChange[])[];
  /** Single changes, each once, of which combinations are made. */
  readonly pool: readonly AttributeChange[];
  /** Whether rules know more. */
  readonly limited: boolean;
}

function proposalsOf(surveyed: Survey, request: AccessRequest, steps: Steps): Proposals {
  const { wanted, opposing, others } = surveyed;
  const proposals = spendShare(steps, 1 / 2, (part) => {
    const broken = opposing.map((rule) => breaking(rule, request, part));
    const breakAll = broken.reduce(together, []);
    const fulfilled = wanted.map((rule) => fulfilling(rule, request, part));
    const both = fulfilled.map((assignments) => together(assignments, breakAll));
    return { all: [breakAll, ...fulfilled, ...both], limited: part.left < 0 };
  });
  const pool = poolOf([...opposing, ...wanted, ...others], request, steps);
  return {
    proposals: proposals.all
      .filter((assignments) => assignments !== undefined)
      .map((assignments) => changesOf(assignments, request)),
    pool: pool.slice(0, MAX_ASSIGNMENTS),
    limited: proposals.limited || steps.left < 0 || pool.length > MAX_ASSIGNMENTS,
  };
}

/** Values first, leaving out last, because a value says more. Of what is too much, one too many. */
function poolOf(
  rules: readonly Rule[],
  request: AccessRequest,
  steps: Steps,
): readonly AttributeChange[] {
  const values = new Map<string, AttributeChange>();
  const leftOut = new Map<string, AttributeChange>();
  for (const rule of rules) {
    for (const assignment of assignmentsOf(rule, request, steps)) {
      const [change] = changesOf([assignment], request);
      if (!change) continue;
      const pool = change.to === undefined ? leftOut : values;
      pool.set(JSON.stringify([change.attribute, change.to]), change);
      if (values.size > MAX_ASSIGNMENTS) return [...values.values()];
    }
  }
  return [...values.values(), ...leftOut.values()];
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

/** All sets of `size` changes of different attributes, as far as the steps go. */
function* combinationsOf(
  pool: readonly AttributeChange[],
  size: number,
  steps: Steps,
  start = 0,
  chosen: readonly AttributeChange[] = [],
): Generator<readonly AttributeChange[]> {
  if (chosen.length === size) {
    yield chosen;
    return;
  }
  for (let at = start; at < pool.length; at++) {
    steps.left -= 1;
    if (steps.left < 0) return;
    const change = pool[at];
    if (!change || chosen.some(({ attribute }) => attribute === change.attribute)) continue;
    yield* combinationsOf(pool, size, steps, at + 1, [...chosen, change]);
  }
}
