import type {
  FunctionProblem,
  PolicyFunction,
} from "../../application/ports/condition-compiler.js";
import type { ParsedText, ParseText } from "./condition-parser.js";
import { ConditionProblem } from "./condition-problem.js";
import type { Token } from "./condition-tokens.js";
import { expressionFromTree, type KnownFunction } from "./expression-from-tree.js";
import { isBuiltIn } from "./refused-constructs.js";

const FUNCTION_NAME = /^[a-z][A-Za-z0-9_]*$/;
const PARAMETER_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NO_NAMES: ReadonlySet<string> = new Set();

export interface FunctionsReading {
  /** By name. A function with a problem is there too, so that its callers get no second one. */
  readonly functions: ReadonlyMap<string, KnownFunction>;
  readonly problems: readonly FunctionProblem[];
}

/** Reads every function by itself, as if called with names. Those it calls are read before it. */
export function readFunctions(
  definitions: readonly PolicyFunction[],
  parse: ParseText,
): FunctionsReading {
  const problems: FunctionProblem[] = [];
  const indexes = new Map<string, number>();
  const functions = new Map<string, KnownFunction>();
  /** Functions that are being read, in the order of the calls. */
  const pending: string[] = [];

  function refuse(index: number, path: FunctionProblem["path"], message: string): void {
    problems.push({ severity: "error", index, path, message });
  }

  function refuseText(index: number, thrown: unknown): void {
    if (!(thrown instanceof ConditionProblem)) throw thrown;
    const { message, offset } = thrown;
    problems.push({ severity: "error", index, path: ["expression"], message, offset });
  }

  function isName(text: string): boolean {
    try {
      return parse(text, NO_NAMES).tree.op === "id";
    } catch (thrown) {
      if (!(thrown instanceof ConditionProblem)) throw thrown;
      return false; // A word of the language, or one that it reserves.
    }
  }

  function register({ name, params }: PolicyFunction, index: number): void {
    if (indexes.has(name))
      refuse(index, ["name"], `there are two functions \`${name}\`; rename one`);
    else if (!FUNCTION_NAME.test(name)) {
      const rule = "begins with a small letter and has only letters, digits and `_`";
      refuse(index, ["name"], `the name of a function ${rule}`);
    } else if (isBuiltIn(name) || !isName(name)) {
      refuse(
        index,
        ["name"],
        `\`${name}\` is a word of the language; give the function another name`,
      );
    } else {
      indexes.set(name, index);
      functions.set(name, { name, params, tree: undefined });
    }
    for (const [position, param] of params.entries()) {
      const path = ["params", position];
      if (!PARAMETER_NAME.test(param) || !isName(param)) {
        const fix = "use letters, digits and `_`, and no word of the language";
        refuse(index, path, `\`${param}\` cannot be the name of a parameter; ${fix}`);
      } else if (params.indexOf(param) < position) {
        refuse(index, path, `the parameter \`${param}\` is there twice`);
      }
    }
  }

  function read(definition: PolicyFunction, index: number): void {
    const { name, params, expression: text } = definition;
    let parsed: ParsedText;
    try {
      parsed = parse(text, new Set(indexes.keys()));
    } catch (thrown) {
      refuseText(index, thrown);
      return;
    }
    pending.push(name);
    const leadsBack = readCalled(parsed.tokens, index);
    pending.pop();
    if (leadsBack) return;
    try {
      const { tree, originalOffset } = parsed;
      const { warnings } = expressionFromTree(tree, { originalOffset, functions, params });
      for (const message of warnings) {
        problems.push({ severity: "warning", index, path: ["expression"], offset: 0, message });
      }
      if (indexes.get(name) === index) functions.set(name, { name, params, tree });
    } catch (thrown) {
      refuseText(index, thrown);
    }
  }

  /** @returns Whether a call leads back to a function that is being read, which is a problem. */
  function readCalled(tokens: readonly Token[], index: number): boolean {
    let leadsBack = false;
    for (const { text: called, start } of callsOf(tokens)) {
      const start0 = pending.indexOf(called);
      if (start0 >= 0) {
        leadsBack = true;
        const path = [...pending.slice(start0), called].map((name) => `\`${name}\``).join(" -> ");
        const message = `a function cannot call itself: ${path}`;
        problems.push({ severity: "error", index, path: ["expression"], offset: start, message });
      } else readOnce(called);
    }
    return leadsBack;
  }

  const done = new Set<number>();
  function readOnce(name: string): void {
    const index = indexes.get(name);
    const definition = index === undefined ? undefined : definitions[index];
    if (index === undefined || definition === undefined || done.has(index)) return;
    done.add(index);
    read(definition, index);
  }

  for (const [index, definition] of definitions.entries()) register(definition, index);
  for (const [index, definition] of definitions.entries()) {
    if (done.has(index)) continue;
    done.add(index);
    read(definition, index);
  }
  return { functions, problems };
}

function callsOf(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter(({ kind }, index) => kind === "name" && tokens[index + 1]?.text === "(");
}
