import { z } from "zod";
import type { ListDecisionsQuery } from "../../../application/list-decisions.js";
import { componentOf, requesterOf } from "../../../application/asking-component.js";
import type { LoggedDecision } from "../../../application/ports/decision-log.js";
import { limitParameter, textParameter, timeParameter } from "../query-schemas.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration, type RouteOrigin } from "../route-declaration.js";
import { knownPolicies } from "./views/known-policies.js";
import { applicationJson, decisionRecordText } from "./views/record.js";

const MOST_DECISIONS = 1000;
/** Pages of the log that are looked through for what it has no index of. */
const MOST_PAGES = 20;

const resultParameter = textParameter.transform((text, context): boolean | undefined => {
  switch (text?.toLowerCase()) {
    case undefined:
      return undefined;
    case "true":
    case "1":
    case "allow":
    case "allowed":
      return true;
    case "false":
    case "0":
    case "deny":
    case "denied":
      return false;
    default:
      context.addIssue("must be allow or deny");
      return z.NEVER;
  }
});
const filters = {
  ...{ start_time: timeParameter, end_time: timeParameter },
  ...{ component: textParameter, result: resultParameter },
  limit: limitParameter({ most: MOST_DECISIONS, usual: 100 }),
};
const record = z
  .looseObject({
    id: z.string(),
    policy_id: z.string(),
    component: z.string(),
    timestamp: z.number().meta({ description: "Seconds since 1970" }),
    decision: z.enum(["allow", "deny"]),
    result: z.boolean(),
    reason: z.string(),
    execution_time: z.number().meta({ description: "Milliseconds" }),
    request_id: z.string(),
  })
  .meta({ id: "FlopynetDecisionRecord" });

/** What was decided, from the decision log. */
export const DECISION_ROUTES: readonly RouteDeclaration[] = [
  ...recordRoutes("/api/v1/policy_decisions", "served"),
  ...recordRoutes("/api/policy_decisions", "called"),
  declareRoute({
    method: "GET",
    path: "/api/v1/policy_applications",
    origin: "served",
    summary: "Recorded decisions, one for each check, newest first",
    rpc: "MonitoringService.ListDecisions",
    query: z.object({ policy_type: textParameter, requester_id: textParameter, ...filters }),
    answer: z.array(z.looseObject({ timestamp: z.number(), result: z.boolean() })),
    handle: async ({ query }, useCases) => {
      const { requester_id: requester } = query;
      const found = await find(query, useCases, {
        policyType: query.policy_type ?? "",
        isAsked: ({ attributes }) =>
          requester === undefined || requesterOf(attributes) === requester,
      });
      const known = knownPolicies(useCases.policyCatalog);
      return { json: found.map((one) => applicationJson(one, known)) };
    },
  }),
];

function recordRoutes(root: string, origin: RouteOrigin): readonly RouteDeclaration[] {
  return [
    declareRoute({
      method: "GET",
      path: root,
      origin,
      summary: "Recorded decisions, newest first; times in seconds or ISO 8601",
      rpc: "MonitoringService.ListDecisions",
      query: z.object({ policy_id: textParameter, ...filters }),
      answer: z.array(record),
      handle: async ({ query }, useCases) => {
        const found = await find(query, useCases, { policyId: query.policy_id ?? "" });
        const known = knownPolicies(useCases.policyCatalog);
        const texts = found.map((one) => decisionRecordText(one, known));
        return { text: `[${texts.join(",")}]` };
      },
    }),
    declareRoute({
      method: "GET",
      path: `${root}/{id}`,
      origin: "called",
      summary: "One recorded decision",
      rpc: "MonitoringService.GetDecision",
      answer: record,
      handle: async ({ path: { id = "" } }, { monitoring, policyCatalog }) => ({
        text: decisionRecordText(await monitoring.getDecision(id), knownPolicies(policyCatalog)),
      }),
    }),
  ];
}

interface Filters {
  readonly start_time: number | undefined;
  readonly end_time: number | undefined;
  readonly component: string | undefined;
  readonly result: boolean | undefined;
  readonly limit: number;
}

/** At most `limit` decisions; what the log cannot filter by is looked for in its newest 20,000. */
async function find(
  { start_time, end_time, component, result, limit }: Filters,
  { monitoring }: RestUseCases,
  more: Partial<ListDecisionsQuery> & { readonly isAsked?: (one: LoggedDecision) => boolean },
): Promise<readonly LoggedDecision[]> {
  const { isAsked = () => true, ...asked } = more;
  const isWanted = (one: LoggedDecision): boolean =>
    isAsked(one) && (component === undefined || componentOf(one.attributes) === component);
  const found: LoggedDecision[] = [];
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { decisions, nextPageToken } = await monitoring.listDecisions({
      ...{ clientId: "", policyId: "", ruleId: "", policyType: "", ...asked },
      ...(start_time !== undefined && { startTimeMs: start_time }),
      ...(end_time !== undefined && { endTimeMs: end_time }),
      ...(result !== undefined && { allowed: result }),
      ...{ pageSize: component === undefined && !more.isAsked ? limit : MOST_DECISIONS, pageToken },
    });
    found.push(...decisions.filter(isWanted));
    if (found.length >= limit || nextPageToken === "") break;
    pageToken = nextPageToken;
  }
  return found.slice(0, limit);
}
