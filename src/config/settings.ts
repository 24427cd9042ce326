import { isIP } from "node:net";
import { z } from "zod";
import { TRUST_MODEL_NAMES } from "../core/trust/trust-model.js";
import { readTrustParameters, type TrustSettings } from "./trust-parameters.js";

/** One setting: how its text is read, what it is when nobody gives it, and what it is for. */
export interface Setting<T> {
  /** Text as the operator wrote it, never empty -> value. */
  readonly schema: z.ZodType<T, string>;
  readonly fallback: T;
  /** The limit, with its unit; reads on after the name: `must be ...`. */
  readonly rule: string;
  /** What it does, for a person. */
  readonly about: string;
}

const HOST_NAME =
  /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const MAX_PORT = 65_535;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const LEVELS = ["debug", "info", "warn", "error"] as const;
/** The documented spellings beside our own. */
const LEVEL_ALIASES: ReadonlyMap<string, (typeof LEVELS)[number]> = new Map([
  ["warning", "warn"],
  ["critical", "error"],
]);

const host = kind("must be an IP address or a host name", isHost, String);
const port = wholeNumber(0, MAX_PORT);
const path = kind("must be a path without control characters", isPath, String);
const level = kind(
  `must be one of ${LEVELS.join(", ")}`,
  (text) => toLevel(text) !== undefined,
  (text) => toLevel(text) ?? "info",
);
const flag = kind(
  "must be 1 or 0 (or true, false)",
  (text) => /^(1|0|true|false)$/i.test(text),
  (text) => /^(1|true)$/i.test(text),
);
const ports = kind(
  `must be whole numbers from 0 to ${MAX_PORT}, separated by commas`,
  isPortList,
  (text) => list(text).map(Number),
);
const origins = kind(
  "must be origins such as https://dashboard.example:8443, separated by commas, without path or `*`",
  (text) => list(text).every(isOrigin),
  list,
);
const paths = kind(
  "must be attribute names such as client_id or client.location, separated by commas",
  (text) => list(text).every((part) => /^[^\s.*]+(\.[^\s.*]+)*$/.test(part)),
  list,
);
const octets = kind(
  "must be two whole numbers from 0 to 255, the smaller first, such as 100-255",
  isOctetRange,
  String,
);
const subnet = kind(
  "must be the first three numbers of an IPv4 network, such as 192.168.100",
  (text) => isIP(`${text}.0`) === 4,
  String,
);
const zone = kind("must be an IANA time zone such as UTC or Europe/Istanbul", isTimeZone, String);

const trustParameters = kind<TrustSettings>(
  "must be a JSON object of trust parameters in their ranges (docs/trust.md)",
  (text) => readTrustParameters(text).problems.length === 0,
  (text) => readTrustParameters(text).settings,
);

/** How the address of one component (`NODE_IP_FL_SERVER`) is read. */
export const nodeIp = kind(
  "must be an IPv4 or IPv6 address",
  (text) => isIP(text) !== 0 && !text.includes("%"),
  String,
)(
  undefined,
  "Address of a component; its type (`fl-server`) is what checks see where the caller names none",
);

