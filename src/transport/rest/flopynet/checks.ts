import { z } from "zod";
import { invalidField } from "../../../application/errors.js";
import { nextTurn } from "../../../application/next-turn.js";
import type { PolicyCheck } from "../../../application/check.js";
import type { Value, ValueMap } from "../../../core/values.js";
import { rpcStatusOf } from "../../convert-error.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration, type RouteOrigin } from "../route-declaration.js";
import { textParameter } from "../query-schemas.js";
import { type AnswerStyle, decisionText, undecidedText } from "./views/decision.js";
import { knownPolicies } from "./views/known-policies.js";

const MOST_ITEMS = 100;
/** Types of the questions that name none: an operator may write policies of them. */
const COMPONENT_ACTION = "component_action";
const CLIENT_ELIGIBILITY = "fl_client_selection";

const context = z
  .looseObject({})
  .optional()
  .meta({ description: "The attributes to decide on; flat or nested" });

const checkBody = z.looseObject({
  policy_type: z.string().optional().meta({ description: "Which policies are asked" }),
  type: z.string().optional().meta({ description: "policy_type, as older clients write it" }),
  context,
  request_id: z.string().optional(),
});
type CheckBody = z.output<typeof checkBody>;

const decision = z
  .looseObject({
    allowed: z.boolean(),
    reason: z.string(),
    decision: z.string(),
    action: z.string().nullable().meta({ description: "The verb of the rule that determined it" }),
    policy_version: z.int(),
    policies_checked: z.int(),
    evaluation_time: z.number().meta({ description: "Seconds" }),
    parameters: z.looseObject({}).optional(),
    violations: z.array(z.looseObject({})).optional(),
    applied_actions: z.array(z.looseObject({})),
    decision_path: z.array(z.string()),
    rule_evaluations: z.array(z.looseObject({})),
    evaluation_details: z.looseObject({}),
  })
  .meta({ id: "FlopynetDecision" });

/** One check of a policy type, under each of the paths that somebody asks. */
const CHECK_PATHS: readonly {
  readonly path: string;
  readonly origin: RouteOrigin;
  readonly isUpperCase?: true;
}[] = [
  { path: "/api/v1/check", origin: "served" },
  { path: "/api/check_policy", origin: "served" },
  { path: "/check", origin: "called" },
  { path: "/evaluate", origin: "described", isUpperCase: true },
  { path: "/policies/evaluate", origin: "described", isUpperCase: true },
  { path: "/api/v1/policies/evaluate", origin: "described", isUpperCase: true },
];

