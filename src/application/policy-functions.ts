import { conditionResolver, evaluateCondition } from "../core/evaluate-condition.js";
import type { ValueMap } from "../core/values.js";
import type { PolicyActivation } from "./activate-policies.js";
import { textIn } from "./document-facts.js";
import { PdpError } from "./errors.js";
import type { Clock } from "./ports/clock.js";
import type { ConditionCompiler, PolicyFunction } from "./ports/condition-compiler.js";
import type { PolicyFunctionStore } from "./ports/policy-function-store.js";
import type { PolicyReader, PolicyText } from "./ports/policy-reader.js";
import type { PolicyIssue } from "./ports/policy-source.js";
import { runInSlices } from "./run-in-slices.js";

/** A policy function as written. */
export interface FunctionDocument extends PolicyFunction {
  readonly description?: string;
}

/** `exists`, `missing`: there is such a function, or none. `no-folder`: there is nowhere to write. */
export type FunctionChange = "done" | "exists" | "missing" | "no-folder";

/**
 * Policy functions, which are predicates and never code. A change is validated with every policy that
 * decides now, written, and loaded, or nothing is changed.
 */
export interface PolicyFunctions {
  /** By name; without the files that hold none. */
  list(): Promise<readonly FunctionDocument[]>;
  /** @throws {PdpError} POLICY_INVALID, and what loading and writing throw. */
  create(definition: FunctionDocument): Promise<FunctionChange>;
  /** @throws {PdpError} As `create`. */
  replace(definition: FunctionDocument): Promise<FunctionChange>;
  /** @throws {PdpError} As `create`: POLICY_INVALID where a condition calls it. */
  remove(name: string): Promise<FunctionChange>;
  /** What is wrong with it, beside the functions there are. Empty when nothing is. */
  problemsOf(definition: FunctionDocument): Promise<readonly string[]>;
  /** What it yields where its parameters and names are those of `attributes`. */
  test(
    definition: FunctionDocument,
    attributes: ValueMap,
  ): Promise<{ readonly result: boolean } | { readonly error: string }>;
}

export interface PolicyFunctionsDeps {
  readonly activation: Pick<PolicyActivation, "active" | "change" | "reload">;
  readonly reader: PolicyReader;
  readonly conditionCompiler: ConditionCompiler;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Absent: there is no folder of functions. */
  readonly store?: PolicyFunctionStore;
}

interface StoredFunction {
  readonly file: string;
  readonly text: string;
  readonly definition: FunctionDocument;
}

export function createPolicyFunctions(deps: PolicyFunctionsDeps): PolicyFunctions {
  const { activation, reader, conditionCompiler, clock, store } = deps;

  async function stored(): Promise<readonly StoredFunction[]> {
    const texts = (await store?.read()) ?? [];
    return texts
      .flatMap(({ name: file, text }) => {
        const definition = definitionIn(text);
        return definition ? [{ file, text, definition }] : [];
      })
      .sort((left, right) => (left.definition.name < right.definition.name ? -1 : 1));
  }

  /** Refuses what the policies that decide now cannot be loaded with. */
  async function refuseBroken(policies: readonly ValueMap[], texts: readonly PolicyText[]) {
    const { issues } = await runInSlices(reader.readDocuments(policies, texts), clock);
    const errors = issues.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw invalid(errors);
  }

  async function change(
    name: string,
    to: FunctionDocument | undefined,
    wanted: "exists" | "missing",
  ): Promise<FunctionChange> {
    if (!store) return "no-folder";
    const made = await activation.change(async ({ active }) => {
      const functions = await stored();
      const before = functions.find(({ definition }) => definition.name === name);
      if ((before ? "exists" : "missing") !== wanted) return undefined;
      const others = functions.filter((one) => one !== before);
      const file = before?.file ?? store.fileOf(name);
      const text = to && `${JSON.stringify(to, null, 2)}\n`;
      const texts = others.map((one) => ({ name: one.file, text: one.text }));
      await refuseBroken(
        active.policies.map(({ document }) => document),
        text === undefined ? texts : [...texts, { name: file, text }],
      );
      await put(store, file, text);
      return { file, before: before?.text };
    });
    if (!made) return wanted === "exists" ? "missing" : "exists";
    try {
      await activation.reload();
    } catch (error) {
      await put(store, made.file, made.before);
      throw error;
    }
    return "done";
  }

  async function compiled(definition: FunctionDocument) {
    const functions = (await stored()).map((one) => one.definition);
    const others = functions.filter(({ name }) => name !== definition.name);
    return conditionCompiler.withFunctions([definition, ...others]);
  }

  return {
    list: async () => (await stored()).map(({ definition }) => definition),
    create: (definition) => change(definition.name, definition, "missing"),
    replace: (definition) => change(definition.name, definition, "exists"),
    remove: (name) => change(name, undefined, "exists"),
    async problemsOf(definition) {
      const { problems } = await compiled(definition);
      return problems
        .filter(({ severity, index }) => severity === "error" && index === 0)
        .map(({ path, message }) => `${path.join(".")}: ${message}`);
    },
    async test(definition, attributes) {
      const { compiler } = await compiled(definition);
      const call = compiler.compile(`${definition.name}(${definition.params.join(", ")})`);
      if (!call.ok) return { error: call.message };
      const outcome = evaluateCondition(call.expression, conditionResolver({}, attributes));
      return outcome.outcome === "error"
        ? { error: outcome.message }
        : { result: outcome.outcome === "true" };
    },
  };
}

async function put(
  store: PolicyFunctionStore,
  file: string,
  text: string | undefined,
): Promise<void> {
  if (text === undefined) await store.remove(file);
  else await store.write(file, text);
}

/** Undefined for a text that is no function: loading says what is wrong with it. */
function definitionIn(text: string): FunctionDocument | undefined {
  try {
    const document = JSON.parse(text) as ValueMap;
    const params = document["params"];
    const description = textIn(document, "description");
    return {
      name: textIn(document, "name"),
      ...(description !== "" && { description }),
      params: Array.isArray(params) ? params.map(String) : [],
      expression: textIn(document, "expression"),
    };
  } catch {
    return undefined;
  }
}

function invalid(errors: readonly PolicyIssue[]): PdpError {
  const issues = errors.slice(0, 20).map((issue) => ({ ...issue, file: "" }));
  return new PdpError({ reason: "POLICY_INVALID", inRequest: true, issues });
}
