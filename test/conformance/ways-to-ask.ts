import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createComponentRegistry } from "../../src/adapters/component-registry/component-registry.js";
import { readPolicySet } from "../../src/adapters/policy-files/read-policy-set.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import type { ConnectionCheck, PolicyCheck } from "../../src/application/check.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { createEngineAttributes } from "../../src/application/engine-attributes.js";
import { issueText, PdpError } from "../../src/application/errors.js";
import type { PolicyLoad } from "../../src/application/ports/policy-source.js";
import { loadConfig } from "../../src/config/load-config.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { type Given, policyTexts, type When } from "./conformance-case.js";
import { REQUEST_ID, type Told, toldAnswer } from "./told.js";

/** One way of asking the same question. */
export interface Asker {
  ask(when: When, options: { readonly explain: boolean }): Promise<Told>;
}

/** What the loader says of the files, in process. */
export function loadInProcess(given: Given): PolicyLoad {
  const { main, defaults } = policyTexts(given);
  return readPolicySet(
    {
      main: { name: "policies.json", text: main },
      ...(defaults !== undefined && {
        defaults: { name: "default_policies.json", text: defaults },
      }),
      functions: given.functions.map((definition, index) => ({
        name: `${index}.json`,
        text: JSON.stringify(definition),
      })),
    },
    createConditionCompiler(),
  );
}

/** In process, without any transport. `reversed`: the policies in the opposite order. */
export function askCore(given: Given, options: { reversed: boolean; explain?: boolean }): Asker {
  const load = loadInProcess(given);
  if (!load.ok) throw new Error(load.issues.map(issueText).join("\n"));
  const policies = load.set.policies.map(({ policy }) => policy);
  const { settings } = loadConfig({ argv: [], env: given.settings, readFile: () => "{}" });
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
    engineAttributes: createEngineAttributes({ clock, timeZone: settings.ENGINE_TIME_ZONE }),
    registry: registry.value,
    recordDecision: () => undefined,
    clock,
    ids: createUuidIds(),
    batchMaxItems: settings.BATCH_MAX_ITEMS,
  });
  return {
    ask: (when, { explain }) => {
      try {
        const check = checkOf(when, explain || options.explain === true);
        const answer =
          "policyType" in check ? point.checkPolicy(check) : point.checkConnection(check);
        return Promise.resolve(toldAnswer(answer));
      } catch (error) {
        if (!(error instanceof PdpError) || error.failure.reason !== "REQUEST_INVALID") throw error;
        return Promise.resolve({ refused: error.failure.violations.map(({ field }) => field) });
      }
    },
  };
}

export function checkOf(when: When, explain: boolean): ConnectionCheck | PolicyCheck {
  if (!("connection" in when)) {
    const { policy_type: policyType, context } = when;
    return { requestId: REQUEST_ID, policyType, context, explain };
  }
  const { connection } = when;
  return {
    requestId: REQUEST_ID,
    clientId: connection.client_id ?? "",
    srcType: connection.src_type ?? "",
    dstType: connection.dst_type ?? "",
    srcIp: connection.src_ip ?? "",
    dstIp: connection.dst_ip ?? "",
    ...(connection.src_port !== undefined && { srcPort: connection.src_port }),
    ...(connection.dst_port !== undefined && { dstPort: connection.dst_port }),
    protocol: connection.protocol ?? "",
    context: connection.context ?? {},
    explain,
  };
}
