import { z } from "zod";
import { invalidField } from "../../../application/errors.js";
import type {
  FunctionChange,
  FunctionDocument,
  FunctionUnchanged,
} from "../../../application/policy-functions.js";
import type { ValueMap } from "../../../core/values.js";
import { authorOf } from "../../policy-change-handlers.js";
import { declareRoute, type RouteAnswer, type RouteDeclaration } from "../route-declaration.js";

const ROOT = "/api/v1/functions";
/** Who may change policies may change what they call. */
const CHANGE = "PolicyAdminService.UpdatePolicy";
const READ = "PolicyAdminService.ListPolicies";

const NAME = /^[a-z][A-Za-z0-9_]{0,127}$/;
/** What a condition never has, and Python and JavaScript nearly always. */
const CODE =
  /^\s*(?:def|import|from|class|return|lambda|async|function|const|let|var|if|for|while|try|with|@)\b|\b(?:exec|eval|__\w+__)\b|=>|;\s*$|(?:^|[^=!<>])=(?:[^=]|$)/m;
const INSTEAD =
  "code is never executed: write a predicate, such as " +
  '{"name": "reliable", "params": ["score"], "expression": "score >= 0.5"}';

const functionBody = z.looseObject({
  name: z.string().nullish(),
  description: z.string().nullish(),
  params: z.array(z.string()).nullish(),
  expression: z.string().nullish().meta({ description: "In the language of conditions" }),
  code: z.string().nullish().meta({ description: "The expression, as older clients name it" }),
});
type FunctionBody = z.output<typeof functionBody>;
const functionJson = z.looseObject({
  ...{ id: z.string(), name: z.string(), description: z.string() },
  ...{ params: z.array(z.string()), expression: z.string() },
});

/** Policy functions: predicates that conditions call, and never code. */
export const FUNCTION_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: ROOT,
    origin: "served",
    summary: "The policy functions, by name",
    rpc: READ,
    answer: z.array(functionJson),
    handle: async (_request, { policyFunctions }) => ({
      json: (await policyFunctions.list()).map(shown),
    }),
  }),
  declareRoute({
    method: "POST",
    path: ROOT,
    origin: "served",
    summary: "Creates a policy function; 422 for code, 409 where it exists or there is no folder",
    rpc: CHANGE,
    body: functionBody,
    status: 201,
    answer: functionJson,
    handle: ({ body, call }, { policyFunctions }) =>
      refuseCode(body, async () => {
        const definition = definitionOf(body, body.name ?? "");
        return changed(await policyFunctions.create(definition, authorOf(call)), definition.name);
      }),
  }),
  declareRoute({
    method: "GET",
    path: `${ROOT}/{id}`,
    origin: "served",
    summary: "One policy function",
    rpc: READ,
    answer: functionJson,
    handle: async ({ path: { id = "" } }, { policyFunctions }) => {
      const found = (await policyFunctions.list()).find(({ name }) => name === id);
      return changed(found ?? "missing", id);
    },
  }),
  declareRoute({
    method: "PUT",
    path: `${ROOT}/{id}`,
    origin: "served",
    summary: "Replaces the fields of a policy function that the body names",
    rpc: CHANGE,
    body: functionBody,
    answer: functionJson,
    handle: ({ path: { id = "" }, body, call }, { policyFunctions }) =>
      refuseCode(body, async () => {
        const revise = (current: FunctionDocument) =>
          definitionOf({ ...current, params: [...current.params], ...given(body) }, id);
        return changed(await policyFunctions.update(id, revise, authorOf(call)), id);
      }),
  }),
  declareRoute({
    method: "DELETE",
    path: `${ROOT}/{id}`,
    origin: "served",
    summary: "Deletes a policy function that no condition calls",
    rpc: CHANGE,
    answer: z.object({ success: z.literal(true), id: z.string() }),
    handle: async ({ path: { id = "" }, call }, { policyFunctions }) => {
      const change = await policyFunctions.remove(id, authorOf(call));
      return typeof change === "string" ? unchanged(change, id) : { json: { success: true, id } };
    },
  }),
  declareRoute({
    method: "POST",
    path: `${ROOT}/validate`,
    origin: "served",
    summary: "What is wrong with a predicate; 422 for code, which is never executed",
    rpc: READ,
    body: functionBody,
    answer: z.object({ valid: z.boolean(), message: z.string() }),
    handle: ({ body }, { policyFunctions }) =>
      refuseCode(body, async () => {
        const problems = await policyFunctions.problemsOf(definitionOf(body, "predicate"));
        const valid = problems.length === 0;
        return { json: { valid, message: valid ? "the predicate is valid" : problems.join("; ") } };
      }),
  }),
  declareRoute({
    method: "POST",
    path: `${ROOT}/test`,
    origin: "served",
    summary: "What a predicate yields for a context; 422 for code, which is never executed",
    rpc: READ,
    body: functionBody.extend({ context: z.looseObject({}).nullish() }),
    answer: z.looseObject({ success: z.boolean() }),
    handle: ({ body }, { policyFunctions }) =>
      refuseCode(body, async () => {
        const definition = definitionOf(body, "predicate");
        const context = (body.context ?? {}) as ValueMap;
        const tested = await policyFunctions.test(definition, context);
        return { json: { success: !("error" in tested), ...tested } };
      }),
  }),
];

/** 422 for what can only be code of another language, whatever it would do. */
function refuseCode(
  { code, expression }: FunctionBody,
  answer: () => Promise<RouteAnswer>,
): RouteAnswer | Promise<RouteAnswer> {
  const isCode = CODE.test(withoutTexts(code ?? "")) || CODE.test(withoutTexts(expression ?? ""));
  if (!isCode) return answer();
  const json = { error: INSTEAD, valid: false, success: false, message: INSTEAD };
  return { status: 422, json };
}

/** What stands in quotes may look like anything. */
function withoutTexts(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
}

/** @throws {PdpError} REQUEST_INVALID. */
function definitionOf(body: FunctionBody, usualName: string): FunctionDocument {
  const name = body.name ?? usualName;
  if (!NAME.test(name)) {
    throw invalidField("name", "must be a small letter, then letters, digits and _");
  }
  if (usualName !== "predicate" && usualName !== name) {
    throw invalidField(
      "name",
      `must be \`${usualName}\`, the function of the path, or be left out`,
    );
  }
  const expression = body.expression ?? body.code ?? "";
  if (expression === "") throw invalidField("expression", "is missing: it is text");
  const { description } = body;
  return { name, ...(description && { description }), params: body.params ?? [], expression };
}

function given(body: FunctionBody): FunctionBody {
  const { code, ...named } = body;
  const fields = { ...named, expression: named.expression ?? code };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

function shown({ name, description = "", params, expression }: FunctionDocument): object {
  return { id: name, name, description, params, expression, code: expression };
}

function changed(change: FunctionChange, name: string): RouteAnswer {
  return typeof change === "string" ? unchanged(change, name) : { json: shown(change) };
}

function unchanged(why: FunctionUnchanged, name: string): RouteAnswer {
  switch (why) {
    case "missing":
      return { status: 404, json: { error: `function \`${name}\` not found` } };
    case "exists":
      return { status: 409, json: { error: `function \`${name}\` exists already: replace it` } };
    case "no-folder": {
      const error = "functions cannot be changed: set POLICY_FUNCTIONS_DIR to their folder";
      return { status: 409, json: { error } };
    }
  }
}
