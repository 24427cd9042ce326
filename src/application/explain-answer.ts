import { findChange, withChanges } from "../core/counterfactual.js";
import { decide, decideAndExplain } from "../core/decide.js";
import type { AttributeChange, Decision, Explanation } from "../core/decision.js";
import { nearestRule } from "../core/nearest-rule.js";
import type { AccessRequest } from "../core/request.js";
import type { PolicySnapshot } from "../core/snapshot.js";
import type { ValueMap } from "../core/values.js";

export interface ExplainedQuestion {
  readonly snapshot: PolicySnapshot;
  /** What the caller gave. */
  readonly given: ValueMap;
  readonly request: AccessRequest;
  /** What would be decided had the caller given this; undefined where it would be refused. */
  readonly requestOf: (given: ValueMap) => AccessRequest | undefined;
}

/**
 * The decision, why, and what would have turned it. A change is made to what the caller gave and goes
 * through all that a request goes through, so that an attribute which the engine derives from it
 * changes too; nothing is claimed that was not decided.
 */
export function explainAnswer({ snapshot, given, request, requestOf }: ExplainedQuestion): {
  readonly decision: Decision;
  readonly explanation: Explanation;
} {
  const { decision, explanation } = decideAndExplain(snapshot, request);
  const changed = (changes: readonly AttributeChange[]) => {
    const changedRequest = requestOf(withChanges(given, changes));
    return (
      changedRequest && { request: changedRequest, decision: decide(snapshot, changedRequest) }
    );
  };
  const { allowed } = decision;
  const { changes, tried } = findChange({
    ...{ snapshot, request, allowed },
    allowedWith: (candidate) => changed(candidate)?.decision.allowed,
  });
  const after = changes && changed(changes);
  const nearest = after && nearestRule(snapshot, { request, decision }, after);
  return {
    decision,
    explanation: {
      ...explanation,
      ...(nearest && { nearest }),
      ...(changes && !allowed && { smallestChange: { changes } }),
      changesTried: tried,
    },
  };
}