/** THE table: every setting, in the order of the documentation. Nothing here is a secret. */
// prettier-ignore
export const SETTINGS = {
  HOST: host("127.0.0.1", "Bind address of all ports. Beyond loopback the engine answers checks, reads and streams, and refuses changes from other machines unless INSECURE is 1"),
  GRPC_PORT: port(50_051, "gRPC. 0 takes any free port, which is printed"),
  POLICY_PORT: port(5000, "REST. 0 takes any free port, which is printed"),
  METRICS_PORT: port(9091, "Prometheus metrics. 0 takes any free port, which is printed"),
  REST_EXTRA_PORTS: ports([], "Further ports for REST, such as the documented 8003"),
  POLICY_FILE: path("policies/policies.json", "Main policy file; `default_policies.json` beside it is loaded first. Unset, the shipped file; a file that was set and is missing is a broken policy set, never an empty one"),
  POLICY_FUNCTIONS_DIR: path(undefined, "Folder of policy functions, one in a JSON file, loaded and watched with the policies. Code there is never executed. Unset or missing, there are no functions"),
  POLICY_CONFIG: path(undefined, "A `policy_config.json` as documented; flags and the environment win over it"),
  DATA_DIR: path("./data", "Folder for what must survive a restart, created when missing: events, decisions, policy versions. One engine owns it"),
  STORAGE: oneOf(["sqlite", "memory"])("sqlite", "`sqlite` keeps everything in DATA_DIR; `memory` keeps nothing and begins with the policy file's number each time"),
  DECISION_DURABILITY: oneOf(["async", "sync"])("async", "`async` answers at once and records a moment later; `sync` answers once the record is on the disk, and not at all when it cannot be"),
  EVENT_RETENTION_DAYS: number(0.01, 36_500)(7, "Days that events are kept"),
  DECISION_RETENTION_DAYS: number(0.01, 36_500)(7, "Days that recorded decisions are kept"),
  STORAGE_MAX_BYTES: wholeNumber(16 * MIB, 1024 * GIB)(2 * GIB, "Size in bytes above which the oldest events and decisions are removed; policy versions never are"),
  DECISION_REDACT: paths([], "Attributes that are never stored or told, by dotted path (`client.location`), separated by commas"),
  MAX_FLIPPED_DECISIONS_PERCENT: number(0, 100)(undefined, "Guard on changes through the API: one that would turn more of the newest 10,000 recorded decisions is refused, unless it is confirmed. Unset, none is"),
  INSECURE: flag(false, "Allows changes from other machines although nobody is authenticated"),
  UNKNOWN_POLICY_TYPE: oneOf(["permit", "deny"])("permit", "Answer for a policy type that no enabled policy has (`network_security` denies anyway)"),
  ENGINE_TIME_ZONE: zone("UTC", "Time zone of the attributes `engine.hour`, `engine.minute` and `engine.day_of_week`"),
  BATCH_MAX_ITEMS: wholeNumber(1, 10_000)(1000, "Most items of one batch check"),
  DECISION_EVENTS_PER_S: wholeNumber(1, 1_000_000)(1000, "Events per second for permits, and as many for denies; above it, one event per second and rule with a count"),
  MAX_SUBSCRIBERS: wholeNumber(1, 100_000)(2000, "Most event streams open at once"),
  SUBSCRIBER_MAX_LAG: wholeNumber(1, 10_000_000)(100_000, "Events that a subscriber may be behind before it is moved to the newest one and told what it lost"),
  STREAM_BOOKMARK_S: number(0.01, 3600)(5, "Seconds between bookmarks of an idle event stream"),
  SHUTDOWN_GRACE_S: number(0, 3600)(10, "Seconds that a drain may take"),
  REST_COMPAT: oneOf(["documented", "flopynet-1.0"])("documented", "`flopynet-1.0`: `/health` says `ok`, and GET carries `Access-Control-Allow-Origin: *`"),
  CORS_ORIGINS: origins([], "Web pages that may call REST"),
  LOG_LEVEL: level("info", "Least severe line to log; documented spellings such as `INFO` and `WARNING` are accepted"),
  LOG_FILE: path(undefined, "Log lines are appended here too; a file that cannot be written is a warning"),
  TRUST_MODEL: oneOf(TRUST_MODEL_NAMES)("flopynet-coupled-1", "How trust is computed: `seed-literal-1` is the documented formula on independent factors"),
  TRUST_OWN_VIOLATIONS: flag(false, "1: a denial by a rule with a `severity` is evidence against the client, where it has an open round"),
  TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: wholeNumber(0, 1_000_000)(10, "New keys that one owner may register in a day (UTC); 0: as many as it likes"),
  TRUST_PARAMETERS: trustParameters({}, "Constants of the trust model by name, as JSON: the section `trust` of `policy_config.json`"),
  CLIENT_IP_RANGE: octets(undefined, "Last numbers of the addresses in SUBNET_PREFIX that are FL clients, both inclusive"),
  SUBNET_PREFIX: subnet(undefined, "The network that CLIENT_IP_RANGE counts in"),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The effective settings. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never;
} & {
  /** `NODE_IP_FL_SERVER` -> address, for every `NODE_IP_*` that was given. */
  readonly NODE_IPS: Readonly<Record<string, string>>;
};

/** Accepted, and without effect: what to tell the operator. */
export const IGNORED_SETTINGS: ReadonlyMap<string, string> = new Map([
  ["SERVICE_TYPE", "means nothing to this engine"],
  ["SERVICE_VERSION", "means nothing to this engine"],
]);

/** A kind of value: its rule, which text keeps it, and what that text means. */
function kind<T>(rule: string, isGood: (text: string) => boolean, read: (text: string) => T) {
  const schema = z.string().refine(isGood, { error: rule }).transform(read);
  return <F extends T | undefined>(
    fallback: F,
    about: string,
  ): Setting<F extends undefined ? T | undefined : T> => ({
    schema,
    fallback: fallback as F extends undefined ? T | undefined : T,
    rule,
    about,
  });
}

function wholeNumber(min: number, max: number) {
  return kind(
    `must be a whole number from ${min} to ${max}`,
    (text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max,
    Number,
  );
}

function number(min: number, max: number) {
  return kind(
    `must be a number from ${min} to ${max}`,
    (text) => /^\d{1,15}(\.\d{1,6})?$/.test(text) && Number(text) >= min && Number(text) <= max,
    Number,
  );
}

function oneOf<Word extends string>(words: readonly Word[]): ReturnType<typeof kind<Word>> {
  return kind(
    `must be ${words.join(" or ")}`,
    (text) => words.some((word) => word === text),
    (text) => text as Word,
  );
}

function list(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function toLevel(text: string): (typeof LEVELS)[number] | undefined {
  const word = text.toLowerCase();
  return LEVEL_ALIASES.get(word) ?? LEVELS.find((name) => name === word);
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= 253 && HOST_NAME.test(text) && !/^[\d.]+$/.test(text));
}

function isPath(text: string): boolean {
  return !/[\u0000-\u001f]/.test(text);
}

function isPortList(text: string): boolean {
  return list(text).every((part) => /^\d{1,5}$/.test(part) && Number(part) <= MAX_PORT);
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function isOctetRange(text: string): boolean {
  const match = /^(\d{1,3})-(\d{1,3})$/.exec(text);
  return match !== null && Number(match[1]) <= Number(match[2]) && Number(match[2]) <= 255;
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).format(0) !== "";
  } catch {
    return false;
  }
}
