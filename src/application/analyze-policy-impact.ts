import type { Policy } from "../core/policy.js";
import type { FieldViolation } from "../core/request.js";
import type { ValueMap } from "../core/values.js";
import type { ActivePolicySet } from "./active-policy-set.js";
import { atMostAtOnce } from "./at-most-at-once.js";
import { idOf } from "./document-facts.js";
import { PdpError } from "./errors.js";
import { contentIssues } from "./policy-content.js";
import { policyIdFor, policyIdProblem } from "./policy-id.js";
import type { PolicyImpact } from "./policy-impact.js";
import type { Clock } from "./ports/clock.js";
import type { PolicyReader, PolicyText } from "./ports/policy-reader.js";
import type { PolicyIssue } from "./ports/policy-source.js";
import type { ReplayDecisions } from "./replay-decisions.js";
import { runInSlices } from "./run-in-slices.js";

export const DEFAULT_DECISIONS = 10_000;
const MOST_DECISIONS = 100_000;
const MOST_POLICIES = 1_000;
const MOST_ISSUES = 20;
/** Questions that are worked on at the same time: the second waits for the first. */
const MOST_AT_ONCE = 2;

/** A change that is not made: some policies put into the active set, others taken out. */
export interface ImpactQuestion {
  /** In the words of files; each is new, or takes the place of the active one with its id. */
  readonly documents: readonly ValueMap[];
  readonly deletedIds: readonly string[];
  /** The newest recorded decisions to look at: at most 100,000, 0 means the default of 10,000. */
  readonly maxDecisions: number;
}

/**
 * What a change would have made of the decisions that were recorded. Changes nothing.
 *
 * Rejects with a PdpError: REQUEST_INVALID, POLICY_NOT_FOUND (an id to delete), POLICY_INVALID,
 * NO_ACTIVE_POLICY, STORAGE_UNAVAILABLE, OVERLOADED while two others are worked on; or with the
 * reason of `signal` when that aborts: then the work stops.
 */
export type AnalyzePolicyImpact = (
  question: ImpactQuestion,
  signal?: AbortSignal,
) => Promise<PolicyImpact>;

export interface PolicyImpactDeps {
  readonly active: () => ActivePolicySet | undefined;
  readonly reader: PolicyReader;
  /** The functions that the policies may call: those of the engine, now. Absent: none. */
  readonly functions?: () => Promise<readonly PolicyText[]>;
  readonly replay: ReplayDecisions;
  readonly clock: Pick<Clock, "monotonicMs">;
}

export function createPolicyImpactAnalysis(deps: PolicyImpactDeps): AnalyzePolicyImpact {
  const { active, reader, functions = () => Promise.resolve([]), replay, clock } = deps;
  const oneOfFew = atMostAtOnce(MOST_AT_ONCE, "analyses of impact");

  async function analyze(question: ImpactQuestion, signal?: AbortSignal): Promise<PolicyImpact> {
    const current = active();
    if (!current) throw new PdpError({ reason: "NO_ACTIVE_POLICY" });
    const before = current.policies.map(({ policy }) => policy);
    const activeIds = new Set(before.map(({ id }) => id));
    const documents = question.documents.map(withId);
    refuse(violationsOf({ ...question, documents }, activeIds));
    const policyId = question.deletedIds.find((id) => !activeIds.has(id));
    if (policyId !== undefined) throw new PdpError({ reason: "POLICY_NOT_FOUND", policyId });

    refuseIssues(documents.flatMap(issuesOfDocument));
    const reading = await runInSlices(
      reader.readDocuments(documents, await functions()),
      clock,
      signal,
    );
    refuseIssues(reading.issues);
    const after = changedSet(before, reading.policies, question.deletedIds);
    const maxDecisions = question.maxDecisions === 0 ? DEFAULT_DECISIONS : question.maxDecisions;
    return replay({ snapshot: current.snapshot, before, after }, maxDecisions, signal);
  }

  return (question, signal) => oneOfFew(() => analyze(question, signal));
}

function changedSet(
  before: readonly Policy[],
  put: readonly Policy[],
  deletedIds: readonly string[],
): readonly Policy[] {
  const replaced = new Set([...put.map(({ id }) => id), ...deletedIds]);
  return [...before.filter(({ id }) => !replaced.has(id)), ...put];
}

/** Without an `id` a policy gets one made of its name, as when it is created. */
function withId(document: ValueMap): ValueMap {
  return { ...document, id: policyIdFor(document) };
}

function violationsOf(
  { documents, deletedIds, maxDecisions }: ImpactQuestion,
  activeIds: ReadonlySet<string>,
): readonly FieldViolation[] {
  if (documents.length > MOST_POLICIES) {
    const rule = `must be at most ${MOST_POLICIES}, got ${documents.length}`;
    return [{ field: "policies", rule }];
  }
  const ids = documents.map(idOf);
  const deleted = new Set(deletedIds);
  return [
    ...(Number.isInteger(maxDecisions) && maxDecisions >= 0 && maxDecisions <= MOST_DECISIONS
      ? []
      : [
          {
            field: "max_decisions",
            rule: `must be from 0 (the default of ${DEFAULT_DECISIONS}) to ${MOST_DECISIONS}, got ${maxDecisions}`,
          },
        ]),
    ...ids.flatMap((id, index) => {
      const problem = activeIds.has(id) ? undefined : policyIdProblem(id);
      return problem === undefined ? [] : [{ field: `policies[${index}].id`, rule: problem }];
    }),
    ...ids.flatMap((id, index) => {
      const rule = "is in delete_policy_ids too: leave it out of one of them";
      return deleted.has(id) ? [{ field: `policies[${index}].id`, rule }] : [];
    }),
  ];
}

function issuesOfDocument(document: ValueMap, index: number): readonly PolicyIssue[] {
  return contentIssues(document).map((issue) => ({
    ...issue,
    path: issue.path.replace(/^policy/, `policies[${index}]`),
  }));
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
}

function refuseIssues(issues: readonly PolicyIssue[]): void {
  const errors = issues.filter(({ severity }) => severity === "error").slice(0, MOST_ISSUES);
  if (errors.length === 0) return;
  throw new PdpError({ reason: "POLICY_INVALID", inRequest: true, issues: errors });
}
