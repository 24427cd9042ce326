import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createComponentRegistry } from "../../src/adapters/component-registry/component-registry.js";
import { createEngineClient, EngineError } from "../../src/adapters/engine-client/engine-client.js";
import { readPolicySet } from "../../src/adapters/policy-files/read-policy-set.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "../../src/application/check.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { createEngineAttributes } from "../../src/application/engine-attributes.js";
import { issueText, PdpError } from "../../src/application/errors.js";
import { loadConfig } from "../../src/config/load-config.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { startTestEngine } from "../support/start-engine.js";
import { type CaseFile, policyTexts, type Then, type When } from "./conformance-case.js";

/** One way of asking the same question. */
export interface Asker {
  ask(when: When): Promise<Then>;
  close(): Promise<void>;
}

/** In process, without any transport. `reversed`: the policies in the opposite order. */
export function askCore(file: CaseFile, options: { reversed: boolean }): Asker {
  const texts = policyTexts(file);
  const load = readPolicySet(
    {
      main: { name: "policies.json", text: texts.main },
      ...(texts.defaults !== undefined && {
        defaults: { name: "default_policies.json", text: texts.defaults },
      }),
    },
    createConditionCompiler(),
  );
  if (!load.ok) throw new Error(load.issues.map(issueText).join("\n"));
  const policies = load.set.policies.map(({ policy }) => policy);
  const { settings } = loadConfig({ argv: [], env: file.given.settings, readFile: () => "{}" });
  const registry = createComponentRegistry({
    nodeIps: settings.NODE_IPS,
    ...(settings.CLIENT_IP_RANGE !== undefined && { clientIpRange: settings.CLIENT_IP_RANGE }),
    ...(settings.SUBNET_PREFIX !== undefined && { subnetPrefix: settings.SUBNET_PREFIX }),
  });
  if (!registry.ok) throw new Error(registry.problem);
  const clock = createSystemClock();
  const snapshot = buildSnapshot(options.reversed ? policies.toReversed() : policies, {
    policyVersion: 1,
    unknownTypeEffect: settings.UNKNOWN_POLICY_TYPE,
  });
  const point = createDecisionPoint({
    activeSnapshot: () => snapshot,
    engineAttributes: createEngineAttributes({ clock, timeZone: "UTC" }),
    registry: registry.value,
    recordDecision: () => undefined,
    clock,
    ids: createUuidIds({ clock }),
    batchMaxItems: settings.BATCH_MAX_ITEMS,
  });
  return {
    ask: (when) => {
      try {
        const check = checkOf(when);
        const answer =
          "policyType" in check ? point.checkPolicy(check) : point.checkConnection(check);
        return Promise.resolve(thenOf(answer));
      } catch (error) {
        if (!(error instanceof PdpError) || error.failure.reason !== "REQUEST_INVALID") throw error;
        return Promise.resolve({ refused: error.failure.violations.map(({ field }) => field) });
      }
    },
    close: () => Promise.resolve(),
  };
}

/** A running engine, asked through gRPC and through REST over real sockets. */
export async function askEngine(file: CaseFile): Promise<{ grpc: Asker; rest: Asker }> {
  const { main, defaults } = policyTexts(file);
  const engine = await startTestEngine({
    policies: main,
    ...(defaults !== undefined && { defaults }),
    settings: file.given.settings,
  });
  const client = createEngineClient({ address: `127.0.0.1:${engine.grpcPort}` });
  return {
    grpc: {
      ask: async (when) => {
        const check = checkOf(when);
        try {
          return thenOf(
            "policyType" in check
              ? await client.checkPolicy(check)
              : await client.checkConnection(check),
          );
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          return { refused: fieldsIn(error.message) };
        }
      },
      close: () => {
        client.close();
        return Promise.resolve();
      },
    },
    rest: {
      ask: (when) => askRest(engine.restPort, when),
      close: () => engine.stop(),
    },
  };
}

