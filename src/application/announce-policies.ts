import type { ActivePolicySet } from "./active-policy-set.js";
import { changedPolicies, changeWarnings } from "./change-warnings.js";
import {
  policiesLoaded,
  policiesRejected,
  policySetLoaded,
  type EventMaker,
} from "./engine-events.js";
import { issueText, PdpError } from "./errors.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog, NewEvent } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import type { LoadedPolicySet, PolicyIssue } from "./ports/policy-source.js";
import { runInSlices } from "./run-in-slices.js";

export interface AnnouncerDeps {
  readonly eventLog: Pick<EventLog, "append">;
  readonly metrics: Pick<Metrics, "policyLoaded" | "policyLoadFailed">;
  readonly makeEvent: EventMaker;
  readonly log: Log;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** Tells the operator, in log, metrics and events, what became of a load. */
export interface PolicyAnnouncer {
  /** Files that were refused. `text` is for `/health`. */
  refused(
    issues: readonly PolicyIssue[],
    serving: ActivePolicySet | undefined,
  ): Promise<{ readonly text: string; readonly error: PdpError }>;
  /** The events of the policies that differ from those of `previous`; where none does, one for the set. */
  loadedEvents(
    set: LoadedPolicySet,
    previous: ActivePolicySet | undefined,
    policyVersion: number,
  ): readonly NewEvent[];
  activated(current: ActivePolicySet): void;
  /** What is odd in the files, once for each load that changed something. */
  warn(set: LoadedPolicySet, policyVersion: number): Promise<void>;
  /** What is odd in the policies that a change put. In its own time: nobody waits for it. */
  warnOfChange(set: LoadedPolicySet, previous: ActivePolicySet): void;
}

/** How many problems of a bad file `/health` and the error tell; the log has all. */
const MAX_TOLD_ISSUES = 20;

export function createPolicyAnnouncer(deps: AnnouncerDeps): PolicyAnnouncer {
  const { eventLog, metrics, makeEvent, log, clock } = deps;

  // A file of ten thousand rules may have as many issues, and the log is written at once.
  function* tellSteps(
    issues: readonly PolicyIssue[],
    tell: (issue: PolicyIssue) => void,
  ): Generator<void, void> {
    for (const issue of issues) {
      tell(issue);
      yield;
    }
  }

  const warnOf = (issue: PolicyIssue): void => {
    log.warn({ issue }, `policy: ${issueText(issue)}`);
  };

  // Of many changes, one is looked at after the other.
  let looking = Promise.resolve();

  async function lintChange(set: LoadedPolicySet, previous: ActivePolicySet): Promise<void> {
    const issues = await runInSlices(changeWarnings(set, previous), clock);
    await runInSlices(tellSteps(issues, warnOf), clock);
  }

  return {
    async refused(issues, serving) {
      const told = issues.filter((issue) => issue.severity === "error");
      const more = told.length - MAX_TOLD_ISSUES;
      metrics.policyLoadFailed();
      const version = serving && { policyVersion: serving.snapshot.policyVersion };
      eventLog.append([policiesRejected(makeEvent, { issues, ...version })]);
      const steps = tellSteps(told, (issue) => {
        log.error({ issue }, `policy refused: ${issueText(issue)}`);
      });
      await runInSlices(steps, clock);
      const first = told.slice(0, MAX_TOLD_ISSUES);
      return {
        text: first.map(issueText).join("; ") + (more > 0 ? `; and ${more} more` : ""),
        error: new PdpError({ reason: "POLICY_INVALID", issues: first }),
      };
    },

    loadedEvents(set, previous, policyVersion) {
      const policies = changedPolicies(set, previous).map(({ policy, file }) => ({
        policyId: policy.id,
        policyType: policy.type,
        source: file,
      }));
      if (policies.length > 0 || !previous) {
        return policiesLoaded(makeEvent, { policies, policyVersion });
      }
      // Functions have changed, or policies are gone: a version of which nobody would be told.
      const sources = set.policies.map((stored) => stored.file);
      return [policySetLoaded(makeEvent, { count: set.policies.length, sources, policyVersion })];
    },

    activated({ snapshot: { policyVersion }, policies }) {
      const rules = policies.reduce((sum, { policy }) => sum + policy.rules.length, 0);
      metrics.policyLoaded({ policyVersion, policies: policies.length, rules });
      const facts = { policyVersion, policies: policies.length, rules };
      log.info(facts, `policy version ${policyVersion} is active`);
    },

    async warn({ issues, file, fileVersion }, policyVersion) {
      await runInSlices(tellSteps(issues, warnOf), clock);
      if (fileVersion === undefined || fileVersion >= policyVersion) return;
      const facts = { file, fileVersion, policyVersion };
      log.warn(facts, "the file's version is lower than the policy version, which never goes down");
    },

    warnOfChange(set, previous) {
      looking = looking
        .then(() => lintChange(set, previous))
        .catch((error: unknown) => {
          log.error({ error }, "a change could not be looked at for what is probably not meant");
        });
    },
  };
}
