import { withTrustRules } from "../core/decide-trust.js";
import { decide, decideByReference } from "../core/decide.js";
import type { ClientStanding, Decision } from "../core/decision.js";
import type { Policy } from "../core/policy.js";
import { type AccessRequest, accessRequest } from "../core/request.js";
import { type PolicySnapshot, snapshotSteps } from "../core/snapshot.js";
import { trustRulesOf } from "../core/trust-policy.js";
import type { ValueMap } from "../core/values.js";
import { createImpactTally, type ImpactTally, type PolicyImpact } from "./policy-impact.js";
import type { Clock } from "./ports/clock.js";
import type { DecisionLog, DecisionPosition, LoggedDecision } from "./ports/decision-log.js";
import { redactedRequest } from "./redacted-request.js";
import { createRuleChanges } from "./rule-changes.js";
import { runInSlices } from "./run-in-slices.js";

/** The set that decides, and what a change would make of it. */
export interface ChangedPolicies {
  readonly snapshot: PolicySnapshot;
  /** What `snapshot` was built of. */
  readonly before: readonly Policy[];
  readonly after: readonly Policy[];
}

/**
 * Decides the newest `maxDecisions` recorded decisions again, under both sets, with the attributes as
 * they were recorded, the time and the client's trust among them. What was answered then does not
 * count: another set may have answered. Calls run one after the other.
 *
 * Rejects with the PdpError STORAGE_UNAVAILABLE, or the reason of `signal` when that aborts.
 */
export type ReplayDecisions = (
  change: ChangedPolicies,
  maxDecisions: number,
  signal?: AbortSignal,
) => Promise<PolicyImpact>;

const PAGE = 1000;
const EVERY_DECISION = { clientId: "", policyId: "", ruleId: "", policyType: "" };

/**
 * Works in slices of a few milliseconds between which checks have their turn, and not in a thread: a
 * compiled set cannot be handed to one, so that it would have to be compiled there again, and 10,000
 * decisions are a fraction of a second.
 */
export function createDecisionReplay({
  decisionLog,
  clock,
}: {
  readonly decisionLog: Pick<DecisionLog, "list">;
  readonly clock: Pick<Clock, "monotonicMs">;
}): ReplayDecisions {
  let queue: Promise<unknown> = Promise.resolve();

  async function replay(
    change: ChangedPolicies,
    maxDecisions: number,
    signal: AbortSignal | undefined,
  ): Promise<PolicyImpact> {
    signal?.throwIfAborted();
    const { policyVersion, unknownTypeEffect } = change.snapshot;
    const changed = await runInSlices(
      snapshotSteps(change.after, { policyVersion, unknownTypeEffect }),
      clock,
      signal,
    );
    const tally = createImpactTally(createRuleChanges(change.before, change.after));
    let left = maxDecisions;
    let after: DecisionPosition | undefined;
    do {
      const limit = Math.min(left, PAGE);
      const page = await decisionLog.list({ ...EVERY_DECISION, limit, ...(after && { after }) });
      signal?.throwIfAborted();
      const steps = tallySteps(page.decisions, [change.snapshot, changed], tally);
      await runInSlices(steps, clock, signal);
      left -= page.decisions.length;
      after = page.next;
    } while (left > 0 && after);
    return tally.result();
  }

  return (change, maxDecisions, signal) => {
    const result = queue.then(() => replay(change, maxDecisions, signal));
    queue = result.catch(() => undefined);
    return result;
  };
}

type Sides = readonly [before: PolicySnapshot, after: PolicySnapshot];

function* tallySteps(
  decisions: readonly LoggedDecision[],
  sides: Sides,
  tally: ImpactTally,
): Generator<void, void> {
  for (const logged of decisions) {
    yield;
    const answers = answersTo(logged, sides);
    if (answers) tally.decided(logged.decisionId, ...answers);
    else tally.notReplayable();
  }
}

/** Undefined where an answer depends on what was not stored. */
function answersTo(
  { policyType, attributes, redacted, redactedPaths, trust }: LoggedDecision,
  sides: Sides,
): readonly [Decision, Decision] | undefined {
  const [before, after] = sides;
  const lacks = lacksEngineStatus(attributes) && sides.some((side) => side.readsEngineStatus);
  if (!redacted && !lacks) {
    const request = accessRequest(policyType, attributes);
    const answer = (side: PolicySnapshot): Decision =>
      withTrust(decide(side, request), side, request, trust);
    return [answer(before), answer(after)];
  }
  const known = redacted ? redactedPaths : [];
  if (!known) return undefined;
  const paths = lacks ? [...known, "policy_engine"] : known;
  const { request, wasNeeded } = redactedRequest(policyType, attributes, paths);
  const answer = (side: PolicySnapshot): Decision =>
    withTrust(decideByReference(side, request), side, request, trust);
  const answers = [answer(before), answer(after)] as const;
  return wasNeeded() ? undefined : answers;
}

/** It was not resolved for a set that does not read it: nobody knows how the engine was then. */
function lacksEngineStatus(attributes: ValueMap): boolean {
  return !Object.hasOwn(attributes, "policy_engine");
}

/** The client stands as it stood: another set would have moved its state in later rounds only. */
function withTrust(
  decision: Decision,
  snapshot: PolicySnapshot,
  request: AccessRequest,
  trust: ClientStanding | undefined,
): Decision {
  return trust ? withTrustRules(decision, trustRulesOf(snapshot), request, trust) : decision;
}
