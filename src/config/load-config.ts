import { fileURLToPath } from "node:url";
import {
  type Findings,
  type Given,
  isNodeIp,
  type Origin,
  readConfigFile,
  readEnvironment,
  readFlags,
  shown,
} from "./config-sources.js";
import { nodeIp, SETTINGS, type Setting, type Settings } from "./settings.js";

export interface Config {
  readonly settings: Settings;
  /** By setting name, `NODE_IP_*` included. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** One sentence for each thing that was given and has no effect. */
  readonly ignored: readonly string[];
}

/** The settings cannot be used. Every problem is listed, with the setting, the rule and the value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    readonly problems: readonly string[],
    /** 2 where the command line is wrong, else 1. */
    readonly exitCode: 1 | 2,
  ) {
    super(problems.join("\n"));
  }
}

const PACKAGE_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The effective settings: flags win over the environment, the environment over
 * `policy_config.json`, that over the defaults. An empty text is "not given".
 *
 * POLICY_FILE is the shipped file exactly when its origin is `default`.
 *
 * @param argv - Flags alone, without the program: `--grpc-port 1`, `--grpc-port=1`, `--insecure`.
 * @param readFile - Reads POLICY_CONFIG as text; may throw.
 * @throws {ConfigError} With every problem at once.
 */
export function loadConfig({
  argv,
  env,
  readFile,
}: {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}): Config {
  const findings: Findings = { problems: [], ignored: [] };
  const outside = [...readEnvironment(env, findings), ...readFlags(argv, findings)];
  const file = outside.findLast(({ name }) => name === "POLICY_CONFIG")?.text;
  const inside = file === undefined ? [] : readConfigFile(file, readFile, findings);
  const given = new Map([...inside, ...outside].map((one) => [one.name, one]));

  const settings = readSettings(given, findings);
  findings.problems.push(...contradictions(settings).map((text) => ({ text, isUsage: false })));
  if (findings.problems.length > 0) {
    const texts = findings.problems.map(({ text }) => text);
    throw new ConfigError(texts, findings.problems.some(({ isUsage }) => isUsage) ? 2 : 1);
  }
  const names = [...Object.keys(SETTINGS), ...Object.keys(settings.NODE_IPS)];
  const origins = names.map((name) => [name, given.get(name)?.origin ?? "default"] as const);
  return { settings, origins: new Map(origins), ignored: findings.ignored };
}

function readSettings(given: ReadonlyMap<string, Given>, { problems }: Findings): Settings {
  const read = <T>(name: string, setting: Setting<T>): T => {
    const found = given.get(name);
    if (found === undefined) return setting.fallback;
    const parsed = setting.schema.safeParse(found.text);
    if (parsed.success) return parsed.data;
    const text = `${found.writtenAs} ${setting.rule}, got ${shown(found.text)}`;
    problems.push({ text, isUsage: found.origin === "flag" });
    return setting.fallback;
  };
  // The schema of each name gives the type of its value; entries lose that connection.
  const values = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [name, read<unknown>(name, setting)]),
  ) as unknown as Omit<Settings, "NODE_IPS">;
  const nodeIps = [...given.keys()].filter(isNodeIp).sort();
  return {
    ...values,
    // The shipped file is found from wherever the engine is started.
    ...(given.has("POLICY_FILE") ? {} : { POLICY_FILE: PACKAGE_ROOT + values.POLICY_FILE }),
    NODE_IPS: Object.fromEntries(nodeIps.map((name) => [name, read(name, nodeIp) ?? ""])),
  };
}

/** What each setting may be, and not together. */
function contradictions(settings: Settings): string[] {
  const ports = [
    ["GRPC_PORT", settings.GRPC_PORT] as const,
    ["POLICY_PORT", settings.POLICY_PORT] as const,
    ["METRICS_PORT", settings.METRICS_PORT] as const,
    ...settings.REST_EXTRA_PORTS.map((port) => ["REST_EXTRA_PORTS", port] as const),
  ].filter(([, port]) => port !== 0);
  const twice = ports.flatMap(([name, port], index) => {
    const [owner] = ports.slice(0, index).find(([, earlier]) => earlier === port) ?? [];
    return owner === undefined
      ? []
      : [`${owner} and ${name} are both ${port}: give each its own port`];
  });
  return settings.CLIENT_IP_RANGE !== undefined && settings.SUBNET_PREFIX === undefined
    ? [
        ...twice,
        "CLIENT_IP_RANGE needs SUBNET_PREFIX: set it too, such as SUBNET_PREFIX=192.168.100",
      ]
    : twice;
}
