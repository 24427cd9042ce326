import { createConditionCompiler } from "./adapters/cel/compile-condition.js";
import { createComponentRegistry } from "./adapters/component-registry/component-registry.js";
import { createPolicyFileSource } from "./adapters/policy-files/policy-file-source.js";
import { createPolicyFunctionStore } from "./adapters/policy-files/function-store.js";
import { createPolicyReader } from "./adapters/policy-files/policy-reader.js";
import { readFunctionTexts } from "./adapters/policy-files/policy-texts.js";
import { policySchema } from "./adapters/policy-files/policy-schema.js";
import { createPolicyFileWriter } from "./adapters/policy-files/write-policy-file.js";
import { createPrometheusMetrics } from "./adapters/prometheus/metrics.js";
import { createUnifiedDiff } from "./adapters/unified-diff/unified-diff.js";
import { createSystemClock } from "./adapters/system/clock.js";
import { createUuidIds } from "./adapters/system/ids.js";
import { createAccessControl } from "./application/access-control.js";
import { createPolicyActivation, type PolicyActivation } from "./application/activate-policies.js";
import { createPolicyChanges } from "./application/change-policy.js";
import { answerWhenRecorded } from "./application/answer-when-recorded.js";
import { createPolicyImpactAnalysis } from "./application/analyze-policy-impact.js";
import { createDecisionPoint } from "./application/decision-point.js";
import { createDecisionRecords } from "./application/decision-records.js";
import { createDecisionRecorder } from "./application/decision-recorder.js";
import { createEngineAttributes } from "./application/engine-attributes.js";
import {
  createEventMaker,
  databaseSetAside,
  engineStart,
  engineStop,
} from "./application/engine-events.js";
import { type EngineStatus, withStorage } from "./application/engine-status.js";
import { PdpError } from "./application/errors.js";
import { createEventFeed } from "./application/event-feed.js";
import { createImpactGuard } from "./application/guard-impact.js";
import { createMonitoring } from "./application/monitoring.js";
import { createPolicyCatalog } from "./application/list-policies.js";
import { createDecisionReplay } from "./application/replay-decisions.js";
import { createPolicyFunctions } from "./application/policy-functions.js";
import { createPolicyVersions } from "./application/policy-versions.js";
import { createPublishEvent } from "./application/publish-event.js";
import type { Clock } from "./application/ports/clock.js";
import type { ComponentRegistry } from "./application/ports/component-registry.js";
import type { Log } from "./application/ports/log.js";
import type { PolicyText } from "./application/ports/policy-reader.js";
import { createPolicyValidation } from "./application/validate-policies.js";
import type { Settings } from "./config/settings.js";
import { FLOPYNET_CLIENTS } from "./core/lint/known-clients.js";
import { type EngineStorage, openEngineStorage } from "./engine-storage.js";
import { StartError, startErrorOf, startErrorOfStorage } from "./start-error.js";
import { openEngineTrust } from "./engine-trust.js";
import { startGrpcServer } from "./transport/grpc/server.js";
import { createHandlers } from "./transport/handlers.js";
import { startMetricsServer } from "./transport/metrics/server.js";
import { isLoopbackAddress } from "./transport/peer.js";
import { createRestApp } from "./transport/rest/app.js";
import { startRestServer } from "./transport/rest/server.js";

/** The version of this package. */
export const ENGINE_VERSION = "0.1.0";

/** A running engine: what was bound, how it is, and how it ends. */
export interface RunningEngine {
  readonly grpcPort: number;
  /** POLICY_PORT, then REST_EXTRA_PORTS. */
  readonly restPorts: readonly number[];
  readonly metricsPort: number;
  status(): EngineStatus;
  /**
   * Drains: not serving -> nothing new is accepted -> what was read is answered -> ENGINE_STOP is
   * stored and delivered -> streams end with their cursor -> DATA_DIR is free. Idempotent.
   */
  stop(): Promise<void>;
}

export interface EngineDeps {
  readonly settings: Settings;
  readonly log: Log;
}

/**
 * Builds the engine from its settings and starts it. Without a good policy set it starts all the same,
 * says so everywhere, and recovers when the file is mended.
 *
 * @throws {StartError} Ports, DATA_DIR or settings cannot be used; nothing is left running.
 */
