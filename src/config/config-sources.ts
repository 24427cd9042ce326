import { nearest } from "../core/nearest.js";
import { readTrustParameters } from "./trust-parameters.js";
import { IGNORED_SETTINGS, SETTINGS, type SettingName } from "./settings.js";

/** Where a value came from; the earlier wins. */
export type Origin = "flag" | "environment" | "policy_config.json" | "default";

/** A value as the operator wrote it, not yet checked. */
export interface Given {
  readonly name: string;
  /** Never empty: an empty text is "not given". */
  readonly text: string;
  readonly origin: Origin;
  /** How to name it in a message: `--grpc-port`, `GRPC_PORT`, `` `port` in config.json ``. */
  readonly writtenAs: string;
}

/** What a source has to say besides its values. */
export interface Findings {
  readonly problems: { readonly text: string; readonly isUsage: boolean }[];
  /** Sentences for the log. */
  readonly ignored: string[];
}

const NODE_IP = /^NODE_IP_[A-Z0-9_]+$/;
const MAX_SHOWN = 64;

/** Keys of `policy_config.json` that are settings; `node_ip_*` are too. */
const FILE_KEYS: ReadonlyMap<string, SettingName> = new Map([
  ["host", "HOST"],
  ["port", "POLICY_PORT"],
  ["metrics_port", "METRICS_PORT"],
  ["log_level", "LOG_LEVEL"],
  ["log_file", "LOG_FILE"],
  ["policy_file", "POLICY_FILE"],
]);
const IGNORED_FILE_KEYS = [
  "policy_id",
  "policy_ip",
  "collector_host",
  "fl_server_port",
  "collector_port",
];

/** `GRPC_PORT` -> `--grpc-port`. */
export function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}

export function isNodeIp(name: string): boolean {
  return NODE_IP.test(name);
}

/** Flags: `--grpc-port 1`, `--grpc-port=1`; `--insecure` alone is 1. */
export function readFlags(argv: readonly string[], { problems, ignored }: Findings): Given[] {
  const found = new Map<string, Given>();
  const usage = (text: string) => problems.push({ text, isUsage: true });
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [flag = "", ...assigned] = word.split("=");
    const name = flag.slice(2).toUpperCase().replaceAll("-", "_");
    const isOurs = flag === flagOf(name) && isKnown(name);
    if (!isOurs) usage(`unknown ${flag.startsWith("-") ? "flag" : "argument"} ${unknown(flag)}`);
    const text = assigned.length > 0 ? assigned.join("=") : takeValue(name, isOurs, rest);
    if (!isOurs || text === "") continue;
    if (text === undefined) usage(`${flag} needs a value: write ${flag} <value>`);
    else if (found.has(name)) usage(`${flag} is given twice: write it once`);
    else found.set(name, { name, text, origin: "flag", writtenAs: flag });
  }
  return withoutIgnored([...found.values()], ignored);
}

/** The word after a flag, where it is the flag's value. */
function takeValue(name: string, isOurs: boolean, rest: string[]): string | undefined {
  const nextIsFlag = rest[0]?.startsWith("--") ?? true;
  if (name === "INSECURE" && nextIsFlag) return "1";
  // The value of a flag that nobody knows is not one more mistake.
  return isOurs || !nextIsFlag ? rest.shift() : undefined;
}

function unknown(flag: string): string {
  return `${shown(flag)}${meant(flag, Object.keys(SETTINGS).map(flagOf))}`;
}

/** The environment. Names that are not ours are somebody else's. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { ignored }: Findings,
): Given[] {
  const found = Object.entries(env).flatMap(([name, text]): Given[] =>
    text === undefined || text === "" || !isKnown(name)
      ? []
      : [{ name, text, origin: "environment", writtenAs: name }],
  );
  return withoutIgnored(found, ignored);
}

/** `policy_config.json`. A key that nobody knows is a problem: a typo must not silently do nothing. */
export function readConfigFile(
  path: string,
  readFile: (path: string) => string,
  { problems, ignored }: Findings,
): Given[] {
  const problem = (text: string): Given[] => {
    problems.push({ text: `POLICY_CONFIG ${shown(path)}: ${text}`, isUsage: false });
    return [];
  };
  let document: unknown;
  try {
    document = JSON.parse(readFile(path));
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(document)) return problem('must hold a JSON object, such as {"port": 5000}');

  return Object.entries(document).flatMap(([key, value]): Given[] => {
    if (IGNORED_FILE_KEYS.includes(key)) {
      ignored.push(`\`${key}\` in ${path} has no effect in this version: ignored`);
      return [];
    }
    if (key === "trust") return trustSection(path, value, problem);
    const name = /^node_ip_[a-z0-9_]+$/.test(key) ? key.toUpperCase() : FILE_KEYS.get(key);
    if (name === undefined) {
      const known = [...FILE_KEYS.keys(), ...IGNORED_FILE_KEYS, "trust"];
      return problem(`unknown key ${shown(key)}${meant(key, known)}`);
    }
    if (typeof value !== "string" && typeof value !== "number") {
      return problem(`\`${key}\` must be text or a number, got ${shown(value)}`);
    }
    const writtenAs = `\`${key}\` in ${path}`;
    return value === ""
      ? []
      : [{ name, text: String(value), origin: "policy_config.json", writtenAs }];
  });
}

function trustSection(path: string, value: unknown, problem: (text: string) => Given[]): Given[] {
  if (!isObject(value)) return problem(`\`trust\` must be an object, got ${shown(value)}`);
  const text = JSON.stringify(value);
  const found = readTrustParameters(text).problems.flatMap((one) => problem(`\`trust\`: ${one}`));
  const writtenAs = `\`trust\` in ${path}`;
  const given: Given = { name: "TRUST_PARAMETERS", text, origin: "policy_config.json", writtenAs };
  return readTrustParameters(text).problems.length > 0 ? found : [given];
}

/** A value in a message: in backticks, at most 64 characters. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `\`${text.slice(0, MAX_SHOWN)}\``;
}

function withoutIgnored(found: readonly Given[], ignored: string[]): Given[] {
  return found.filter(({ name, writtenAs }) => {
    const why = IGNORED_SETTINGS.get(name);
    if (why !== undefined) ignored.push(`${writtenAs} ${why}: ignored`);
    return why === undefined;
  });
}

function isKnown(name: string): boolean {
  return Object.hasOwn(SETTINGS, name) || IGNORED_SETTINGS.has(name) || isNodeIp(name);
}

function meant(text: string, candidates: readonly string[]): string {
  const near = nearest(text, candidates);
  return near === undefined ? "" : `: did you mean \`${near}\`?`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
