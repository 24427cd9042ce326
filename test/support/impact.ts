import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createPolicyReader } from "../../src/adapters/policy-files/policy-reader.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createDecisionRecords } from "../../src/application/decision-records.js";
import type { PolicyImpact } from "../../src/application/policy-impact.js";
import { createDecisionReplay } from "../../src/application/replay-decisions.js";
import { decide } from "../../src/core/decide.js";
import type { Policy } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import type { ValueMap } from "../../src/core/values.js";

export interface AskedRequest {
  readonly type: string;
  readonly attributes: ValueMap;
}

const clock = createSystemClock();
const ids = createUuidIds();

/** Policies in the words of files. */
export function policiesOf(documents: readonly ValueMap[]): readonly Policy[] {
  const reader = createPolicyReader({ conditionCompiler: createConditionCompiler() });
  const steps = reader.readDocuments(documents);
  for (;;) {
    const step = steps.next();
    if (step.done !== true) continue;
    const errors = step.value.issues.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return step.value.policies;
  }
}

/** Records the answers of `before` to `requests`, then asks what `after` would make of them. */
export async function impactOn(
  requests: readonly AskedRequest[],
  before: readonly Policy[],
  after: readonly Policy[],
  {
    redact = [],
    maxDecisions = 10_000,
  }: { redact?: readonly string[]; maxDecisions?: number } = {},
): Promise<PolicyImpact & { readonly decisionIds: readonly string[] }> {
  const decisionLog = createMemoryDecisionLog();
  const records = createDecisionRecords({
    ...{ decisionLog, tell: () => undefined, durability: "async", redactedPaths: redact },
  });
  const snapshot = buildSnapshot(before, { policyVersion: 1 });
  const decisionIds = requests.map(({ type: policyType, attributes }) => {
    const timeMs = clock.nowMs();
    const decisionId = ids.decisionId(timeMs);
    records.record({
      ...{
        timeMs,
        redacted: false,
        decisionId,
        policyType,
        attributes,
        requestId: "",
        clientId: "",
        durationMs: 1,
      },
      decision: decide(snapshot, accessRequest(policyType, attributes)),
    });
    return decisionId;
  });
  const replay = createDecisionReplay({ decisionLog, clock });
  return { ...(await replay({ snapshot, before, after }, maxDecisions)), decisionIds };
}