export async function startEngine(deps: EngineDeps): Promise<RunningEngine> {
  const clock = createSystemClock();
  const storage = await openEngineStorage({ ...deps, clock }).catch((error: unknown) => {
    throw startErrorOf(error);
  });
  try {
    return await startWith(storage, clock, deps);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function startWith(
  storage: EngineStorage,
  clock: Clock,
  { settings, log }: EngineDeps,
): Promise<RunningEngine> {
  const { eventLog, decisionLog, history, versions } = storage;
  const ids = createUuidIds();
  const metrics = createPrometheusMetrics();
  metrics.watchDecisionLog(() => decisionLog.counts());
  const makeEvent = createEventMaker({ ids, clock });
  const conditionCompiler = createConditionCompiler();
  const source = createPolicyFileSource({
    file: settings.POLICY_FILE,
    conditionCompiler,
    ...(settings.POLICY_FUNCTIONS_DIR !== undefined && {
      functions: { folder: settings.POLICY_FUNCTIONS_DIR, log },
    }),
  });
  const writer = createPolicyFileWriter({ file: settings.POLICY_FILE, source });
  const activation = createPolicyActivation({
    ...{ source, writer, history, versions, eventLog, metrics, makeEvent, ids, clock, log },
    unknownTypeEffect: settings.UNKNOWN_POLICY_TYPE,
  });
  const recorder = createDecisionRecorder({
    ...{ eventLog, makeEvent, metrics, clock },
    decisionEventsPerS: settings.DECISION_EVENTS_PER_S,
  });
  metrics.watchDecisionEvents(recorder.counts);
  const records = createDecisionRecords({
    decisionLog,
    tell: recorder.record,
    durability: settings.DECISION_DURABILITY,
    redactedPaths: settings.DECISION_REDACT,
  });
  eventLog.append([engineStart(makeEvent, { engineVersion: ENGINE_VERSION })]);
  const engineAttributes = createEngineAttributes({ clock, timeZone: settings.ENGINE_TIME_ZONE });
  const status = (): EngineStatus => withStorage(activation.status(), storage.health.failure());
  const engineState = () => status().state;
  const trust = await openEngineTrust({
    ...{ storage, activation, makeEvent, ids, clock, log, settings },
    ...{ engineAttributes, engineState, metrics: metrics.trust },
  });
  const decisionPoint = createDecisionPoint({
    activeSnapshot: () => activation.active()?.snapshot,
    clientTrust: trust.clientTrust,
    registry: registryOf(settings),
    recordDecision: trust.recorded(records.record),
    ...{ clock, ids, engineAttributes, engineState },
    batchMaxItems: settings.BATCH_MAX_ITEMS,
  });
  const eventFeed = createEventFeed({
    ...{ eventLog, clock, log, metrics },
    maxSubscribers: settings.MAX_SUBSCRIBERS,
    subscriberMaxLag: settings.SUBSCRIBER_MAX_LAG,
    bookmarkS: settings.STREAM_BOOKMARK_S,
  });
  const policyCatalog = createPolicyCatalog(activation);
  const reader = createPolicyReader({ conditionCompiler });
  const functions = () => functionTexts(settings.POLICY_FUNCTIONS_DIR);
  const replay = createDecisionReplay({ decisionLog, clock });
  const maxFlippedPercent = settings.MAX_FLIPPED_DECISIONS_PERCENT;
  const guard = maxFlippedPercent !== undefined && {
    guard: createImpactGuard({ replay, maxFlippedPercent }),
  };
  const useCases = {
    decisionPoint: answerWhenRecorded(decisionPoint, records.settled),
    eventFeed,
    publishEvent: createPublishEvent({
      ...{ eventLog, ids, clock },
      policyVersion: () => activation.active()?.snapshot.policyVersion,
    }),
    policyCatalog,
    policyValidation: createPolicyValidation({
      ...{ reader, clock, functions },
      clients: FLOPYNET_CLIENTS,
    }),
    policyChanges: createPolicyChanges({ activation, writer, history, makeEvent, ...guard }),
    policyVersions: createPolicyVersions({ history, unifiedDiff: createUnifiedDiff() }),
    analyzePolicyImpact: createPolicyImpactAnalysis({
      ...{ active: () => activation.active(), reader, functions, replay, clock },
    }),
    trust: trust.useCases,
    monitoring: createMonitoring({ decisionLog, storage: storage.health, status }),
    accessControl: createAccessControl({ insecure: settings.INSECURE }),
  };
  const handlers = createHandlers(useCases);

  warnOf(settings, log);
  storage.onSetAside((setAside) => {
    eventLog.append([databaseSetAside(makeEvent, setAside)]);
    activation.recordAgain();
    void trust.ledger.storeAnew(); // It ends well: it is tried until it does.
  });
  await firstLoad(activation);

  const host = settings.HOST;
  const closers: (() => Promise<void>)[] = [];
  try {
    const grpc = await startGrpcServer({ host, port: settings.GRPC_PORT, handlers, log });
    closers.push(() => grpc.drain(settings.SHUTDOWN_GRACE_S));
    const rest = await startRestServer({
      host,
      ports: [settings.POLICY_PORT, ...settings.REST_EXTRA_PORTS],
      app: createRestApp({
        ...{ handlers, log, host },
        useCases: {
          ...{ ...useCases, status, log, compat: settings.REST_COMPAT },
          policyFunctions: createPolicyFunctions({
            ...{ activation, writer, makeEvent, conditionCompiler, engineAttributes, ...guard },
            ...functionStoreOf(settings),
          }),
          engineVersion: ENGINE_VERSION,
          startTimeMs: clock.nowMs(),
          settings,
        },
        policySchema: policySchemaOnce(),
        engineVersion: ENGINE_VERSION,
        corsOrigins: settings.CORS_ORIGINS,
      }),
      log,
    });
    closers.push(() => rest.drain(settings.SHUTDOWN_GRACE_S));
    const metricsServer = await startMetricsServer({
      ...{ host, port: settings.METRICS_PORT, contentType: metrics.contentType },
      metricsText: () => metrics.text(),
    });
    closers.push(() => metricsServer.close());

    const showHealth = (): void => {
      grpc.setServing(activation.active() !== undefined);
    };
    activation.onActivated(showHealth);
    showHealth();
    const stopWatching = activation.watch();
    let stopped: Promise<void> | undefined;
    const drain = async (): Promise<void> => {
      stopWatching();
      const closing = Promise.all(closers.map((close) => close())); // Nothing new from here on.
      recorder.flush();
      const { policyVersion } = activation.status();
      eventLog.append([engineStop(makeEvent, { why: "drained", policyVersion })]);
      await storage.flush();
      await eventFeed.drain();
      await closing;
      await storage.close();
    };
    return {
      grpcPort: grpc.port,
      restPorts: rest.ports,
      metricsPort: metricsServer.port,
      status,
      stop: () => (stopped ??= drain()),
    };
  } catch (error) {
    await Promise.all(closers.map((close) => close()));
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function warnOf({ HOST, INSECURE, STORAGE }: Settings, log: Log): void {
  if (HOST !== "localhost" && !isLoopbackAddress(HOST)) {
    const who = INSECURE
      ? "INSECURE=1: every machine that reaches these ports can change policy"
      : "other machines may ask and read; changes from them are refused";
    log.warn({ host: HOST }, `listening beyond this machine, and nobody is authenticated: ${who}`);
  }
  if (STORAGE === "memory") {
    log.info({}, "STORAGE=memory: nothing survives a restart, and the policy version begins anew");
  }
}

function functionStoreOf({ POLICY_FUNCTIONS_DIR: folder }: Settings) {
  return folder === undefined ? {} : { store: createPolicyFunctionStore(folder) };
}

async function functionTexts(folder: string | undefined): Promise<readonly PolicyText[]> {
  return folder === undefined ? [] : (await readFunctionTexts(folder)).texts;
}

function policySchemaOnce(): () => object {
  let schema: object | undefined;
  return () => (schema ??= policySchema());
}

/** Without a good set the engine starts all the same; without a place for its version it does not. */
async function firstLoad(activation: PolicyActivation): Promise<void> {
  try {
    await activation.reload();
  } catch (error) {
    if (!(error instanceof PdpError)) throw error;
    if (error.failure.reason === "POLICY_INVALID") return; // Told by the log, /health and an event.
    throw startErrorOfStorage(error);
  }
}

/** @throws {StartError} Two settings contradict each other. */
export function registryOf(settings: Settings): ComponentRegistry {
  const registry = createComponentRegistry({
    nodeIps: settings.NODE_IPS,
    ...(settings.CLIENT_IP_RANGE !== undefined && { clientIpRange: settings.CLIENT_IP_RANGE }),
    ...(settings.SUBNET_PREFIX !== undefined && { subnetPrefix: settings.SUBNET_PREFIX }),
  });
  if (!registry.ok) throw new StartError(registry.problem);
  return registry.value;
}
