import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load-config.js";

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Content of policy_config.json; given, POLICY_CONFIG points at it. */
  readonly file?: unknown;
}

function load({ argv = [], env = {}, file }: Given) {
  return loadConfig({
    argv,
    env: file === undefined ? env : { POLICY_CONFIG: "config.json", ...env },
    readFile: (path) => {
      expect(path).toBe("config.json");
      return typeof file === "string" ? file : JSON.stringify(file);
    },
  });
}

function failure(given: Given): ConfigError {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("which value wins", () => {
  const flag = ["--policy-port", "1"];
  const env = { POLICY_PORT: "2" };
  const file = { port: 3 };
  // prettier-ignore
  it.each<[says: string, given: Given, port: number, origin: string]>([
    ["a flag over everything",        { argv: flag, env, file }, 1,    "flag"],
    ["the environment over the file", { env, file },             2,    "environment"],
    ["the file over the default",     { file },                  3,    "policy_config.json"],
    ["the default where nobody says", {},                        5000, "default"],
    ["the file over an empty variable", { env: { POLICY_PORT: "" }, file }, 3, "policy_config.json"],
    ["the environment over an empty flag", { argv: ["--policy-port="], env }, 2, "environment"],
  ])("%s", (_says, given, port, origin) => {
    const { settings, origins } = load(given);
    expect(settings.POLICY_PORT).toBe(port);
    expect(origins.get("POLICY_PORT")).toBe(origin);
  });
});

describe("flags", () => {
  // prettier-ignore
  it.each<[argv: string[], name: "GRPC_PORT" | "INSECURE" | "LOG_FILE", value: unknown]>([
    [["--grpc-port", "1"],          "GRPC_PORT", 1],
    [["--grpc-port=1"],             "GRPC_PORT", 1],
    [["--insecure"],                "INSECURE",  true],
    [["--insecure", "--grpc-port", "1"], "INSECURE", true],
    [["--insecure", "0"],           "INSECURE",  false],
    [["--insecure=0"],              "INSECURE",  false],
    [["--log-file", "a=b"],         "LOG_FILE",  "a=b"],
    [["--log-file=a=b"],            "LOG_FILE",  "a=b"],
  ])("%j", (argv, name, value) => {
    expect(load({ argv }).settings[name]).toEqual(value);
  });

  it("name any component", () => {
    expect(load({ argv: ["--node-ip-fl-client-1", "10.0.0.1"] }).settings.NODE_IPS).toEqual({
      NODE_IP_FL_CLIENT_1: "10.0.0.1",
    });
  });

  // prettier-ignore
  it.each<[says: string, argv: string[], message: string]>([
    ["an unknown flag names the nearest", ["--grpc-prt", "1"],  "unknown flag `--grpc-prt`: did you mean `--grpc-port`?"],
    ["a setting's name is not a flag",    ["--GRPC_PORT", "1"], "unknown flag `--GRPC_PORT`"],
    ["an object's own words are no flag", ["--constructor", "1"], "unknown flag `--constructor`"],
    ["a stray word",                      ["serve"],            "unknown argument `serve`"],
    ["a flag without value",              ["--grpc-port"],      "--grpc-port needs a value: write --grpc-port <value>"],
    ["a flag given twice",                ["--grpc-port=1", "--grpc-port=2"], "--grpc-port is given twice: write it once"],
    ["a bad value names the flag",        ["--grpc-port", "x"], "--grpc-port must be a whole number from 0 to 65535, got `x`"],
  ])("%s is a usage error", (_says, argv, message) => {
    const error = failure({ argv });
    expect(error.problems).toEqual([expect.stringContaining(message)]);
    expect(error.exitCode).toBe(2);
  });
});

describe("policy_config.json", () => {
  it("is read as documented", () => {
    const { settings } = load({
      file: {
        host: "0.0.0.0",
        port: 5000,
        metrics_port: "9092",
        log_level: "INFO",
        log_file: "/app/logs/policy-engine.log",
        policy_file: "/app/config/policies/policies.json",
        node_ip_fl_server: "192.168.100.10",
      },
    });
    expect(settings).toMatchObject({
      HOST: "0.0.0.0",
      POLICY_PORT: 5000,
      METRICS_PORT: 9092,
      LOG_LEVEL: "info",
      LOG_FILE: "/app/logs/policy-engine.log",
      POLICY_FILE: "/app/config/policies/policies.json",
      NODE_IPS: { NODE_IP_FL_SERVER: "192.168.100.10" },
    });
  });

  it.each(["policy_id", "policy_ip", "collector_host", "fl_server_port", "collector_port"])(
    "%s is accepted and ignored",
    (key) => {
      expect(load({ file: { [key]: "x" } }).ignored).toEqual([
        `\`${key}\` in config.json has no effect in this version: ignored`,
      ]);
    },
  );

  it("takes the section `trust` as parameters of the trust model", () => {
    const { settings, ignored } = load({ file: { trust: { bad_weight: 3, min_cohort: 4 } } });
    expect(settings.TRUST_PARAMETERS).toEqual({ model: { badWeight: 3 }, minCohort: 4 });
    expect(ignored).toEqual([]);
  });

  // prettier-ignore
  it.each<[says: string, file: unknown, message: string]>([
    ["an unknown key names the nearest", { log_levl: "info" },   "unknown key `log_levl`: did you mean `log_level`?"],
    ["an unknown key far from any",      { zzzzzzzzzzzz: 1 },    "unknown key `zzzzzzzzzzzz`"],
    ["a setting that is no key",         { GRPC_PORT: 1 },       "unknown key `GRPC_PORT`"],
    ["a bad value names key and file",   { port: 70000 },        "`port` in config.json must be a whole number from 0 to 65535, got `70000`"],
    ["a value of the wrong kind",        { port: true },         "`port` must be text or a number, got `true`"],
    ["null",                             { host: null },         "`host` must be text or a number, got `null`"],
    ["trust that is not an object",      { trust: 1 },           "`trust` must be an object, got `1`"],
    ["a trust parameter nobody knows",   { trust: { bad_wait: 1 } },  "`trust`: `bad_wait` is no parameter of trust"],
    ["a trust parameter out of range",   { trust: { prior: 2 } },     "`trust`: `prior` must be a number from 0.01 to 0.99"],
    ["a bad node address",               { node_ip_x: "y" },     "`node_ip_x` in config.json must be an IPv4 or IPv6 address, got `y`"],
    ["a list",                           [],                     "must hold a JSON object"],
    ["text that is not JSON",            "{port: 1}",            "POLICY_CONFIG `config.json`: cannot be read: "],
    ["__proto__",                        '{"__proto__": {}}',    "unknown key `__proto__`"],
  ])("%s is refused", (_says, file, message) => {
    const error = failure({ file });
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(1);
  });

  it("is a problem when it is missing", () => {
    const readFile = () => {
      throw new Error("ENOENT: no such file or directory, open 'gone.json'");
    };
    expect(() => loadConfig({ argv: [], env: { POLICY_CONFIG: "gone.json" }, readFile })).toThrow(
      "POLICY_CONFIG `gone.json`: cannot be read: ENOENT: no such file or directory, open 'gone.json'",
    );
  });

  it("can be named by a flag", () => {
    const readFile = () => '{"port": 7}';
    const { settings } = loadConfig({ argv: ["--policy-config", "x"], env: {}, readFile });
    expect(settings.POLICY_PORT).toBe(7);
  });
});

describe("what goes with it", () => {
  it("every problem is reported at once", () => {
    const error = failure({
      argv: ["--grpc-prt", "1"],
      env: { LOG_LEVEL: "loud", STORAGE: "paper" },
      file: { prt: 1 },
    });
    expect(error.problems).toHaveLength(4);
    expect(error.exitCode).toBe(2);
  });

  it("names of the environment that are not ours are somebody else's", () => {
    expect(load({ env: { PATH: "/bin", GRPC_PRT: "1", __proto__x: "1" } }).ignored).toEqual([]);
  });

  // prettier-ignore
  it.each<[name: string, sentence: string]>([
    ["SERVICE_TYPE",         "SERVICE_TYPE means nothing to this engine: ignored"],
    ["SERVICE_VERSION",      "SERVICE_VERSION means nothing to this engine: ignored"],
  ])("%s is accepted, ignored and named", (name, sentence) => {
    expect(load({ env: { [name]: "x" } }).ignored).toEqual([sentence]);
  });

  it("two servers cannot share a port", () => {
    const env = { POLICY_PORT: "8003", REST_EXTRA_PORTS: "8003" };
    expect(failure({ env }).problems).toEqual([
      "POLICY_PORT and REST_EXTRA_PORTS are both 8003: give each its own port",
    ]);
  });

  it("port 0 may be given to each", () => {
    const env = { GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0", REST_EXTRA_PORTS: "0,0" };
    expect(load({ env }).settings).toMatchObject({ GRPC_PORT: 0, POLICY_PORT: 0, METRICS_PORT: 0 });
  });

  it("a client range needs its network", () => {
    expect(failure({ env: { CLIENT_IP_RANGE: "100-255" } }).problems).toEqual([
      "CLIENT_IP_RANGE needs SUBNET_PREFIX: set it too, such as SUBNET_PREFIX=192.168.100",
    ]);
  });
});
