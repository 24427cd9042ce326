import type { Observation } from "../../src/core/trust/observation.js";
import { afterAll, beforeAll } from "vitest";
import { createGrpcClient, type GrpcClient, type Message } from "./grpc-client.js";
import { startTestEngine, type TestEngine } from "./start-engine.js";

const TRUST = "flopynet.policy.v1.TrustService";
export const TRUST_METHOD = (name: string): string => `${TRUST}/${name}`;

/** The documented sample policy, word for word. */
export const SAMPLE_TRUST_POLICY = {
  name: "trust_based_participation",
  type: "security",
  rules: [
    { condition: "client.trust_score < 0.3", action: "exclude_client", severity: "high" },
    {
      condition: "client.trust_score < 0.6",
      action: "weight_reduction",
      severity: "medium",
      parameters: { weight_multiplier: 0.5 },
    },
  ],
};

/** Connections are allowed, but for one port, and trust decides about clients. */
export const TRUST_POLICY_SET = {
  version: 2,
  policies: {
    net: {
      name: "net",
      type: "network_security",
      rules: [
        { id: "no-telnet", action: "deny", match: { dst_port: 23 }, severity: "medium" },
        { id: "tcp", action: "allow", match: { protocol: "tcp" } },
      ],
    },
    trust: SAMPLE_TRUST_POLICY,
  },
};

export interface TrustEngine extends TestEngine {
  readonly client: GrpcClient;
  /** Calls TrustService by the name of the method. */
  ask(method: string, request?: Message): Promise<Message>;
  check(request: Message): Promise<Message>;
}

export async function startTrustEngine(
  settings: Readonly<Record<string, string>> = {},
  policies: unknown = TRUST_POLICY_SET,
): Promise<TrustEngine> {
  const engine = await startTestEngine({ policies, settings });
  const client = createGrpcClient(engine.grpcPort);
  return {
    ...engine,
    client,
    ask: (method, request = {}) => client.unary(TRUST_METHOD(method), request),
    check: (request) =>
      client.unary("flopynet.policy.v1.PolicyDecisionService/CheckConnection", {
        protocol: "tcp",
        ...request,
      }),
    async stop() {
      client.close();
      await engine.stop();
    },
  };
}

/** An observation of the core as a message of the wire. */
export function observationMessage(observation: Observation): Message {
  const at = "runId" in observation ? { run_id: observation.runId, round: observation.round } : {};
  switch (observation.kind) {
    case "round_opened":
      return { ...at, round_opened: { selected_client_ids: observation.selectedClientIds } };
    case "update_reported": {
      const { clientId, outcome, alignmentRatio, normRatio } = observation;
      const update = {
        ...{ client_id: clientId, outcome: `UPDATE_OUTCOME_${outcome}` },
        ...(alignmentRatio !== undefined && { alignment_ratio: alignmentRatio }),
        ...(normRatio !== undefined && { norm_ratio: normRatio }),
      };
      return { ...at, update_reported: update };
    }
    case "violation": {
      const { clientId, policyId, severity } = observation;
      const violation = { client_id: clientId, policy_id: policyId };
      return { ...at, violation: { ...violation, severity: `VIOLATION_SEVERITY_${severity}` } };
    }
    case "round_closed":
      return { ...at, round_closed: {} };
    case "client_registered": {
      const { clientId, publicKeyFingerprint, owner } = observation;
      const key = { client_id: clientId, public_key_fingerprint: publicKeyFingerprint, owner };
      return { client_registered: key };
    }
    case "client_pardoned":
      throw new Error("nobody reports a pardon");
  }
}

/** One whole round: every client completes with the ratios that `updates` gives it. */
export function roundMessages(
  runId: string,
  round: number,
  updates: Readonly<Record<string, { alignment?: number; norm?: number }>>,
): Message[] {
  const at = { run_id: runId, round };
  return [
    { ...at, round_opened: { selected_client_ids: Object.keys(updates) } },
    ...Object.entries(updates).map(([client_id, { alignment = 1, norm = 1 }]) => ({
      ...at,
      update_reported: {
        ...{ client_id, outcome: "UPDATE_OUTCOME_COMPLETED" },
        ...{ alignment_ratio: alignment, norm_ratio: norm },
      },
    })),
    { ...at, round_closed: {} },
  ];
}

/** Every client's trust, as it is answered: all numbers, to the last bit. */
export async function allScores(
  engine: Pick<TrustEngine, "ask">,
  clientIds: readonly string[],
): Promise<readonly Message[]> {
  const answers = await Promise.all(
    clientIds.map((client_id) => engine.ask("EvaluateTrust", { client_id })),
  );
  // Arrival times are the reporter's business.
  return answers.map(({ last_evidence_time: _time, ...answer }) => answer);
}

export const CLIENTS: readonly string[] = ["a", "b", "c", "d"];
export const EVERYONE: Readonly<Record<string, { alignment?: number }>> = Object.fromEntries(
  CLIENTS.map((id) => [id, {}]),
);
/** `a` is refused by the gate. */
export const WITH_FLIPPER = { ...EVERYONE, a: { alignment: -1 } };

/** The updates of a round under the ids of one run. */
export function named<Update>(
  updates: Readonly<Record<string, Update>>,
  id: (name: string) => string,
): Record<string, Update> {
  return Object.fromEntries(Object.entries(updates).map(([name, update]) => [id(name), update]));
}

/** One engine for the tests of a file. */
export function useTrustEngine() {
  let engine: TrustEngine | undefined;
  let runs = 0;
  beforeAll(async () => {
    engine = await startTrustEngine();
  });
  afterAll(() => engine?.stop());
  const running = (): TrustEngine => {
    if (!engine) throw new Error("the engine runs during tests only");
    return engine;
  };
  return {
    ask: (method: string, request?: Message) => running().ask(method, request),
    check: (request: Message) => running().check(request),
    report: (observations: readonly Message[], reporter = "fl-server") =>
      running().ask("ReportObservations", { observations, reporter }),
    trustOf: (client_id: string, more: Message = {}) =>
      running().ask("EvaluateTrust", { client_id, ...more }),
    stateOf: async (client_id: string): Promise<unknown> =>
      (await running().ask("EvaluateTrust", { client_id }))["state"],
    /** Each test has a run and clients of its own: a score belongs to the client. */
    aRun(): { run: string; id: (name: string) => string } {
      runs += 1;
      const run = `run-${runs}`;
      return { run, id: (name) => `${run}-${name}` };
    },
  };
}
