import { z } from "zod";
import type { CatalogPolicy } from "../../../application/policy-catalog.js";
import { authorOf } from "../../policy-change-handlers.js";
import { changesOfBody, documentOfBody, policyBody } from "../policy-body.js";
import { flagParameter } from "../query-schemas.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

const policy = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    name: z.string().optional(),
    description: z.string().optional(),
    priority: z.number().optional(),
    enabled: z.boolean().optional(),
    rules: z.array(z.looseObject({})).optional(),
  })
  .meta({ description: "As in the policy file, with every key that stands there" });

export const POLICY_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/policies",
    origin: "documented",
    summary: "The active policies by id, in the order in which they decide",
    rpc: "PolicyAdminService.ListPolicies",
    query: z.object({ include_disabled: flagParameter }),
    answer: z.object({ policies: z.record(z.string(), policy) }),
    handle: ({ query }, { policyCatalog }) => {
      const shown = policyCatalog
        .all()
        .filter((stored) => query.include_disabled || stored.policy.enabled);
      return { text: policiesJson(shown) };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/policies/{id}",
    origin: "documented",
    summary: "One policy",
    rpc: "PolicyAdminService.GetPolicy",
    answer: policy,
    handle: ({ path: { id = "" } }, { policyCatalog }) => policyAnswer(policyCatalog.get(id)),
  }),
  declareRoute({
    method: "POST",
    path: "/policies",
    origin: "documented",
    summary: "Creates a policy; 409 where its id exists",
    rpc: "PolicyAdminService.CreatePolicy",
    body: policyBody,
    status: 201,
    answer: policy,
    handle: async ({ body, call }, { policyChanges }) => {
      const change = { document: documentOfBody(body), validateOnly: false };
      const created = await policyChanges.create(change, authorOf(call));
      const { json, headers } = policyAnswer(created);
      const location = `/policies/${encodeURIComponent(created.policy.id)}`;
      return { json, headers: { ...headers, Location: location } };
    },
  }),
  declareRoute({
    method: "PUT",
    path: "/policies/{id}",
    origin: "documented",
    summary: "Replaces the fields that the body names, and leaves the others",
    rpc: "PolicyAdminService.UpdatePolicy",
    body: policyBody,
    answer: policy,
    handle: async ({ path: { id = "" }, body, etag, call }, { policyChanges }) => {
      const changes = changesOfBody(body, id);
      const revise = ({ document }: CatalogPolicy) => ({ ...document, ...changes });
      const change = { policyId: id, etag, revise, validateOnly: false };
      return policyAnswer(await policyChanges.update(change, authorOf(call)));
    },
  }),
  declareRoute({
    method: "DELETE",
    path: "/policies/{id}",
    origin: "documented",
    summary: "Deletes a policy; a default policy stays deleted",
    rpc: "PolicyAdminService.DeletePolicy",
    answer: z.object({ success: z.literal(true), id: z.string(), deleted: z.literal(true) }),
    handle: async ({ path: { id = "" }, etag, call }, { policyChanges }) => {
      await policyChanges.remove({ policyId: id, etag }, authorOf(call));
      return { json: { success: true, id, deleted: true } };
    },
  }),
];

function policyAnswer({ document, etag }: CatalogPolicy) {
  return { json: document, headers: { ETag: `"${etag}"` } };
}

/**
 * `{"policies": {id: policy}}` in the given order.
 *
 * Text and not an object: a JavaScript object puts keys that look like numbers first, and clients
 * take the first policy that matches.
 */
function policiesJson(policies: readonly CatalogPolicy[]): string {
  const entries = policies.map(
    (stored) => `${JSON.stringify(stored.policy.id)}:${JSON.stringify(stored.document)}`,
  );
  return `{"policies":{${entries.join(",")}}}`;
}
