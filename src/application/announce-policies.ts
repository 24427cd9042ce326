import type { ActivePolicySet } from "./active-policy-set.js";
import { policiesLoaded, policiesRejected, type EventMaker } from "./engine-events.js";
import { issueText, PdpError } from "./errors.js";
import type { EventLog, NewEvent } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import type { LoadedPolicySet, PolicyIssue } from "./ports/policy-source.js";

export interface AnnouncerDeps {
  readonly eventLog: Pick<EventLog, "append">;
  readonly metrics: Pick<Metrics, "policyLoaded" | "policyLoadFailed">;
  readonly makeEvent: EventMaker;
  readonly log: Log;
}

/** Tells the operator, in log, metrics and events, what became of a load. */
export interface PolicyAnnouncer {
  /** Files that were refused. `text` is for `/health`. */
  refused(
    issues: readonly PolicyIssue[],
    serving: ActivePolicySet | undefined,
  ): { readonly text: string; readonly error: PdpError };
  /** The events of the policies that differ from those of `previous`. */
  loadedEvents(
    set: LoadedPolicySet,
    previous: ActivePolicySet | undefined,
    policyVersion: number,
  ): readonly NewEvent[];
  activated(current: ActivePolicySet): void;
  /** What is odd in the files, once for each load that changed something. */
  warn(set: LoadedPolicySet, policyVersion: number): void;
}

/** How many problems of a bad file `/health` and the error tell; the log has all. */
const MAX_TOLD_ISSUES = 20;

export function createPolicyAnnouncer(deps: AnnouncerDeps): PolicyAnnouncer {
  const { eventLog, metrics, makeEvent, log } = deps;
  return {
    refused(issues, serving) {
      const told = issues.filter((issue) => issue.severity === "error");
      const more = told.length - MAX_TOLD_ISSUES;
      metrics.policyLoadFailed();
      const version = serving && { policyVersion: serving.snapshot.policyVersion };
      eventLog.append([policiesRejected(makeEvent, { issues, ...version })]);
      for (const issue of told) log.error({ issue }, `policy refused: ${issueText(issue)}`);
      const first = told.slice(0, MAX_TOLD_ISSUES);
      return {
        text: first.map(issueText).join("; ") + (more > 0 ? `; and ${more} more` : ""),
        error: new PdpError({ reason: "POLICY_INVALID", issues: first }),
      };
    },

    loadedEvents(set, previous, policyVersion) {
      const before = new Map(previous?.policies.map((stored) => [stored.policy.id, stored.etag]));
      const policies = set.policies
        .filter((stored) => before.get(stored.policy.id) !== stored.etag)
        .map(({ policy, file }) => ({
          policyId: policy.id,
          policyType: policy.type,
          source: file,
        }));
      return policiesLoaded(makeEvent, { policies, policyVersion });
    },

    activated({ snapshot: { policyVersion }, policies }) {
      const rules = policies.reduce((sum, { policy }) => sum + policy.rules.length, 0);
      metrics.policyLoaded({ policyVersion, policies: policies.length, rules });
      const facts = { policyVersion, policies: policies.length, rules };
      log.info(facts, `policy version ${policyVersion} is active`);
    },

    warn({ issues, file, fileVersion }, policyVersion) {
      for (const issue of issues) log.warn({ issue }, `policy: ${issueText(issue)}`);
      if (fileVersion === undefined || fileVersion >= policyVersion) return;
      const facts = { file, fileVersion, policyVersion };
      log.warn(facts, "the file's version is lower than the policy version, which never goes down");
    },
  };
}
