import { z } from "zod";
import { authorOf } from "../../policy-change-handlers.js";
import { limitParameter, offsetParameter, textParameter } from "../query-schemas.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";
import { historyJson, policyHistory } from "./views/history.js";
import { policyJson } from "./views/policy.js";

const VERSIONS = "PolicyAdminService.ListPolicyVersions";
const NOTIFICATION = "POLICY_UPDATE_NOTIFICATION";

const version = (least: number): z.ZodInt =>
  z.int().min(least, `must be a whole number of at least ${least}`);
const page = {
  limit: limitParameter({ most: 1000, usual: 100 }),
  offset: offsetParameter,
};
const history = z.looseObject({
  history: z.array(z.looseObject({ action: z.string(), policy_id: z.string() })),
  total_count: z.int(),
  offset: z.int(),
  limit: z.int(),
  has_more: z.boolean(),
});

/** The version of the policy set, and what changed it. */
export const VERSION_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/api/v1/policy_version",
    origin: "served",
    summary: "The policy version, which grows with every change and never falls",
    rpc: VERSIONS,
    answer: z.object({
      ...{ policy_version: z.int(), version: z.int(), last_updated: z.number().nullable() },
      ...{ total_policies: z.int(), timestamp: z.number() },
    }),
    handle: (_request, { status, policyCatalog }) => {
      const { policyVersion, loadedAtMs } = status();
      return {
        json: {
          policy_version: policyVersion,
          version: policyVersion,
          last_updated: loadedAtMs === undefined ? null : loadedAtMs / 1000,
          total_policies: policyVersion === 0 ? 0 : policyCatalog.all().length,
          timestamp: Date.now() / 1000,
        },
      };
    },
  }),
  declareRoute({
    method: "POST",
    path: "/api/v1/policy_cache_check",
    origin: "served",
    summary: "Whether what a client keeps is of the present policy version",
    rpc: VERSIONS,
    body: z.looseObject({ policy_version: version(0) }),
    answer: z.looseObject({
      ...{ cache_valid: z.boolean(), valid: z.boolean(), needs_refresh: z.boolean() },
      ...{ current_version: z.int(), client_version: z.int(), timestamp: z.number() },
    }),
    handle: ({ body }, { status }) => {
      const { policyVersion } = status();
      const isValid = body.policy_version === policyVersion;
      return {
        json: {
          ...{ cache_valid: isValid, valid: isValid, needs_refresh: !isValid },
          ...{ current_version: policyVersion, client_version: body.policy_version },
          version: policyVersion,
          timestamp: Date.now() / 1000,
          message: isValid ? "the version is current" : "get the policies again",
        },
      };
    },
  }),
  declareRoute({
    method: "POST",
    path: "/api/v1/notify_policy_update",
    origin: "served",
    summary: `Tells others of a change of policy, as an event ${NOTIFICATION}`,
    rpc: "EventService.PublishEvent",
    body: z.looseObject({ policy_id: z.string().nullish(), notified_by: z.string().nullish() }),
    answer: z.looseObject({
      ...{ success: z.literal(true), policy_version: z.int(), message: z.string() },
    }),
    handle: async ({ body }, { publishEvent, status }) => {
      const { policyVersion } = status();
      const notifiedBy = body.notified_by ?? "api";
      const policyId = body.policy_id ?? "";
      const event = await publishEvent({
        ...{ eventId: "", sourceComponent: notifiedBy, eventType: NOTIFICATION, severity: "info" },
        ...{ policyId, clientId: "", decisionId: "" },
        details: {
          ...{ policy_id: policyId, policy_version: policyVersion, notified_by: notifiedBy },
          timestamp: Date.now() / 1000,
        },
      });
      const message = "the notification is recorded";
      return {
        json: { success: true, policy_version: policyVersion, message, event_id: event.eventId },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/policy_history",
    origin: "served",
    summary: "What changed in policies, newest first; from the newest 1,000 versions",
    rpc: VERSIONS,
    query: z.object({ policy_id: textParameter, action: textParameter, ...page }),
    answer: history,
    handle: async ({ query }, useCases) => ({ json: await historyPage(query, useCases) }),
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/policies/{id}/history",
    origin: "described",
    summary: "What changed in one policy, newest first; also of one that is deleted",
    rpc: VERSIONS,
    query: z.object({ action: textParameter, ...page }),
    answer: history,
    handle: async ({ path: { id = "" }, query }, useCases) => {
      const shown = await historyPage({ ...query, policy_id: id }, useCases);
      if (shown.total_count === 0 && query.action === undefined) useCases.policyCatalog.get(id);
      return { json: { policy_id: id, ...shown } };
    },
  }),
  declareRoute({
    method: "POST",
    path: "/api/v1/policies/{id}/revert",
    origin: "described",
    summary: "Makes one policy what it was in an older policy version; a deleted one comes back",
    rpc: "PolicyAdminService.UpdatePolicy",
    body: z.looseObject({ version: version(1) }),
    answer: z.looseObject({ success: z.literal(true), id: z.string(), policy_version: z.int() }),
    handle: async ({ path: { id = "" }, body, etag, call }, { policyVersions, policyChanges }) => {
      const document = await policyVersions.getPolicy(body.version, id);
      const stored = await policyChanges.restore({ document, etag }, authorOf(call));
      const { policyVersion } = stored;
      const json = { success: true, id, policy_version: policyVersion, policy: policyJson(stored) };
      return { json, headers: { ETag: `"${stored.etag}"` } };
    },
  }),
  ...(["/policies/reload", "/reload"] as const).map((path) =>
    declareRoute({
      method: "POST",
      path,
      origin: "described",
      summary: "Loads the policy files anew; they are watched, so that nobody has to",
      rpc: "PolicyAdminService.ReloadPolicies",
      answer: z.looseObject({
        ...{ success: z.literal(true), policy_version: z.int(), changed: z.boolean() },
      }),
      handle: async (_request, { policyCatalog }) => {
        const { policyVersion, changed } = await policyCatalog.reload();
        return { json: { success: true, policy_version: policyVersion, changed } };
      },
    }),
  ),
];

interface HistoryQuery {
  readonly policy_id: string | undefined;
  readonly action: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

async function historyPage(
  { policy_id, action, limit, offset }: HistoryQuery,
  { policyVersions }: RestUseCases,
): Promise<z.input<typeof history>> {
  const entries = (await policyHistory(policyVersions)).filter(
    (entry) =>
      (policy_id === undefined || entry.policyId === policy_id) &&
      (action === undefined || entry.action === action.toLowerCase()),
  );
  const shown = [];
  for (const entry of entries.slice(offset, offset + limit)) {
    shown.push(await historyJson(entry, policyVersions));
  }
  return {
    history: shown as z.input<typeof history>["history"],
    total_count: entries.length,
    ...{ offset, limit },
    has_more: offset + shown.length < entries.length,
  };
}
