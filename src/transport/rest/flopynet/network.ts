import { z } from "zod";
import type { ValueMap } from "../../../core/values.js";
import { rpcStatusOf } from "../../convert-error.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

const PRIORITY_TYPE = "network_qos";
const LOWEST_PRIORITY = "low";

const text = z.string().nullish();
const port = z.union([z.number(), z.string()]).nullish();

/** What the SDN controller's client asks, in vain until now. */
export const NETWORK_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "POST",
    path: "/api/authorize_flow",
    origin: "called",
    summary: "Whether a flow is allowed by network_security; what cannot be decided is denied",
    rpc: "PolicyDecisionService.CheckPolicy",
    body: z.looseObject({
      ...{ src_ip: text, dst_ip: text, protocol: text, port },
      ...{ dst_port: port, src_port: port, src_type: text, dst_type: text },
    }),
    answer: z.looseObject({
      authorized: z.boolean(),
      allowed: z.boolean(),
      reason: z.string(),
      policy_version: z.int(),
    }),
    handle: async ({ body }, useCases) => {
      const { port: bare, dst_port = bare, ...fields } = body;
      const attributes = { ...fields, ...(dst_port !== undefined && { dst_port }) } as ValueMap;
      const told = await ask("network_security", attributes, useCases);
      return { json: { authorized: told.allowed, ...told } };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/client_priority/{id}",
    origin: "called",
    summary: `The priority parameter that policies of type ${PRIORITY_TYPE} give a client`,
    rpc: "PolicyDecisionService.CheckPolicy",
    answer: z.looseObject({ client_id: z.string(), priority: z.string() }),
    handle: async ({ path: { id = "" } }, useCases) => {
      const attributes = { client_id: id, operation: "client_priority" };
      const { parameters, ...told } = await ask(PRIORITY_TYPE, attributes, useCases);
      const { priority, priority_level } = parameters;
      const found = [priority, priority_level].find((value) => typeof value === "string");
      return { json: { client_id: id, priority: found ?? LOWEST_PRIORITY, ...told } };
    },
  }),
];

interface Told {
  readonly allowed: boolean;
  readonly reason: string;
  readonly policy_version: number;
  readonly parameters: ValueMap;
}

async function ask(policyType: string, context: ValueMap, useCases: RestUseCases): Promise<Told> {
  try {
    const { decision, decisionId } = await useCases.decisionPoint.checkPolicy({
      ...{ requestId: "", policyType, context, explain: false },
    });
    const { allowed, reason, policyVersion, parameters = {} } = decision;
    const facts = { decision_id: decisionId, policy_version: policyVersion };
    return { allowed, reason, ...facts, parameters };
  } catch (error) {
    const { message } = rpcStatusOf(error, useCases.log);
    const { policyVersion } = useCases.status();
    return { allowed: false, reason: message, policy_version: policyVersion, parameters: {} };
  }
}
