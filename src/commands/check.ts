import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "../application/check.js";
import type { Value, ValueMap } from "../core/values.js";
import { answerAsJson, answerAsText } from "./render-answer.js";

/** What the operator wrote; every option is text as given. */
export interface CheckOptions {
  readonly srcType?: string;
  readonly dstType?: string;
  readonly srcIp?: string;
  readonly dstIp?: string;
  readonly srcPort?: string;
  readonly dstPort?: string;
  readonly protocol?: string;
  readonly clientId?: string;
  /** JSON object. */
  readonly context?: string;
  /** Asks CheckPolicy of this type; the other options become attributes of the context. */
  readonly policyType?: string;
  readonly explain?: boolean;
  readonly format: "text" | "json";
}

/** A problem is one or more lines for a person. */
export type Asked =
  | { readonly ok: true; readonly answer: CheckAnswer }
  | { readonly ok: false; readonly problem: string };

export interface CheckDeps {
  /** Asks a running engine, or the policies of a file. */
  readonly askConnection: (check: ConnectionCheck) => Promise<Asked>;
  readonly askPolicy: (check: PolicyCheck) => Promise<Asked>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** 0 allowed, 3 denied, 1 could not be asked, 2 usage. */
export type CheckExitCode = 0 | 1 | 2 | 3;

/** `flopynet-policy check`: one question, its answer, and an exit code that scripts can read. */
export async function runCheck(options: CheckOptions, deps: CheckDeps): Promise<CheckExitCode> {
  const question = questionOf(options);
  if (typeof question === "string") {
    deps.writeError(question);
    return 2;
  }
  const asked =
    "policyType" in question ? await deps.askPolicy(question) : await deps.askConnection(question);
  if (!asked.ok) {
    deps.writeError(asked.problem);
    return 1;
  }
  deps.write(options.format === "json" ? answerAsJson(asked.answer) : answerAsText(asked.answer));
  return asked.answer.decision.allowed ? 0 : 3;
}

/** The question, or what is wrong with the options. */
function questionOf(options: CheckOptions): ConnectionCheck | PolicyCheck | string {
  const context = contextOf(options.context);
  if (typeof context === "string") return context;
  const ports = { srcPort: portOf(options.srcPort), dstPort: portOf(options.dstPort) };
  for (const [name, port] of Object.entries(ports)) {
    if (Number.isNaN(port)) {
      const flag = name === "srcPort" ? "--src-port" : "--dst-port";
      return `${flag} must be a whole number, got \`${options[name as keyof typeof ports] ?? ""}\``;
    }
  }
  const fields = {
    clientId: options.clientId ?? "",
    srcType: options.srcType ?? "",
    dstType: options.dstType ?? "",
    srcIp: options.srcIp ?? "",
    dstIp: options.dstIp ?? "",
    protocol: options.protocol ?? "",
  };
  const common = { requestId: "", explain: options.explain ?? false };
  if (options.policyType === undefined) {
    const given = Object.entries(ports).filter(([, port]) => port !== undefined);
    return { ...common, ...fields, ...Object.fromEntries(given), context };
  }
  const attributes = Object.entries({ ...fields, ...ports }).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== "",
  );
  const named = attributes.map(([name, value]) => [attributeName(name), value] as const);
  return {
    ...common,
    policyType: options.policyType,
    context: { ...Object.fromEntries(named), ...context },
  };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** `srcIp` -> `src_ip`. */
function attributeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function contextOf(text: string | undefined): ValueMap | string {
  if (text === undefined || text === "") return {};
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch (error) {
    return `--context is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  return isMap(value) ? value : `--context must be a JSON object, such as '{"operation": "train"}'`;
}

function isMap(value: Value): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
