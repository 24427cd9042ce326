import { conditionResolver, evaluateCondition } from "../core/evaluate-condition.js";
import type { ValueMap } from "../core/values.js";
import type { PolicyActivation } from "./activate-policies.js";
import { type ChangeAuthor, changeInTurn } from "./change-in-turn.js";
import { textIn } from "./document-facts.js";
import type { EventMaker } from "./engine-events.js";
import { PdpError } from "./errors.js";
import type { ImpactGuard } from "./guard-impact.js";
import { functionsChanged } from "./policy-change-events.js";
import type { ConditionCompiler, PolicyFunction } from "./ports/condition-compiler.js";
import type { PolicyFunctionStore } from "./ports/policy-function-store.js";
import type { PolicyIssue } from "./ports/policy-source.js";
import type { PolicyWriter } from "./ports/policy-writer.js";

/** A policy function as written. */
export interface FunctionDocument extends PolicyFunction {
  readonly description?: string;
}

/** `exists`, `missing`: there is such a function, or none. `no-folder`: there is nowhere to write. */
export type FunctionUnchanged = "exists" | "missing" | "no-folder";

/** The function as it is now, or was where it is gone; or why nothing was changed. */
export type FunctionChange = FunctionDocument | FunctionUnchanged;

/**
 * Policy functions, which are predicates and never code. A change of one is a change of policy, and
 * promises what those do (`PolicyChanges`).
 */
export interface PolicyFunctions {
  /** By name; without the files that hold none. */
  list(): Promise<readonly FunctionDocument[]>;
  /** @throws {PdpError} POLICY_INVALID, and what all changes of policy throw. */
  create(definition: FunctionDocument, by: ChangeAuthor): Promise<FunctionChange>;
  /**
   * @param revise - Makes the new definition of the present one; it keeps the name.
   * @throws {PdpError} As `create`, and what `revise` throws.
   */
  update(
    name: string,
    revise: (current: FunctionDocument) => FunctionDocument,
    by: ChangeAuthor,
  ): Promise<FunctionChange>;
  /** @throws {PdpError} As `create`: POLICY_INVALID where a condition calls it. */
  remove(name: string, by: ChangeAuthor): Promise<FunctionChange>;
  /** What is wrong with it, beside the functions there are. Empty when nothing is. */
  problemsOf(definition: FunctionDocument): Promise<readonly string[]>;
  /** What it yields where its parameters and names are those of `attributes`; `engine.` is the engine's, if they have none. */
  test(
    definition: FunctionDocument,
    attributes: ValueMap,
  ): Promise<{ readonly result: boolean } | { readonly error: string }>;
}

export interface PolicyFunctionsDeps {
  readonly activation: Pick<PolicyActivation, "change">;
  readonly writer: PolicyWriter;
  readonly makeEvent: EventMaker;
  readonly conditionCompiler: ConditionCompiler;
  readonly engineAttributes: () => ValueMap;
  /** As for `PolicyChanges`. */
  readonly guard?: ImpactGuard;
  /** Absent: there is no folder of functions. */
  readonly store?: PolicyFunctionStore;
}

interface StoredFunction {
  readonly file: string;
  readonly definition: FunctionDocument;
}

export function createPolicyFunctions(deps: PolicyFunctionsDeps): PolicyFunctions {
  const { activation, writer, makeEvent, conditionCompiler, guard, store } = deps;

  async function stored(): Promise<readonly StoredFunction[]> {
    const texts = (await store?.read()) ?? [];
    return texts
      .flatMap(({ name: file, text }) => {
        const definition = definitionIn(text);
        return definition ? [{ file, definition }] : [];
      })
      .sort((left, right) => (left.definition.name < right.definition.name ? -1 : 1));
  }

  /** @param revise - Undefined takes the function away. */
  async function change(
    name: string,
    revise: (
      before: FunctionDocument | undefined,
    ) => FunctionDocument | undefined | "exists" | "missing",
    by: ChangeAuthor,
  ): Promise<FunctionChange> {
    if (!store) return "no-folder";
    return changeInTurn(activation, by, async ({ active, commit }) => {
      const functions = await stored();
      const before = functions.find(({ definition }) => definition.name === name);
      const after = revise(before?.definition);
      if (typeof after === "string") return after;
      const file = before?.file ?? freeFile(store, functions, name);
      const text = after && `${JSON.stringify(after, null, 2)}\n`;
      const { load, write } = await writer.plan({
        ...{ kind: "function", file },
        ...(text !== undefined && { text }),
      });
      if (!load.ok) throw invalid(load.issues);
      const { set } = load;
      if (set.contentHash !== active.contentHash) {
        await guard?.({ active, set }, by.confirmedFlips);
        const count = set.policies.length;
        await commit({
          ...{ set, source: "api", ...by, write },
          events: (policyVersion) => [
            functionsChanged(makeEvent, { count, files: [file], policyVersion, ...by }),
          ],
        });
      }
      return after ?? before?.definition ?? "missing";
    });
  }

  async function compiled(definition: FunctionDocument) {
    const functions = (await stored()).map((one) => one.definition);
    const others = functions.filter(({ name }) => name !== definition.name);
    return conditionCompiler.withFunctions([definition, ...others]);
  }

  return {
    list: async () => (await stored()).map(({ definition }) => definition),
    create: (definition, by) =>
      change(definition.name, (before) => (before ? "exists" : definition), by),
    update: (name, revise, by) =>
      change(name, (before) => (before ? revise(before) : "missing"), by),
    remove: (name, by) => change(name, (before) => (before ? undefined : "missing"), by),
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
      const known = { engine: deps.engineAttributes(), ...attributes };
      const outcome = evaluateCondition(call.expression, conditionResolver({}, known));
      return outcome.outcome === "error"
        ? { error: outcome.message }
        : { result: outcome.outcome === "true" };
    },
  };
}

/** Where a new function goes: never into a file that holds another. */
function freeFile(
  store: PolicyFunctionStore,
  functions: readonly StoredFunction[],
  name: string,
): string {
  const taken = new Set(functions.map(({ file }) => file));
  for (let number = 1; ; number++) {
    const file = store.fileOf(number === 1 ? name : `${name}-${number}`);
    if (!taken.has(file)) return file;
  }
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

/** What people wrote nowhere has no place: the request is all they know. */
function invalid(found: readonly PolicyIssue[]): PdpError {
  const errors = found.filter(({ severity }) => severity === "error").slice(0, 20);
  const issues = errors.map(({ line: _line, column: _column, ...issue }) => ({
    ...issue,
    file: "",
  }));
  return new PdpError({ reason: "POLICY_INVALID", inRequest: true, issues });
}
