/** A policy that does no harm. */
const RULES = [{ action: "deny", match: { operation: "never" } }];
const CHECK = { policy_type: "fl_client_training", context: { client_id: "c" } };
const PREDICATE = { name: "good", params: ["score"], expression: "score >= 0.5" };
const POLICY = "example";

export interface RouteExample {
  /** `{id}` replaced by an id that is there. */
  readonly path?: string;
  readonly body?: object;
  /** Asked first, in order: `POST /policies`, with their bodies. */
  readonly before?: readonly (readonly [line: string, body?: object])[];
}

const CREATE = ["POST /policies", { id: POLICY, type: "t", rules: RULES }] as const;
const CREATE_FUNCTION = ["POST /api/v1/functions", PREDICATE] as const;

const policyExamples = (root: string): Record<string, RouteExample> => ({
  [`GET ${root}/{id}`]: { path: `${root}/default-net-sec-001` },
  [`PUT ${root}/{id}`]: { path: `${root}/${POLICY}`, body: { priority: 3 }, before: [CREATE] },
  [`DELETE ${root}/{id}`]: { path: `${root}/${POLICY}`, before: [CREATE] },
  [`POST ${root}`]: { body: { type: "t", data: { id: `${POLICY}-2`, rules: RULES } } },
});
const switchExamples = (root: string): Record<string, RouteExample> => ({
  [`POST ${root}/{id}/enable`]: { path: `${root}/default-net-sec-001/enable` },
  [`POST ${root}/{id}/disable`]: { path: `${root}/default-data-privacy-009/disable` },
});

/** A request that succeeds, for every declared route that needs more than its path. */
export const ROUTE_EXAMPLES: Readonly<Record<string, RouteExample>> = {
  ...policyExamples("/policies"),
  ...policyExamples("/api/v1/policies"),
  ...policyExamples("/api/policies"),
  ...switchExamples("/api/v1/policies"),
  ...switchExamples("/api/policies"),
  "POST /api/v1/check": { body: CHECK },
  "POST /api/check_policy": { body: CHECK },
  "POST /check": { body: CHECK },
  "POST /evaluate": { body: CHECK },
  "POST /policies/evaluate": { body: CHECK },
  "POST /api/v1/policies/evaluate": { body: CHECK },
  "POST /policies/evaluate/batch": { body: { evaluations: [CHECK, CHECK] } },
  "POST /check/client_eligibility": { body: { client_id: "c" } },
  "POST /api/v1/policies/validate": { body: { policy_data: { type: "t", rules: RULES } } },
  "POST /api/v1/validate_policy": { body: { type: "t", data: { rules: RULES } } },
  "POST /api/validate_policy": { body: { type: "t", rules: RULES } },
  "POST /api/v1/policies/simulate": { body: { policy: { id: "new", type: "t", rules: RULES } } },
  "POST /api/v1/policy_cache_check": { body: { policy_version: 1 } },
  "POST /api/v1/notify_policy_update": { body: { policy_id: "x" } },
  "GET /api/v1/policies/{id}/history": { path: "/api/v1/policies/default-net-sec-001/history" },
  "POST /api/v1/policies/{id}/revert": {
    path: "/api/v1/policies/default-net-sec-001/revert",
    body: { version: 2 },
  },
  "POST /events": { body: { event_type: "ROUND_DONE", source_component: "fl-server" } },
  "POST /api/v1/events": { body: { event_type: "ROUND_DONE", details: { round: 1 } } },
  "POST /api/authorize_flow": { body: { src_ip: "10.0.0.1", dst_ip: "10.0.0.2", port: 80 } },
  "GET /api/client_priority/{id}": { path: "/api/client_priority/c" },
  "POST /api/v1/functions": { body: PREDICATE },
  "GET /api/v1/functions/{id}": { path: "/api/v1/functions/good", before: [CREATE_FUNCTION] },
  "PUT /api/v1/functions/{id}": {
    path: "/api/v1/functions/good",
    body: { expression: "score >= 0.7" },
    before: [CREATE_FUNCTION],
  },
  "DELETE /api/v1/functions/{id}": { path: "/api/v1/functions/good", before: [CREATE_FUNCTION] },
  "POST /api/v1/functions/validate": { body: PREDICATE },
  "POST /api/v1/functions/test": { body: { ...PREDICATE, context: { score: 1 } } },
};