export const CHECK_ROUTES: readonly RouteDeclaration[] = [
  ...CHECK_PATHS.map(({ path, origin, isUpperCase }) =>
    declareRoute({
      method: "POST",
      path,
      origin,
      summary: "Decides by the policies of a type; what cannot be decided is denied with 200",
      rpc: "PolicyDecisionService.CheckPolicy",
      body: checkBody,
      answer: decision,
      handle: async ({ body }, useCases) => ({
        text: await check(body, useCases, { ...(isUpperCase && { isUpperCase }) }),
      }),
    }),
  ),
  declareRoute({
    method: "POST",
    path: "/policies/evaluate/batch",
    origin: "described",
    summary: `Decides up to ${MOST_ITEMS} checks, in their order`,
    rpc: "PolicyDecisionService.BatchCheckPolicies",
    body: z.looseObject({
      evaluations: z.array(checkBody).optional(),
      requests: z.array(checkBody).optional(),
    }),
    answer: z.object({ results: z.array(decision), total: z.int() }),
    handle: async ({ body }, useCases) => {
      const items = body.evaluations ?? body.requests ?? [];
      if (items.length < 1 || items.length > MOST_ITEMS) {
        throw invalidField("evaluations", `must have from 1 to ${MOST_ITEMS} items`);
      }
      const questions = items.map((item, index) => questionOf(item, `evaluations[${index}].`));
      const results = await checkAll(questions, useCases);
      return { text: `{"results":[${results.join(",")}],"total":${results.length}}` };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/check",
    origin: "served",
    summary: `Whether a component may act: asks the policies of type ${COMPONENT_ACTION}`,
    rpc: "PolicyDecisionService.CheckPolicy",
    query: z.object({
      component: textParameter,
      action: textParameter,
      policy_type: textParameter,
    }),
    answer: decision,
    handle: async ({ query }, useCases) => {
      const { component = "unknown", action = "unknown", policy_type = COMPONENT_ACTION } = query;
      const attributes = { component, action, operation: action };
      return { text: await check({ policy_type, context: attributes }, useCases, {}) };
    },
  }),
  declareRoute({
    method: "POST",
    path: "/check/client_eligibility",
    origin: "described",
    summary: `Whether a client may take part: asks the policies of type ${CLIENT_ELIGIBILITY}`,
    rpc: "PolicyDecisionService.CheckPolicy",
    body: z.looseObject({ client_id: z.string(), context }),
    answer: z.looseObject({ eligible: z.boolean(), allowed: z.boolean(), reason: z.string() }),
    handle: async ({ body }, useCases) => {
      const { context: inner, ...outer } = body;
      const attributes = { operation: "client_eligibility", ...outer, ...inner };
      const question = { policy_type: CLIENT_ELIGIBILITY, context: attributes };
      return { text: await check(question, useCases, { tellsEligible: true }) };
    },
  }),
];

/** @throws {PdpError} REQUEST_INVALID for a body that is no check. */
async function check(body: CheckBody, useCases: RestUseCases, style: AnswerStyle): Promise<string> {
  const question = questionOf(body);
  const known = knownPolicies(useCases.policyCatalog); // Those that decide, before anything waits.
  const startMs = performance.now();
  try {
    const answer = await useCases.decisionPoint.checkPolicy(question);
    const durationMs = performance.now() - startMs;
    return decisionText(answer, { known, durationMs }, style);
  } catch (error) {
    const { policyVersion } = useCases.status();
    return undecidedText(rpcStatusOf(error, useCases.log), policyVersion, style);
  }
}

/** All by one policy set. The time of all is told as that of each in equal parts. */
async function checkAll(
  questions: readonly PolicyCheck[],
  useCases: RestUseCases,
): Promise<readonly string[]> {
  const known = knownPolicies(useCases.policyCatalog);
  const startMs = performance.now();
  try {
    const { results } = await useCases.decisionPoint.batchCheckPolicies(questions, false);
    const durationMs = (performance.now() - startMs) / questions.length;
    const texts: string[] = [];
    for (const answer of results) {
      texts.push(decisionText(answer, { known, durationMs }, {}));
      await nextTurn(); // Each tells every rule: many of them must not hold others up.
    }
    return texts;
  } catch (error) {
    const { policyVersion } = useCases.status();
    const text = undecidedText(rpcStatusOf(error, useCases.log), policyVersion, {});
    return questions.map(() => text);
  }
}

/** @throws {PdpError} REQUEST_INVALID for a body that is no check. @param place - For messages. */
function questionOf(body: CheckBody, place = ""): PolicyCheck {
  const policyType = body.policy_type ?? body.type ?? "";
  if (policyType === "") throw invalidField(`${place}policy_type`, "is missing: it is text");
  const context = contextOf(policyType, body.context as ValueMap | undefined);
  const requestId = body.request_id ?? textOf(context["request_id"]);
  return { requestId, policyType, context, explain: true, tracesOnly: true };
}

/** A bare `port` is what clients that check connections call `dst_port`. */
function contextOf(policyType: string, given: ValueMap = {}): ValueMap {
  const { port, ...rest } = given;
  const isPort = policyType === "network_security" && port !== undefined;
  return isPort && !Object.hasOwn(given, "dst_port") ? { ...rest, dst_port: port } : given;
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
