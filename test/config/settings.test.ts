import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load-config.js";
import { type SettingName, SETTINGS } from "../../src/config/settings.js";

const WHOLE_10_CASES = ["-1", "1.5", "0x10", "1e3", " 1", "many"];
const PORT = { good: ["0", "65535"], bad: ["65536", ...WHOLE_10_CASES] };
const PORT_RULE = "must be a whole number from 0 to 65535";

interface Row {
  readonly fallback: unknown;
  /** Text -> value. */
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
  readonly rule: string;
}

function portRow(fallback: number): Row {
  return { fallback, good: PORT.good.map((p) => [p, Number(p)]), bad: PORT.bad, rule: PORT_RULE };
}

function wholeRow(fallback: number, min: number, max: number): Row {
  return {
    fallback,
    good: [min, max].map((value) => [String(value), value]),
    bad: [String(min - 1), String(max + 1), ...WHOLE_10_CASES],
    rule: `must be a whole number from ${min} to ${max}`,
  };
}

// prettier-ignore
const ROWS: Readonly<Record<SettingName, Row>> = {
  HOST: {
    fallback: "127.0.0.1",
    good: [["0.0.0.0", "0.0.0.0"], ["::1", "::1"], ["localhost", "localhost"], ["policy.example-net", "policy.example-net"]],
    bad: ["a b", "999.1.1.1", "http://x", "[::1]", "-x"],
    rule: "must be an IP address or a host name",
  },
  GRPC_PORT: portRow(50_051),
  POLICY_PORT: portRow(5000),
  METRICS_PORT: portRow(9091),
  REST_EXTRA_PORTS: {
    fallback: [],
    good: [["8003", [8003]], ["8003, 8004", [8003, 8004]], ["0", [0]]],
    bad: ["8003;8004", "70000", "8003,", "http"],
    rule: "must be whole numbers from 0 to 65535, separated by commas",
  },
  POLICY_FILE: {
    fallback: expect.stringMatching(/^\/.*\/policies\/policies\.json$/),
    good: [["/etc/policies.json", "/etc/policies.json"], ["p.json", "p.json"]],
    bad: ["a\nb"],
    rule: "must be a path without control characters",
  },
  POLICY_FUNCTIONS_DIR: { fallback: undefined, good: [["/etc/functions", "/etc/functions"]], bad: ["a\u0001b"], rule: "must be a path without control characters" },
  POLICY_CONFIG: { fallback: undefined, good: [["/etc/config.json", "/etc/config.json"]], bad: ["a\u0001b"], rule: "must be a path without control characters" },
  DATA_DIR: { fallback: "./data", good: [["/var/lib/flopynet", "/var/lib/flopynet"]], bad: ["a\tb"], rule: "must be a path without control characters" },
  STORAGE: { fallback: "sqlite", good: [["memory", "memory"], ["sqlite", "sqlite"]], bad: ["Memory", "postgres"], rule: "must be sqlite or memory" },
  DECISION_DURABILITY: { fallback: "async", good: [["sync", "sync"], ["async", "async"]], bad: ["Sync", "full"], rule: "must be async or sync" },
  EVENT_RETENTION_DAYS: { fallback: 7, good: [["0.01", 0.01], ["36500", 36_500]], bad: ["0", "36501", "-1", "7d"], rule: "must be a number from 0.01 to 36500" },
  DECISION_RETENTION_DAYS: { fallback: 7, good: [["0.5", 0.5], ["90", 90]], bad: ["0", "36501", "-1", "7d"], rule: "must be a number from 0.01 to 36500" },
  STORAGE_MAX_BYTES: wholeRow(2 * 1024 ** 3, 16 * 1024 ** 2, 1024 ** 4),
  DECISION_REDACT: {
    fallback: [],
    good: [["client_id", ["client_id"]], ["client.location, device.ip", ["client.location", "device.ip"]]],
    bad: ["client.", ".ip", "a..b", "a b", "a,", "*", "client.*"],
    rule: "must be attribute names such as client_id or client.location, separated by commas",
  },
  MAX_FLIPPED_DECISIONS_PERCENT: { fallback: undefined, good: [["0", 0], ["2.5", 2.5], ["100", 100]], bad: ["-1", "101", "5%", "few"], rule: "must be a number from 0 to 100" },
  INSECURE: {
    fallback: false,
    good: [["1", true], ["true", true], ["0", false], ["False", false]],
    bad: ["yes", "2", "fal\u017fe"],
    rule: "must be 1 or 0 (or true, false)",
  },
  UNKNOWN_POLICY_TYPE: { fallback: "permit", good: [["deny", "deny"], ["permit", "permit"]], bad: ["DENY", "allow"], rule: "must be permit or deny" },
  ENGINE_TIME_ZONE: { fallback: "UTC", good: [["Europe/Istanbul", "Europe/Istanbul"]], bad: ["Istanbul/Europe", "noon"], rule: "must be an IANA time zone such as UTC or Europe/Istanbul" },
  BATCH_MAX_ITEMS: wholeRow(1000, 1, 10_000),
  DECISION_EVENTS_PER_S: wholeRow(1000, 1, 1_000_000),
  MAX_SUBSCRIBERS: wholeRow(2000, 1, 100_000),
  SUBSCRIBER_MAX_LAG: wholeRow(100_000, 1, 10_000_000),
  STREAM_BOOKMARK_S: { fallback: 5, good: [["0.01", 0.01], ["3600", 3600]], bad: ["0", "3601", "-1", "1e1", "soon"], rule: "must be a number from 0.01 to 3600" },
  SHUTDOWN_GRACE_S: { fallback: 10, good: [["0", 0], ["2.5", 2.5]], bad: ["-1", "3601", "soon"], rule: "must be a number from 0 to 3600" },
  REST_COMPAT: { fallback: "documented", good: [["flopynet-1.0", "flopynet-1.0"]], bad: ["flopynet", "Documented"], rule: "must be documented or flopynet-1.0" },
  CORS_ORIGINS: {
    fallback: [],
    good: [["https://a.example", ["https://a.example"]], ["http://localhost:3000, https://b.example", ["http://localhost:3000", "https://b.example"]]],
    bad: ["*", "a.example", "https://a.example/", "https://a.example/path", "ftp://a.example"],
    rule: "must be origins such as https://dashboard.example:8443, separated by commas, without path or `*`",
  },
  LOG_LEVEL: {
    fallback: "info",
    good: [["debug", "debug"], ["INFO", "info"], ["WARNING", "warn"], ["CRITICAL", "error"], ["error", "error"]],
    bad: ["loud", "inform", "\u0130NFO", "cr\u0131tical", "warn\u0131ng"],
    rule: "must be one of debug, info, warn, error",
  },
  LOG_FILE: { fallback: undefined, good: [["/var/log/engine.log", "/var/log/engine.log"]], bad: ["a\u0000b"], rule: "must be a path without control characters" },
  TRUST_MODEL: { fallback: "flopynet-coupled-1", good: [["seed-literal-1", "seed-literal-1"]], bad: ["coupled", "Seed-literal-1"], rule: "must be flopynet-coupled-1 or seed-literal-1" },
  TRUST_OWN_VIOLATIONS: { fallback: false, good: [["1", true], ["false", false]], bad: ["yes", "2"], rule: "must be 1 or 0 (or true, false)" },
  TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: wholeRow(10, 0, 1_000_000),
  TRUST_PARAMETERS: {
    fallback: {},
    good: [
      ['{"newcomer_weight": 0, "min_cohort": 3}', { newcomerWeight: 0, minCohort: 3 }],
      ['{"prior_weight": 8}', { model: { priorWeight: 8 } }],
    ],
    bad: ["{", "[]", '{"prior_wait": 8}', '{"newcomer_weight": 2}', '{"min_cohort": 1.5}'],
    rule: "must be a JSON object of trust parameters in their ranges (docs/trust.md)",
  },
  CLIENT_IP_RANGE: { fallback: undefined, good: [["100-255", "100-255"], ["7-7", "7-7"]], bad: ["255-100", "100-256", "100", "100-"], rule: "must be two whole numbers from 0 to 255, the smaller first, such as 100-255" },
  SUBNET_PREFIX: { fallback: undefined, good: [["192.168.100", "192.168.100"]], bad: ["192.168", "192.168.100.0", "192.168.300", "192.168.0/24"], rule: "must be the first three numbers of an IPv4 network, such as 192.168.100" },
};