async function askRest(port: number, when: When): Promise<Then> {
  const [route, body] =
    "connection" in when
      ? ["connections:check", when.connection]
      : ["policies:check", { policy_type: when.policy_type, context: when.context }];
  const response = await fetch(`http://127.0.0.1:${port}/v1/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as RestAnswer & RestProblem;
  if (response.status === 400) return { refused: json.fieldViolations.map(({ field }) => field) };
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${JSON.stringify(json)}`);
  return {
    allowed: json.allowed,
    ...(!json.allowed && { deny_kind: json.denyKind.replace("DENY_KIND_", "") as "EXPLICIT" }),
    by: (json.determiningRules ?? []).map(nameOf),
    erring: (json.erroringRules ?? []).map(({ rule, missingAttributes }) => ({
      rule: nameOf(rule),
      missing: [...(missingAttributes ?? [])],
    })),
    ...(json.parameters && { parameters: json.parameters }),
    obligations: (json.obligations ?? []).map(({ rule, action, parameters, advice }) => ({
      rule: nameOf(rule),
      action,
      parameters: parameters ?? {},
      advice: advice ?? false,
    })),
  };
}

type Parameters = Extract<Then, { allowed: boolean }>["parameters"];
interface RestRule {
  readonly policyId: string;
  readonly ruleId: string;
}
interface RestProblem {
  readonly fieldViolations: readonly { readonly field: string }[];
}
/** ProtoJSON may leave out what is empty. */
interface RestAnswer {
  readonly allowed: boolean;
  readonly denyKind: string;
  readonly determiningRules?: readonly RestRule[];
  readonly erroringRules?: readonly {
    readonly rule: RestRule;
    readonly missingAttributes?: readonly string[];
  }[];
  readonly parameters?: NonNullable<Parameters>;
  readonly obligations?: readonly {
    readonly rule: RestRule;
    readonly action: string;
    readonly parameters?: NonNullable<Parameters>;
    readonly advice?: boolean;
  }[];
}

function checkOf(when: When): ConnectionCheck | PolicyCheck {
  if (!("connection" in when)) {
    const { policy_type: policyType, context } = when;
    return { requestId: "", policyType, context, explain: false };
  }
  const { connection } = when;
  return {
    requestId: "",
    clientId: connection.client_id ?? "",
    srcType: connection.src_type ?? "",
    dstType: connection.dst_type ?? "",
    srcIp: connection.src_ip ?? "",
    dstIp: connection.dst_ip ?? "",
    ...(connection.src_port !== undefined && { srcPort: connection.src_port }),
    ...(connection.dst_port !== undefined && { dstPort: connection.dst_port }),
    protocol: connection.protocol ?? "",
    context: connection.context ?? {},
    explain: false,
  };
}

function thenOf({ decision }: CheckAnswer): Then {
  return {
    allowed: decision.allowed,
    ...(decision.denyKind && { deny_kind: decision.denyKind.toUpperCase() as "EXPLICIT" }),
    by: decision.determiningRules.map(nameOf),
    erring: decision.erringRules.map(({ rule, missingAttributes }) => ({
      rule: nameOf(rule),
      missing: [...missingAttributes],
    })),
    ...(decision.parameters && { parameters: plain(decision.parameters) }),
    obligations: decision.obligations.map(({ rule, action, parameters, advice }) => ({
      rule: nameOf(rule),
      action,
      parameters: plain(parameters),
      advice,
    })),
  };
}

/** As a client reads it: without prototypes of our own. */
function plain(map: object): NonNullable<Parameters> {
  return JSON.parse(JSON.stringify(map)) as NonNullable<Parameters>;
}

function nameOf({ policyId, ruleId }: RestRule): string {
  return `${policyId}/${ruleId}`;
}

/** The message of a refusal is `field rule; field rule`. */
function fieldsIn(message: string): string[] {
  const [, fields = ""] = /refused: (.*) \(INVALID_ARGUMENT\)$/.exec(message) ?? [];
  return fields.split("; ").map((part) => part.split(" ")[0] ?? "");
}
