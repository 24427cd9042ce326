import { randomUUID } from "node:crypto";
import { z } from "zod";
import { idOf, textIn } from "../../../application/document-facts.js";
import { invalidField } from "../../../application/errors.js";
import type { CatalogPolicy } from "../../../application/policy-catalog.js";
import type { ValueMap } from "../../../core/values.js";
import { authorOf } from "../../policy-change-handlers.js";
import { changesOfBody, documentOfBody, policyBody } from "../policy-body.js";
import { textParameter } from "../query-schemas.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";
import { ADDED_TO_POLICIES, policyJson } from "./views/policy.js";

const policy = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    enabled: z.boolean(),
    status: z.enum(["active", "disabled"]),
    version: z.number(),
    created_at: z.number().meta({ description: "Seconds since 1970" }),
    updated_at: z.number().meta({ description: "Seconds since 1970" }),
    etag: z.string(),
  })
  .meta({ id: "FlopynetPolicy" });
const success = z.looseObject({
  success: z.literal(true),
  id: z.string(),
  policy_version: z.int(),
});

/** `/api/v1/policies` and, for older clients, `/api/policies`. */
export const POLICY_ROUTES: readonly RouteDeclaration[] = [
  ...routesUnder("/api/v1/policies"),
  ...routesUnder("/api/policies"),
];

function routesUnder(root: "/api/v1/policies" | "/api/policies"): readonly RouteDeclaration[] {
  const origin = root === "/api/v1/policies" ? "served" : "called";
  return [
    declareRoute({
      method: "GET",
      path: root,
      origin: "served",
      summary: "Every policy, disabled ones too, in the order in which they decide",
      rpc: "PolicyAdminService.ListPolicies",
      query: z.object({ type: textParameter }),
      answer: z.array(policy),
      handle: ({ query }, { policyCatalog }) => {
        const isAsked = (stored: CatalogPolicy): boolean =>
          query.type === undefined || stored.policy.type === query.type;
        return { json: policyCatalog.all().filter(isAsked).map(policyJson) };
      },
    }),
    declareRoute({
      method: "POST",
      path: root,
      origin: "served",
      summary: "Creates a policy of {type, data}, or of a bare policy; 409 where its id exists",
      rpc: "PolicyAdminService.CreatePolicy",
      body: policyBody,
      status: 201,
      answer: success,
      handle: async ({ body, call }, { policyChanges }) => {
        const document = identified(ownFields(documentOfBody(body)));
        const created = await policyChanges.create(
          { document, validateOnly: false },
          authorOf(call),
        );
        return changed(created, `${root}/${encodeURIComponent(created.policy.id)}`);
      },
    }),
    declareRoute({
      method: "GET",
      path: `${root}/{id}`,
      origin,
      summary: "One policy",
      rpc: "PolicyAdminService.GetPolicy",
      answer: policy,
      handle: ({ path: { id = "" } }, { policyCatalog }) => {
        const stored = policyCatalog.get(id);
        return { json: policyJson(stored), headers: { ETag: `"${stored.etag}"` } };
      },
    }),
    declareRoute({
      method: "PUT",
      path: `${root}/{id}`,
      origin,
      summary: "Replaces the fields that the body names, and leaves the others",
      rpc: "PolicyAdminService.UpdatePolicy",
      body: policyBody,
      answer: success,
      handle: async ({ path: { id = "" }, body, etag, call }, { policyChanges }) => {
        const changes = ownFields(changesOfBody(body, id));
        if (Object.keys(changes).length === 0) {
          throw invalidField("body", "must hold at least one field that can be changed");
        }
        const revise = ({ document }: CatalogPolicy) => ({
          ...document,
          ...withoutUsual(changes, document),
        });
        const change = { policyId: id, etag, revise, validateOnly: false };
        return changed(await policyChanges.update(change, authorOf(call)));
      },
    }),
    declareRoute({
      method: "DELETE",
      path: `${root}/{id}`,
      origin,
      summary: "Deletes a policy; a default policy stays deleted",
      rpc: "PolicyAdminService.DeletePolicy",
      answer: success,
      handle: async ({ path: { id = "" }, etag, call }, { policyChanges }) => {
        const { policyVersion } = await policyChanges.remove(
          { policyId: id, etag },
          authorOf(call),
        );
        return { json: { success: true, id, deleted: true, policy_version: policyVersion } };
      },
    }),
    ...(["enable", "disable"] as const).map((verb) =>
      declareRoute({
        method: "POST",
        path: `${root}/{id}/${verb}`,
        origin,
        summary: verb === "enable" ? "Switches a policy on" : "Switches a policy off",
        rpc:
          verb === "enable"
            ? "PolicyAdminService.EnablePolicy"
            : "PolicyAdminService.DisablePolicy",
        answer: success,
        handle: async ({ path: { id = "" }, etag, call }, { policyChanges }) => {
          const change = { policyId: id, etag, enabled: verb === "enable" };
          return changed(await policyChanges.setEnabled(change, authorOf(call)));
        },
      }),
    ),
  ];
}

/** A policy that says neither an id nor a name gets an id, as from the original. */
function identified(document: ValueMap): ValueMap {
  if (idOf(document) !== "" || textIn(document, "name") !== "") return document;
  return { id: `policy-${randomUUID()}`, ...document };
}

/** Without `enabled: true` where the policy does not say it: it is shown, and means the same. */
function withoutUsual(changes: ValueMap, document: ValueMap): ValueMap {
  const { enabled, ...others } = changes;
  return enabled === true && !Object.hasOwn(document, "enabled") ? others : changes;
}

/** Without what family 2 adds to a policy it shows. */
function ownFields(document: ValueMap): ValueMap {
  return Object.fromEntries(
    Object.entries(document).filter(([name]) => !ADDED_TO_POLICIES.has(name)),
  );
}

function changed(stored: CatalogPolicy, location?: string) {
  const { policy: changedPolicy, policyVersion, etag } = stored;
  const json = {
    ...{ success: true, id: changedPolicy.id, policy_version: policyVersion },
    policy: policyJson(stored),
  };
  return { json, headers: { ETag: `"${etag}"`, ...(location && { Location: location }) } };
}
