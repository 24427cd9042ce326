import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createMemoryObservationLog } from "../../src/adapters/memory/observation-log.js";
import { createMemoryPolicyHistory } from "../../src/adapters/memory/policy-history.js";
import { createMemoryPolicyVersionStore } from "../../src/adapters/memory/policy-version-store.js";
import { createMemoryTrustHistory } from "../../src/adapters/memory/trust-history.js";
import { createPolicyFileSource } from "../../src/adapters/policy-files/policy-file-source.js";
import { createPolicyReader } from "../../src/adapters/policy-files/policy-reader.js";
import { createPolicyFileWriter } from "../../src/adapters/policy-files/write-policy-file.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createUnifiedDiff } from "../../src/adapters/unified-diff/unified-diff.js";
import { createAccessControl } from "../../src/application/access-control.js";
import { createPolicyActivation } from "../../src/application/activate-policies.js";
import { createPolicyChanges } from "../../src/application/change-policy.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import { PdpError } from "../../src/application/errors.js";
import { createEventFeed } from "../../src/application/event-feed.js";
import { createMonitoring } from "../../src/application/monitoring.js";
import { createPolicyCatalog } from "../../src/application/list-policies.js";
import { createPolicyImpactAnalysis } from "../../src/application/analyze-policy-impact.js";
import { createDecisionReplay } from "../../src/application/replay-decisions.js";
import { createPolicyVersions } from "../../src/application/policy-versions.js";
import { createPublishEvent } from "../../src/application/publish-event.js";
import type { Log } from "../../src/application/ports/log.js";
import { createPolicyValidation } from "../../src/application/validate-policies.js";
import { openEngineTrust } from "../../src/engine-trust.js";
import { FLOPYNET_CLIENTS } from "../../src/core/lint/known-clients.js";
import {
  createHandlers,
  type HandlersByService,
  type ServiceName,
} from "../../src/transport/handlers.js";
import type { CallContext, ServiceHandlers } from "../../src/transport/rpc.js";

const nothing = (): undefined => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const { useCases: trust } = await openEngineTrust({
  engineAttributes: () => ({}),
  metrics: createPrometheusMetrics().trust,
  engineState: () => "healthy",
  ...{ activation: { active: nothing }, clock: createSystemClock(), log },
  storage: {
    eventLog: createMemoryEventLog({}),
    observationLog: createMemoryObservationLog(),
    trustHistory: createMemoryTrustHistory({ eventLog: createMemoryEventLog({}) }),
  },
  ids: createUuidIds(),
  makeEvent: createEventMaker({
    ids: createUuidIds(),
    clock: createSystemClock(),
  }),
  settings: {
    TRUST_MODEL: "flopynet-coupled-1",
    TRUST_OWN_VIOLATIONS: false,
    TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: 10,
    TRUST_PARAMETERS: {},
  },
});

/** The real use cases, over a policy file that is not there. */
function handlersFor({ insecure }: { insecure: boolean }): HandlersByService {
  const clock = createSystemClock();
  const ids = createUuidIds();
  const metrics = createPrometheusMetrics();
  const eventLog = createMemoryEventLog({ logId: ids.eventId() });
  const makeEvent = createEventMaker({ ids, clock });
  const versions = createMemoryPolicyVersionStore();
  const history = createMemoryPolicyHistory({ eventLog, mark: versions });
  const file = join(tmpdir(), ids.eventId(), "policies.json");
  const source = createPolicyFileSource({ file, conditionCompiler: createConditionCompiler() });
  const writer = createPolicyFileWriter({ file, source });
  const activation = createPolicyActivation({
    ...{ source, writer, history, versions, eventLog, metrics, makeEvent, ids, clock, log },
    unknownTypeEffect: "permit",
  });
  const status = () => activation.status();
  const storage = { failure: nothing, bytes: () => Promise.resolve(0) };
  return createHandlers({
    trust,
    monitoring: createMonitoring({ decisionLog: createMemoryDecisionLog(), storage, status }),
    decisionPoint: createDecisionPoint({
      activeSnapshot: nothing,
      engineAttributes: () => ({}),
      registry: { componentTypeOf: nothing },
      recordDecision: nothing,
      ...{ clock, ids },
      batchMaxItems: 1000,
    }),
    eventFeed: createEventFeed({
      ...{ eventLog, clock, log, metrics },
      maxSubscribers: 1,
      subscriberMaxLag: 1000,
      bookmarkS: 5,
    }),
    publishEvent: createPublishEvent({ eventLog, ids, clock, policyVersion: nothing }),
    policyCatalog: createPolicyCatalog(activation),
    policyValidation: createPolicyValidation({
      reader: createPolicyReader({ conditionCompiler: createConditionCompiler() }),
      clients: FLOPYNET_CLIENTS,
      clock,
    }),
    policyChanges: createPolicyChanges({ activation, writer, history, makeEvent }),
    policyVersions: createPolicyVersions({ history, unifiedDiff: createUnifiedDiff() }),
    analyzePolicyImpact: createPolicyImpactAnalysis({
      ...{ active: nothing, clock },
      reader: createPolicyReader({ conditionCompiler: createConditionCompiler() }),
      replay: createDecisionReplay({ decisionLog: createMemoryDecisionLog(), clock }),
    }),
    accessControl: createAccessControl({ insecure }),
  });
}

function callFrom(peerIsLoopback: boolean): CallContext {
  return {
    peer: "127.0.0.1",
    peerIsLoopback,
    metadata: new Metadata(),
    signal: AbortSignal.abort(),
  };
}

type Handler = ServiceHandlers[string];

async function reasonOf(handler: Handler | undefined, call: CallContext): Promise<string> {
  const sink = { write: () => true, onDrain: nothing };
  try {
    await handler?.handle({ policyId: "p", afterCursor: "", last: 0 } as never, call, sink);
    return "answered";
  } catch (error) {
    return error instanceof PdpError ? error.failure.reason : String(error);
  }
}

describe("every handler stands behind the access table", () => {
  const ADMIN = "flopynet.policy.v1.PolicyAdminService";
  const EVENTS = "flopynet.policy.v1.EventService";

  // prettier-ignore
  it.each<[says: string, service: ServiceName, method: string, loopback: boolean, insecure: boolean, reason: string]>([
    ["a reload from another machine is refused",            ADMIN,  "reloadPolicies", false, false, "UNAUTHENTICATED"],
    ["a reload from this machine is tried",                 ADMIN,  "reloadPolicies", true,  false, "POLICY_INVALID"],
    ["a reload from another machine with INSECURE=1 too",   ADMIN,  "reloadPolicies", false, true,  "POLICY_INVALID"],
    ["reading policies from another machine is answered",   ADMIN,  "getPolicy",      false, false, "NO_ACTIVE_POLICY"],
    ["an event published on another machine is refused",    EVENTS, "publishEvent",   false, false, "UNAUTHENTICATED"],
    ["a stream of events from another machine is answered", EVENTS, "streamEvents",   false, false, "answered"],
  ])("%s", async (_says, service, method, loopback, insecure, reason) => {
    const handler = handlersFor({ insecure })[service][method];
    expect(await reasonOf(handler, callFrom(loopback))).toBe(reason);
  });
});