const names = Object.keys(SETTINGS) as SettingName[];

function load(env: Record<string, string>) {
  return loadConfig({
    argv: [],
    // A client range alone is a contradiction, a file that is not there a problem of its own.
    env: "CLIENT_IP_RANGE" in env ? { SUBNET_PREFIX: "10.0.0", ...env } : env,
    readFile: () => "{}",
  });
}

describe("every setting has a default", () => {
  it.each(names)("%s", (name) => {
    expect(load({}).settings[name]).toEqual(ROWS[name].fallback);
  });
});

describe("an empty text is not given", () => {
  it.each(names)("%s", (name) => {
    const { settings, origins } = load({ [name]: "" });
    expect(settings[name]).toEqual(ROWS[name].fallback);
    expect(origins.get(name)).toBe("default");
  });
});

describe("a good value is read", () => {
  const rows = names.flatMap((name) =>
    ROWS[name].good.map(([text, value]) => ({ name, text, value })),
  );
  it.each(rows)("$name=$text", ({ name, text, value }) => {
    expect(load({ [name]: text }).settings[name]).toEqual(value);
  });
});

describe("a bad value is refused with the setting, the rule and the value", () => {
  const rows = names.flatMap((name) => ROWS[name].bad.map((text) => ({ name, text })));
  it.each(rows)("$name=$text", ({ name, text }) => {
    expect(() => load({ [name]: text })).toThrow(
      new ConfigError([`${name} ${ROWS[name].rule}, got \`${text}\``], 1),
    );
  });
});

describe("NODE_IP_*: the component registry", () => {
  it("takes any component", () => {
    const { settings, origins } = load({
      NODE_IP_FL_CLIENT_1: "10.0.0.101",
      NODE_IP_FL_SERVER: "fd00::1",
    });
    expect(settings.NODE_IPS).toEqual({
      NODE_IP_FL_CLIENT_1: "10.0.0.101",
      NODE_IP_FL_SERVER: "fd00::1",
    });
    expect(origins.get("NODE_IP_FL_SERVER")).toBe("environment");
  });

  it.each(["10.0.0", "010.0.0.1", "fl-server", "fe80::1%eth0", "10.0.0.0/24"])(
    "refuses %s",
    (text) => {
      expect(() => load({ NODE_IP_FL_SERVER: text })).toThrow(
        `NODE_IP_FL_SERVER must be an IPv4 or IPv6 address, got \`${text}\``,
      );
    },
  );
});
