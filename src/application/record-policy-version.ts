import type { ValueMap } from "../core/values.js";
import type { EventMaker } from "./engine-events.js";
import { eventsOfVersion } from "./policy-change-events.js";
import { nextOrigins, originsFromHistory } from "./policy-origins.js";
import type { Clock } from "./ports/clock.js";
import type { NewEvent } from "./ports/event-log.js";
import type { Ids } from "./ports/ids.js";
import type { PolicyHistory, PolicyOrigins, PolicyVersionRecord } from "./ports/policy-history.js";
import type { LoadedPolicySet } from "./ports/policy-source.js";
import type { PolicyVersionStore } from "./ports/policy-version-store.js";

type Author = Pick<PolicyVersionRecord, "actor" | "reason" | "source">;

/** What shall become a version. */
export interface NewPolicyVersion extends Author {
  readonly set: LoadedPolicySet;
  /** The least number it may have. */
  readonly atLeast: number;
  /** Told with it, or not at all. */
  readonly events: (policyVersion: number) => readonly NewEvent[];
  /** Puts the set where policy is kept. */
  readonly write?: (policyVersion: number) => Promise<void>;
}

/** A version, and where its policies come from. */
export interface RecordedVersion {
  readonly record: PolicyVersionRecord;
  readonly origins: PolicyOrigins;
}

/** Keeps the history of versions in step with the files. One caller at a time. */
export interface PolicyVersionRecorder {
  /** False at first, and after `append` failed: only the files tell what became of it. */
  isSettled(): boolean;
  /** The history is another one: the next version is looked for, and recorded, in that. */
  unsettle(): void;
  /**
   * The version of what the files hold. Completes a change that was cut short if it is what they
   * hold, under the name of its author, and drops it if not.
   *
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  versionOf(
    set: LoadedPolicySet,
    events: NewPolicyVersion["events"],
  ): Promise<RecordedVersion & { readonly isNew: boolean }>;
  /**
   * Durable intent -> file -> version and its events, in one transaction.
   *
   * @throws {PdpError} STORAGE_UNAVAILABLE, or what `write` throws.
   */
  append(version: NewPolicyVersion): Promise<RecordedVersion>;
}

export interface PolicyVersionRecorderDeps {
  readonly history: PolicyHistory;
  /** Knows the number of a content also where the history was lost. */
  readonly versions: PolicyVersionStore;
  readonly makeEvent: EventMaker;
  readonly ids: Pick<Ids, "eventId">;
  readonly clock: Pick<Clock, "nowMs">;
}

export function createPolicyVersionRecorder(
  deps: PolicyVersionRecorderDeps,
): PolicyVersionRecorder {
  const { history, makeEvent, ids, clock } = deps;
  let newest: PolicyVersionRecord | undefined;
  /** Of the newest; undefined where it does not tell. Those of another history hold in a new one. */
  let origins: PolicyOrigins | undefined;
  let settled = false;

  async function settle({ contentHash }: LoadedPolicySet): Promise<void> {
    newest = await history.newest();
    const content = newest && (await history.get(newest.policyVersion));
    if (content) origins = content.origins;
    const open = await history.openIntent();
    if (open?.contentHash === contentHash) {
      const events = eventsOfVersion(makeEvent, content?.documents ?? [], open);
      await history.commit(open.intentId, events);
      newest = recordOf(open);
      origins = open.origins;
    } else if (open) {
      await history.drop(open.intentId);
    }
    settled = true;
  }

  async function numberOf({ contentHash, fileVersion }: LoadedPolicySet): Promise<number> {
    const content = { contentHash, ...(fileVersion !== undefined && { fileVersion }) };
    const assigned = await deps.versions.assign(content);
    // Why: what an older content had is not what it gets when it comes back.
    const isNew = assigned > (newest?.policyVersion ?? 0);
    return isNew ? assigned : history.nextVersion(fileVersion ?? 1);
  }

  async function append(
    version: Omit<NewPolicyVersion, "atLeast">,
    policyVersion: number,
  ): Promise<RecordedVersion> {
    const { set, actor, reason, source } = version;
    const record = {
      ...{ policyVersion, createTimeMs: clock.nowMs(), actor, reason, source },
      contentHash: set.contentHash,
    };
    // What an older engine did not record is not known before the version is there.
    const known = newest && !origins ? undefined : nextOrigins(set.policies, record, origins);
    const intent = {
      ...{ ...record, intentId: ids.eventId(), documents: documentsOf(set) },
      ...(known && { origins: known }),
    };
    settled = false;
    await history.begin(intent);
    await version.write?.(policyVersion);
    await history.commit(intent.intentId, version.events(policyVersion));
    settled = true;
    newest = record;
    origins = known;
    return recorded(set, record);
  }

  async function recorded(
    { policies }: LoadedPolicySet,
    record: PolicyVersionRecord,
  ): Promise<RecordedVersion> {
    origins ??= await originsFromHistory(policies, history);
    return { record, origins };
  }

  return {
    isSettled: () => settled,
    unsettle() {
      settled = false;
    },
    async append(version) {
      return append(version, await history.nextVersion(version.atLeast));
    },
    async versionOf(set, events) {
      if (!settled) await settle(set);
      if (newest?.contentHash === set.contentHash) {
        return { ...(await recorded(set, newest)), isNew: false };
      }
      const author = { actor: "", reason: "", source: "file" } as const;
      const version = await append({ set, events, ...author }, await numberOf(set));
      return { ...version, isNew: true };
    },
  };
}

function documentsOf({ policies }: LoadedPolicySet): readonly ValueMap[] {
  return policies.map(({ document }) => document);
}

function recordOf(content: PolicyVersionRecord): PolicyVersionRecord {
  const { policyVersion, createTimeMs, actor, reason, source, contentHash } = content;
  return { policyVersion, createTimeMs, actor, reason, source, contentHash };
}
