import type { EventLog } from "../../application/ports/event-log.js";
import type {
  PolicyHistory,
  PolicyIntent,
  PolicyVersionContent,
  PolicyVersionRecord,
} from "../../application/ports/policy-history.js";
import type { PolicyVersionMark } from "../../application/ports/policy-version-mark.js";

/** The policy versions of this process only. */
export function createMemoryPolicyHistory(deps: {
  readonly eventLog: Pick<EventLog, "append">;
  readonly mark: PolicyVersionMark;
}): PolicyHistory {
  const { eventLog, mark } = deps;
  /** Ascending. */
  const versions: PolicyVersionContent[] = [];
  let open: PolicyIntent | undefined;

  return {
    newest() {
      const last = versions.at(-1);
      return Promise.resolve(last && recordOf(last));
    },
    get: (policyVersion) =>
      Promise.resolve(versions.find((version) => version.policyVersion === policyVersion)),
    list({ limit, before = Infinity }) {
      const below = versions.filter(({ policyVersion }) => policyVersion < before);
      return Promise.resolve(below.reverse().slice(0, limit).map(recordOf));
    },
    nextVersion: (atLeast) => mark.reserve(atLeast),
    begin(intent) {
      open = intent;
      return Promise.resolve();
    },
    openIntent: () => Promise.resolve(open),
    async commit(intentId, events) {
      if (open?.intentId !== intentId) {
        throw new Error(`no policy intent \`${intentId}\` is open`);
      }
      const { intentId: _completed, ...version } = open;
      open = undefined;
      versions.push(version);
      eventLog.append(events);
      await mark.settle(version);
    },
    drop(intentId) {
      if (open?.intentId === intentId) open = undefined;
      return Promise.resolve();
    },
  };
}

function recordOf(content: PolicyVersionContent): PolicyVersionRecord {
  const { documents: _documents, origins: _origins, ...record } = content;
  return record;
}
