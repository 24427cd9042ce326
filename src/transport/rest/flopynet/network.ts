import { z } from "zod";
import type { ValueMap } from "../../../core/values.js";
import { askPolicies } from "./ask-policies.js";
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
      const told = await askPolicies("network_security", attributes, useCases);
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
      const { parameters, ...told } = await askPolicies(PRIORITY_TYPE, attributes, useCases);
      const { priority, priority_level } = parameters;
      const found = [priority, priority_level].find((value) => typeof value === "string");
      return { json: { client_id: id, priority: found ?? LOWEST_PRIORITY, ...told } };
    },
  }),
];
