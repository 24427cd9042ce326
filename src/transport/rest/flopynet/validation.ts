import { z } from "zod";
import { invalidField, issueText } from "../../../application/errors.js";
import { policyIdFor } from "../../../application/policy-id.js";
import type { ValueMap } from "../../../core/values.js";
import { askPolicies } from "./ask-policies.js";
import { documentOfBody, policyBody } from "../policy-body.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

const VALIDATE = "PolicyAdminService.ValidatePolicies";
const IMPACT = "PolicyAdminService.AnalyzePolicyImpact";

/** Of a policy that has neither an id nor a name yet. */
const UNNAMED = "policy";

const verdict = z.looseObject({
  valid: z.boolean(),
  status: z.enum(["approved", "denied"]),
  message: z.string(),
  issues: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** Saying what is wrong with a policy, or what it would change, without making it. */
export const VALIDATION_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "POST",
    path: "/api/v1/policies/validate",
    origin: "served",
    summary: "What is wrong with a policy, given as policy_data or data",
    rpc: VALIDATE,
    body: policyBody.extend({ policy_data: z.looseObject({}).nullish() }),
    answer: verdict,
    handle: async ({ body, call }, useCases) => {
      const { policy_data: inside, ...bare } = body;
      const document = documentOfBody(inside ? { data: inside, type: bare.type } : bare);
      return { json: await verdictOn(document, useCases, call.signal) };
    },
  }),
  ...(["/api/v1/validate_policy", "/api/validate_policy"] as const).map((path) =>
    declareRoute({
      method: "POST",
      path,
      origin: "called",
      summary:
        "Approves a policy; what has no rules is a request, which the policies of its type decide",
      rpc: VALIDATE,
      body: policyBody,
      answer: z.looseObject({
        status: z.enum(["approved", "adjusted", "denied"]),
        message: z.string(),
        policy: z.looseObject({}),
      }),
      handle: async ({ body, call }, useCases) => {
        const document = documentOfBody(body);
        const json = Object.hasOwn(document, "rules")
          ? { ...(await verdictOn(document, useCases, call.signal)), policy: document }
          : await requestJson(document, useCases);
        return { json };
      },
    }),
  ),
  declareRoute({
    method: "POST",
    path: "/api/v1/policies/simulate",
    origin: "described",
    summary: "What a policy would have made of the decisions that were recorded",
    rpc: IMPACT,
    body: policyBody.extend({
      policy: z.looseObject({}).nullish(),
      policies: z.array(z.looseObject({})).nullish(),
      delete_policy_ids: z.array(z.string()).nullish(),
      max_decisions: z.int().min(0, "must be a whole number of at least 0").nullish(),
    }),
    answer: z.looseObject({
      decided: z.int(),
      flipped: z.int(),
      not_replayable: z.int(),
      groups: z.array(z.looseObject({})),
    }),
    handle: async ({ body }, { analyzePolicyImpact }) => {
      const { policy, policies, delete_policy_ids, max_decisions, ...bare } = body;
      const deletedIds = delete_policy_ids ?? [];
      const isBare = !policy && !policies && Object.keys(documentOfBody(bare)).length > 0;
      const documents = [
        ...(policies ?? []),
        ...(policy ? [policy] : []),
        ...(isBare ? [bare] : []),
      ];
      if (documents.length === 0 && deletedIds.length === 0) {
        throw invalidField("policy", "is missing: it is an object");
      }
      const impact = await analyzePolicyImpact({
        documents: documents.map((document) => documentOfBody(document)),
        deletedIds,
        maxDecisions: max_decisions ?? 0,
      });
      const { decided, flipped, notReplayable, groups } = impact;
      const json = { decided, flipped, not_replayable: notReplayable };
      return { json: { ...json, groups: groups.map(groupJson) } };
    },
  }),
];

async function verdictOn(
  document: ValueMap,
  { policyValidation }: RestUseCases,
  signal: AbortSignal,
): Promise<z.input<typeof verdict>> {
  const policies = [{ ...document, id: policyIdFor(document) || UNNAMED }];
  const found = await policyValidation.validate({ policies, document: "" }, signal);
  const issues = found.filter(({ severity }) => severity === "error").map(issueText);
  const warnings = found.filter(({ severity }) => severity !== "error").map(issueText);
  const valid = issues.length === 0;
  return {
    valid,
    status: valid ? "approved" : "denied",
    message: valid ? "the policy is valid" : issues.join("; "),
    ...{ issues, warnings },
  };
}

/** A request for bandwidth, priority or the like: allowed as it is, with parameters, or not. */
async function requestJson(request: ValueMap, useCases: RestUseCases): Promise<object> {
  const { type, ...context } = request;
  const told = await askPolicies(typeof type === "string" ? type : "", context, useCases);
  const { allowed, reason, parameters, ...facts } = told;
  const isAdjusted = Object.keys(parameters).length > 0;
  const status = allowed ? (isAdjusted ? "adjusted" : "approved") : "denied";
  return {
    ...{ status, valid: allowed, message: reason, ...facts },
    policy: { ...request, ...(allowed && parameters) },
  };
}

function groupJson(group: {
  readonly rule?: { readonly policyId: string; readonly ruleId: string };
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly examples: readonly string[];
}): object {
  const { rule, from, to, count, examples } = group;
  const { policyId = null, ruleId = null } = rule ?? {};
  return { policy_id: policyId, rule_id: ruleId, from, to, count, examples };
}
