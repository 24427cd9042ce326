import { createConditionCompiler } from "./adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "./adapters/policy-files/policy-file-source.js";
import { createSystemClock } from "./adapters/system/clock.js";
import { createUuidIds } from "./adapters/system/ids.js";
import type { DecisionPoint } from "./application/check.js";
import { createDecisionPoint } from "./application/decision-point.js";
import { createEngineAttributes } from "./application/engine-attributes.js";
import { issueText } from "./application/errors.js";
import type { Log } from "./application/ports/log.js";
import type { PolicySource } from "./application/ports/policy-source.js";
import type { Settings } from "./config/settings.js";
import { buildSnapshot } from "./core/snapshot.js";
import { registryOf } from "./engine.js";

/** A command says what it was asked, and nothing else. */
const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The policies of a file as a running engine with these settings would read them. */
export function offlineSource(file: string, settings: Settings): PolicySource {
  const folder = settings.POLICY_FUNCTIONS_DIR;
  return createPolicyFileSource({
    file,
    conditionCompiler: createConditionCompiler(),
    ...(folder !== undefined && { functions: { folder, log: SILENT } }),
  });
}

/** The same decision as a running engine with this file and these settings; else what is wrong. */
export async function offlineDecisionPoint(
  file: string,
  settings: Settings,
): Promise<DecisionPoint | string> {
  const load = await offlineSource(file, settings).load();
  if (!load.ok) {
    const errors = load.issues.filter(({ severity }) => severity === "error");
    return errors.map(issueText).join("\n");
  }
  const clock = createSystemClock();
  const snapshot = buildSnapshot(
    load.set.policies.map(({ policy }) => policy),
    {
      policyVersion: load.set.fileVersion ?? 1,
      unknownTypeEffect: settings.UNKNOWN_POLICY_TYPE,
    },
  );
  return createDecisionPoint({
    activeSnapshot: () => snapshot,
    engineAttributes: createEngineAttributes({ clock, timeZone: settings.ENGINE_TIME_ZONE }),
    registry: registryOf(settings),
    recordDecision: () => undefined,
    clock,
    ids: createUuidIds(),
    batchMaxItems: settings.BATCH_MAX_ITEMS,
  });
}
