import type { ValueMap } from "../core/values.js";
import type { PolicyActivation, PolicyChangeTurn } from "./activate-policies.js";
import type { ActivePolicySet } from "./active-policy-set.js";
import { type ChangeAuthor, changeInTurn } from "./change-in-turn.js";
import { idOf } from "./document-facts.js";
import type { EventMaker } from "./engine-events.js";
import { PdpError, policyNotFound } from "./errors.js";
import type { CatalogPolicy } from "./policy-catalog.js";
import {
  changedDocuments,
  policiesRolledBack,
  policyChanged,
  type PolicyChangeKind,
} from "./policy-change-events.js";
import { newPolicyId } from "./policy-id.js";
import { versionContent } from "./policy-versions.js";
import type { ImpactGuard } from "./guard-impact.js";
import { contentIssues } from "./policy-content.js";
import type { PolicyHistory } from "./ports/policy-history.js";
import type { LoadedPolicySet, PolicyIssue } from "./ports/policy-source.js";
import type { PlannedEdit, PolicyWriter } from "./ports/policy-writer.js";

/** Which policy, and in which state: an empty etag stands for any. */
export interface PolicyTarget {
  readonly policyId: string;
  readonly etag: string;
}

/**
 * Changes to policy while it decides, one after the other. Settled means: in the file, in the history,
 * deciding, and told by one event. What changes nothing is answered and leaves no trace.
 *
 * All throw a PdpError: REQUEST_INVALID, NO_ACTIVE_POLICY, FILE_CHANGED_ON_DISK,
 * POLICY_FILE_READ_ONLY, IMPACT_TOO_LARGE, STORAGE_UNAVAILABLE, and what stands with each.
 */
export interface PolicyChanges {
  /** Without an `id` it gets one made of its name. @throws {PdpError} POLICY_ALREADY_EXISTS, POLICY_INVALID. */
  create(
    change: { readonly document: ValueMap; readonly validateOnly: boolean },
    by: ChangeAuthor,
  ): Promise<CatalogPolicy>;
  /**
   * @param change - `revise` makes the new document of the present policy; it may not change the id.
   * @throws {PdpError} POLICY_NOT_FOUND, ETAG_MISMATCH, POLICY_INVALID.
   */
  update(
    change: PolicyTarget & {
      readonly revise: (current: CatalogPolicy) => ValueMap;
      readonly validateOnly: boolean;
    },
    by: ChangeAuthor,
  ): Promise<CatalogPolicy>;
  /** @throws {PdpError} POLICY_NOT_FOUND, ETAG_MISMATCH. */
  setEnabled(
    change: PolicyTarget & { readonly enabled: boolean },
    by: ChangeAuthor,
  ): Promise<CatalogPolicy>;
  /** A default policy stays deleted. @throws {PdpError} POLICY_NOT_FOUND, ETAG_MISMATCH. */
  remove(change: PolicyTarget, by: ChangeAuthor): Promise<{ readonly policyVersion: number }>;
  /**
   * Makes one policy what it was, or brings it back, whichever it takes. A policy that is gone has no
   * etag that could be met.
   *
   * @throws {PdpError} ETAG_MISMATCH, POLICY_INVALID.
   */
  restore(
    change: { readonly document: ValueMap; readonly etag: string },
    by: ChangeAuthor,
  ): Promise<CatalogPolicy>;
  /**
   * Makes the content of an older version the newest version.
   *
   * @throws {PdpError} POLICY_VERSION_NOT_FOUND, or POLICY_INVALID: it does not compile any more.
   */
  rollback(
    change: { readonly policyVersion: number },
    by: ChangeAuthor,
  ): Promise<{ readonly policyVersion: number }>;
}

export interface PolicyChangesDeps {
  readonly activation: PolicyActivation;
  readonly writer: PolicyWriter;
  readonly history: Pick<PolicyHistory, "get">;
  readonly makeEvent: EventMaker;
  /** Asked before a change is made, also before one that is only tried. Absent: none is refused. */
  readonly guard?: ImpactGuard;
}

/** Problems of one request that its error tells. */
const MOST_ISSUES = 20;

