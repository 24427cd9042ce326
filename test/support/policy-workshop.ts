import { dirname, join } from "node:path";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createMemoryPolicyHistory } from "../../src/adapters/memory/policy-history.js";
import { createMemoryPolicyVersionStore } from "../../src/adapters/memory/policy-version-store.js";
import { createPolicyFunctionStore } from "../../src/adapters/policy-files/function-store.js";
import { createPolicyFileSource } from "../../src/adapters/policy-files/policy-file-source.js";
import { createPolicyFileWriter } from "../../src/adapters/policy-files/write-policy-file.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createUnifiedDiff } from "../../src/adapters/unified-diff/unified-diff.js";
import {
  createPolicyActivation,
  type PolicyActivation,
} from "../../src/application/activate-policies.js";
import { createPolicyChanges, type PolicyChanges } from "../../src/application/change-policy.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import { PdpError } from "../../src/application/errors.js";
import {
  createPolicyFunctions,
  type PolicyFunctions,
} from "../../src/application/policy-functions.js";
import {
  createPolicyVersions,
  type PolicyVersions,
} from "../../src/application/policy-versions.js";
import type { EventLog } from "../../src/application/ports/event-log.js";
import type { PolicyHistory } from "../../src/application/ports/policy-history.js";
import { createKeptLog } from "./kept-log.js";

/** What survives a restart of the engine. */
export interface PolicyStores {
  readonly eventLog: EventLog;
  readonly history: PolicyHistory;
  readonly versions: ReturnType<typeof createMemoryPolicyVersionStore>;
}

export interface PolicyWorkshop {
  readonly activation: PolicyActivation;
  readonly changes: PolicyChanges;
  /** In the folder `functions` beside the file. */
  readonly functions: PolicyFunctions;
  readonly policyVersions: PolicyVersions;
}

export const BY = { actor: "127.0.0.1", reason: "" };

const clock = createSystemClock();
const ids = createUuidIds();

export function createPolicyStores(): PolicyStores {
  const eventLog = createMemoryEventLog({});
  const versions = createMemoryPolicyVersionStore();
  return { eventLog, versions, history: createMemoryPolicyHistory({ eventLog, mark: versions }) };
}

/** The use cases that load and change policy, over a real file; without servers. */
export function openPolicyWorkshop(file: string, stores: PolicyStores): PolicyWorkshop {
  const { eventLog, history, versions } = stores;
  const conditionCompiler = createConditionCompiler();
  const folder = join(dirname(file), "functions");
  const log = createKeptLog();
  const source = createPolicyFileSource({ file, conditionCompiler, functions: { folder, log } });
  const writer = createPolicyFileWriter({ file, source });
  const makeEvent = createEventMaker({ ids, clock });
  const activation = createPolicyActivation({
    ...{ source, writer, history, versions, eventLog, makeEvent, ids, clock, log },
    metrics: createPrometheusMetrics(),
    unknownTypeEffect: "permit",
  });
  return {
    activation,
    changes: createPolicyChanges({ activation, writer, history, makeEvent }),
    functions: createPolicyFunctions({
      ...{ activation, writer, makeEvent, conditionCompiler, engineAttributes: () => ({}) },
      store: createPolicyFunctionStore(folder),
    }),
    policyVersions: createPolicyVersions({ history, unifiedDiff: createUnifiedDiff() }),
  };
}

/** Why a call was refused, or `done`. Anything but an expected failure is thrown. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof PdpError) return error.failure.reason;
    throw error;
  }
}
