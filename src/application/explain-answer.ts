import { findChange, SEARCH_STEPS, withChanges } from "../core/counterfactual.js";
import { decide, decideAndExplain } from "../core/decide.js";
import type { AttributeChange, Decision, Explanation } from "../core/decision.js";
import { nearestRule } from "../core/nearest-rule.js";
import type { AccessRequest } from "../core/request.js";
import type { PolicySnapshot } from "../core/snapshot.js";
import { spendShare, type Steps } from "../core/steps.js";
import type { ValueMap } from "../core/values.js";

export interface ExplainedQuestion {
  readonly snapshot: PolicySnapshot;
  /** What the caller gave. */
  readonly given: ValueMap;
  readonly request: AccessRequest;
  /** Whether what the caller gave could have been given with these changes. */
  readonly mayChange: (changes: readonly AttributeChange[]) => boolean;
  /** What is decided had the caller given this. */
  readonly requestOf: (given: ValueMap) => AccessRequest;
  readonly allowance: SearchAllowance;
}

/** What the searches of one call may cost together: a batch must not hold up others for longer. */
export interface SearchAllowance {
  /** Runs the next search with its share; what it does not spend is for those after it. */
  spend<T>(search: (steps: Steps) => T): T;
}

const CALL_STEPS = 100_000;

/** @param searches - How many there will be: each of them gets an equal share of what is left. */
export function createSearchAllowance(searches: number): SearchAllowance {
  const steps = { left: CALL_STEPS };
  let waiting = searches;
  return {
    spend(search) {
      const share = Math.min(1 / Math.max(1, waiting), SEARCH_STEPS / Math.max(1, steps.left));
      waiting -= 1;
      return spendShare(steps, share, search);
    },
  };
}

/**
 * The decision, why, and what would have turned it. A change is made to what the caller gave and goes
 * through all that a request goes through, so that an attribute which the engine derives from it
 * changes too; nothing is claimed that was not decided.
 */
export function explainAnswer(question: ExplainedQuestion): {
  readonly decision: Decision;
  readonly explanation: Explanation;
} {
  const { snapshot, given, request, mayChange, requestOf, allowance } = question;
  const { decision, explanation } = decideAndExplain(snapshot, request);
  const { allowed } = decision;
  const { changes, tried, limited } = allowance.spend((steps) =>
    findChange({
      ...{ snapshot, request, allowed, steps },
      allowedWith(candidate) {
        if (!mayChange(candidate)) return undefined;
        const changed = requestOf(withChanges(given, candidate, steps));
        return decide(snapshot, { ...changed, allowance: steps }).allowed;
      },
    }),
  );
  const changed = changes && requestOf(withChanges(given, changes));
  const nearest =
    changed &&
    nearestRule(
      snapshot,
      { request, decision },
      { request: changed, decision: decide(snapshot, changed) },
    );
  return {
    decision,
    explanation: {
      ...explanation,
      ...(nearest && { nearest }),
      ...(changes && !allowed && { smallestChange: { changes } }),
      changesTried: tried,
      searchLimited: limited,
    },
  };
}
