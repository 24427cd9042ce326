import type { ValueMap } from "../core/values.js";
import { idOf, textIn } from "./document-facts.js";
import { type EventMaker, policiesLoaded, policySetLoaded } from "./engine-events.js";
import type { NewEvent } from "./ports/event-log.js";
import type { PolicyVersionContent } from "./ports/policy-history.js";
import { sameContent } from "./same-value.js";

/** What one change through the API did to one policy. */
export type PolicyChangeKind =
  "POLICY_CREATED" | "POLICY_UPDATED" | "POLICY_DELETED" | "POLICY_ENABLED" | "POLICY_DISABLED";

type Changed = Pick<PolicyVersionContent, "policyVersion" | "actor" | "reason">;

/** A policy was changed through the API. */
export function policyChanged(
  make: EventMaker,
  facts: Changed & { readonly kind: PolicyChangeKind; readonly document: ValueMap },
): NewEvent {
  const policyId = idOf(facts.document);
  return make({
    eventType: facts.kind,
    severity: "info",
    policyVersion: facts.policyVersion,
    policyId,
    details: {
      policy_id: policyId,
      policy_type: textIn(facts.document, "type"),
      ...authorOf(facts),
    },
  });
}

/** A policy function was changed through the API. `count` policies are in force; `files` are told where they are known. */
export function functionsChanged(
  make: EventMaker,
  facts: Changed & { readonly count: number; readonly files: readonly string[] },
): NewEvent {
  const { policyVersion, count, files } = facts;
  return make({
    eventType: "POLICY_LOADED",
    severity: "info",
    policyVersion,
    details: { count, sources: files, ...authorOf(facts) },
  });
}

/** An older content became the newest version. `restoredVersion` is absent where nobody knows it. */
export function policiesRolledBack(
  make: EventMaker,
  facts: Changed & { readonly restoredVersion?: number; readonly changedIds: readonly string[] },
): NewEvent {
  const { policyVersion, restoredVersion, changedIds } = facts;
  return make({
    eventType: "POLICY_ROLLED_BACK",
    severity: "warning",
    policyVersion,
    details: {
      ...(restoredVersion !== undefined && { restored_version: restoredVersion }),
      policy_count: changedIds.length,
      policy_ids: changedIds.slice(0, 100),
      ...authorOf(facts),
    },
  });
}

/** The events of a version whose making was cut short: all that is known is what it changed. */
export function eventsOfVersion(
  make: EventMaker,
  before: readonly ValueMap[],
  version: PolicyVersionContent,
): readonly NewEvent[] {
  const changes = changedDocuments(before, version.documents);
  switch (version.source) {
    case "file": {
      const { policyVersion, documents } = version;
      const policies = changes.flatMap(({ after }) =>
        after === undefined
          ? []
          : [{ policyId: idOf(after), policyType: textIn(after, "type"), source: "" }],
      );
      return policies.length > 0
        ? policiesLoaded(make, { policyVersion, policies })
        : [policySetLoaded(make, { policyVersion, count: documents.length, sources: [] })];
    }
    case "rollback": {
      const changedIds = changes.map(({ document }) => idOf(document));
      return [policiesRolledBack(make, { ...version, changedIds })];
    }
    case "api":
      if (changes.length === 0) {
        const count = version.documents.length;
        return [functionsChanged(make, { ...version, count, files: [] })];
      }
      return changes.map(({ document, ...change }) =>
        policyChanged(make, { ...version, kind: kindOf(change), document }),
      );
  }
}

/** The policies that two sets have not in common, by id. */
export function changedDocuments(
  before: readonly ValueMap[],
  after: readonly ValueMap[],
): readonly {
  readonly document: ValueMap;
  readonly before?: ValueMap;
  readonly after?: ValueMap;
}[] {
  const old = byId(before);
  const young = byId(after);
  return [...new Set([...old.keys(), ...young.keys()])].toSorted().flatMap((id) => {
    const was = old.get(id);
    const is = young.get(id);
    const document = is ?? was;
    if (document === undefined || (was && is && sameContent(was, is))) return [];
    return [{ document, ...(was && { before: was }), ...(is && { after: is }) }];
  });
}

function kindOf(change: { before?: ValueMap; after?: ValueMap }): PolicyChangeKind {
  const { before, after } = change;
  if (before === undefined) return "POLICY_CREATED";
  if (after === undefined) return "POLICY_DELETED";
  const { enabled: was, ...old } = before;
  const { enabled: is, ...young } = after;
  if ((was === false) === (is === false) || !sameContent(old, young)) return "POLICY_UPDATED";
  return is === false ? "POLICY_DISABLED" : "POLICY_ENABLED";
}

function byId(documents: readonly ValueMap[]): ReadonlyMap<string, ValueMap> {
  return new Map(documents.map((document) => [idOf(document), document]));
}

function authorOf({ actor, reason }: Changed): ValueMap {
  return { actor, ...(reason !== "" && { reason }) };
}
