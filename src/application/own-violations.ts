import type { Decision } from "../core/decision.js";
import { conditionNames } from "../core/evaluate-condition.js";
import type { Rule, Severity } from "../core/policy.js";
import type { PolicySnapshot } from "../core/snapshot.js";
import { isClientName } from "../core/trust-attributes.js";
import type { ViolationSeverity } from "../core/trust/observation.js";
import { ENGINE } from "./engine-events.js";
import type { Clock } from "./ports/clock.js";
import type { Log } from "./ports/log.js";
import type { RecordDecision } from "./record-decision.js";
import type { TrustLedger } from "./trust-ledger.js";

/** Reports that are remembered, so that a client that asks again and again costs a look-up. */
const MOST_REMEMBERED = 100_000;

const SEVERITY: Readonly<Record<Severity, ViolationSeverity>> = {
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  critical: "CRITICAL",
};

/**
 * Makes denials evidence: the denial of a client by a rule that has a `severity` becomes a violation in
 * the newest open round for which the client is selected, once per round. It counts when it is stored,
 * as any other. Never a default, an error, or a client that is not trusted: what trust says follows from
 * evidence, and is none.
 */
export function createOwnViolations(deps: {
  readonly ledger: Pick<TrustLedger, "openRoundOf" | "report">;
  readonly activeSnapshot: () => PolicySnapshot | undefined;
  readonly clock: Pick<Clock, "nowMs">;
  readonly log: Log;
}): RecordDecision {
  const { ledger, activeSnapshot, clock, log } = deps;
  const reported = new Set<string>();

  return ({ clientId, policyType, decision }) => {
    if (clientId === "" || decision.denyKind !== "explicit") return;
    const snapshot = activeSnapshot();
    const found = snapshot && violatedRule(snapshot, policyType, decision);
    const at = found && ledger.openRoundOf(clientId);
    if (!at) return;
    const key = JSON.stringify([at.runId, at.round, clientId]);
    if (reported.has(key)) return;
    if (reported.size >= MOST_REMEMBERED) reported.clear();
    reported.add(key);
    const { policyId, severity } = found;
    const receivedMs = clock.nowMs();
    const seen = { reporter: ENGINE, observeTimeMs: receivedMs };
    const observation = {
      kind: "violation",
      ...at,
      ...seen,
      clientId,
      policyId,
      severity,
    } as const;
    ledger
      .report([{ observation, observationId: "", hasOwnTime: true }], { receivedMs })
      .catch((error: unknown) => {
        reported.delete(key);
        const cause = error instanceof Error ? error.message : String(error);
        log.warn({ cause }, "a violation could not be stored: it does not count");
      });
  };
}

/** The gravest of the rules of the asked type that denied, of those that say how grave they are. */
function violatedRule(
  snapshot: PolicySnapshot,
  policyType: string,
  { determiningRules }: Decision,
): { readonly policyId: string; readonly severity: ViolationSeverity } | undefined {
  if (policyType === "trust_reputation") return undefined;
  const policies = snapshot.policiesByType.get(policyType)?.policies ?? [];
  const order: readonly ViolationSeverity[] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
  const violated = determiningRules.flatMap(({ policyId, ruleIndex }) => {
    const policy = policies.find(({ id }) => id === policyId);
    const rule = policy?.rules.find(({ index }) => index === ruleIndex);
    if (rule?.severity === undefined || isAboutTrust(rule)) return [];
    return [{ policyId, severity: SEVERITY[rule.severity] }];
  });
  const [gravest] = violated.sort(
    (left, right) => order.indexOf(left.severity) - order.indexOf(right.severity),
  );
  return gravest;
}

/** Whether a rule denies for what the client was found to do already. */
function isAboutTrust({ isTrustRule, target, condition }: Rule): boolean {
  const read = condition ? conditionNames(condition.expression) : [];
  return isTrustRule || [...read, ...target.map(({ key }) => key.split("."))].some(isClientName);
}