export function createPolicyChanges(deps: PolicyChangesDeps): PolicyChanges {
  const { activation, writer, history, makeEvent, guard } = deps;

  function inTurn<Result>(
    by: ChangeAuthor,
    work: (turn: PolicyChangeTurn) => Promise<Result>,
  ): Promise<Result> {
    return changeInTurn(activation, by, work);
  }

  async function put(
    { active, commit }: PolicyChangeTurn,
    change: {
      readonly kind: PolicyChangeKind;
      readonly document: ValueMap;
      readonly validateOnly: boolean;
    },
    by: ChangeAuthor,
  ): Promise<CatalogPolicy> {
    const { kind, document, validateOnly } = change;
    const id = idOf(document);
    const plan = await writer.plan({ kind: "put", document });
    if (!plan.load.ok) throw refusedContent(plan.load.issues, id);
    const { set } = plan.load;
    const before = find(active, id);
    if (before && set.contentHash === active.contentHash) return before;
    await guard?.({ active, set }, by.confirmedFlips);
    if (validateOnly) return asItWouldBe(set, id, active);
    const after = await commit({
      ...{ set, source: "api", ...by, write: plan.write },
      events: (policyVersion) => [
        policyChanged(makeEvent, { kind, document, policyVersion, ...by }),
      ],
    });
    return existing(after, id);
  }

  return {
    create: ({ document, validateOnly }, by) =>
      inTurn(by, (turn) => {
        const withId = { ...document, id: newPolicyId(document) };
        const { id: policyId } = withId;
        refuseIssues(contentIssues(document));
        if (find(turn.active, policyId)) {
          throw new PdpError({ reason: "POLICY_ALREADY_EXISTS", policyId });
        }
        return put(turn, { kind: "POLICY_CREATED", document: withId, validateOnly }, by);
      }),

    update: ({ policyId, etag, revise, validateOnly }, by) =>
      inTurn(by, (turn) => {
        const document = { ...revise(target(turn.active, { policyId, etag })), id: policyId };
        refuseIssues(contentIssues(document));
        return put(turn, { kind: "POLICY_UPDATED", document, validateOnly }, by);
      }),

    setEnabled: ({ enabled, ...which }, by) =>
      inTurn(by, (turn) => {
        const current = target(turn.active, which);
        if (current.policy.enabled === enabled) return Promise.resolve(current);
        const kind = enabled ? "POLICY_ENABLED" : "POLICY_DISABLED";
        const document = { ...current.document, enabled };
        return put(turn, { kind, document, validateOnly: false }, by);
      }),

    remove: (which, by) =>
      inTurn(by, async ({ active, commit }) => {
        const { policyId } = which;
        const { document } = target(active, which);
        const plan = await writer.plan({ kind: "delete", policyId });
        const set = goodSet(plan);
        await guard?.({ active, set }, by.confirmedFlips);
        const after = await commit({
          ...{ set, source: "api", ...by, write: plan.write },
          events: (policyVersion) => [
            policyChanged(makeEvent, { kind: "POLICY_DELETED", document, policyVersion, ...by }),
          ],
        });
        return { policyVersion: after.snapshot.policyVersion };
      }),

    restore: ({ document, etag }, by) =>
      inTurn(by, (turn) => {
        const policyId = idOf(document);
        const current = find(turn.active, policyId);
        refuseStale(policyId, { etag, current: current?.etag ?? "" });
        refuseIssues(contentIssues(document));
        const kind = current ? "POLICY_UPDATED" : "POLICY_CREATED";
        return put(turn, { kind, document, validateOnly: false }, by);
      }),

    rollback: ({ policyVersion: restoredVersion }, by) =>
      inTurn(by, async ({ active, commit }) => {
        const { documents } = await versionContent(history, restoredVersion, "policy_version");
        const plan = await writer.plan({ kind: "replace", documents });
        const set = goodSet(plan);
        if (set.contentHash === active.contentHash) {
          return { policyVersion: active.snapshot.policyVersion };
        }
        await guard?.({ active, set }, by.confirmedFlips);
        const before = active.policies.map(({ document }) => document);
        const changedIds = changedDocuments(before, documents).map(({ document }) =>
          idOf(document),
        );
        const after = await commit({
          ...{ set, source: "rollback", ...by, write: plan.write },
          events: (policyVersion) => [
            policiesRolledBack(makeEvent, { policyVersion, restoredVersion, changedIds, ...by }),
          ],
        });
        return { policyVersion: after.snapshot.policyVersion };
      }),
  };
}

function find({ policies }: ActivePolicySet, policyId: string): CatalogPolicy | undefined {
  return policies.find((stored) => stored.policy.id === policyId);
}

function existing(active: ActivePolicySet, policyId: string): CatalogPolicy {
  const found = find(active, policyId);
  if (!found) throw policyNotFound(policyId);
  return found;
}

function target(active: ActivePolicySet, { policyId, etag }: PolicyTarget): CatalogPolicy {
  const found = existing(active, policyId);
  refuseStale(policyId, { etag, current: found.etag });
  return found;
}

function refuseStale(
  policyId: string,
  { etag, current }: { readonly etag: string; readonly current: string },
): void {
  if (etag === "" || etag === current) return;
  throw new PdpError({ reason: "ETAG_MISMATCH", policyId, currentEtag: current });
}

/** What a change that is only tried would give. Its version is the active one: it gets none. */
function asItWouldBe(set: LoadedPolicySet, id: string, active: ActivePolicySet): CatalogPolicy {
  const stored = set.policies.find(({ policy }) => policy.id === id);
  if (!stored) throw new PdpError({ reason: "POLICY_NOT_FOUND", policyId: id });
  const { policyVersion } = active.snapshot;
  return { ...stored, source: "api", policyVersion, updateTimeMs: active.loadedAtMs };
}

function goodSet({ load }: PlannedEdit): LoadedPolicySet {
  if (load.ok) return load.set;
  throw new PdpError({ reason: "POLICY_INVALID", issues: errorsOf(load.issues) });
}

/** `policies.x.rules[2].action` of the file is `policy.rules[2].action` of the request. */
function refusedContent(issues: readonly PolicyIssue[], policyId: string): PdpError {
  const prefix = `policies.${policyId}`;
  const own = errorsOf(issues).filter((issue) => issue.policyId === policyId);
  if (own.length === 0) {
    return new PdpError({ reason: "POLICY_INVALID", issues: errorsOf(issues) });
  }
  return requestRefused(
    own.map(({ line: _line, column: _column, ...issue }) => ({
      ...issue,
      file: "",
      path: issue.path.startsWith(prefix) ? `policy${issue.path.slice(prefix.length)}` : issue.path,
    })),
  );
}

function refuseIssues(issues: readonly PolicyIssue[]): void {
  if (issues.length > 0) throw requestRefused(issues);
}

function requestRefused(issues: readonly PolicyIssue[]): PdpError {
  const told = issues.slice(0, MOST_ISSUES);
  return new PdpError({ reason: "POLICY_INVALID", inRequest: true, issues: told });
}

function errorsOf(issues: readonly PolicyIssue[]): readonly PolicyIssue[] {
  return issues.filter(({ severity }) => severity === "error").slice(0, MOST_ISSUES);
}
