import { readFileSync, writeFileSync } from "node:fs";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
  struct,
} from "../../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const ADMIN = "flopynet.policy.v1.PolicyAdminService/";
const QOS_RULE = { action: "prioritize", match: { any: "any" }, parameters: { p: 1 } };
const DEFAULTS = { policies: { qos: { type: "network_qos", rules: [QOS_RULE] } } };
const DENY_ALL = { action: "deny", match: struct({ protocol: "any" }) };

let engine: TestEngine;
let client: GrpcClient;
beforeEach(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET, defaults: DEFAULTS });
  client = createGrpcClient(engine.grpcPort);
});
afterEach(async () => {
  client.close();
  await engine.stop();
});

function call(method: string, request: Message, reason?: string): Promise<Message> {
  const metadata = new Metadata();
  if (reason !== undefined) metadata.set("x-change-reason", reason);
  return client.unary(ADMIN + method, request, { metadata });
}

async function policyOf(method: string, request: Message): Promise<Message> {
  return (await call(method, request))["policy"] as Message;
}

/** `CODE REASON field...` of a call that fails. */
async function failure(method: string, request: Message): Promise<string> {
  const { code, details } = await errorOf(call(method, request));
  const { reason } = details["google.rpc.ErrorInfo"] as { reason: string };
  const { field_violations: fields = [] } = (details["google.rpc.BadRequest"] ?? {}) as {
    field_violations?: { field: string }[];
  };
  return [status[code], reason, ...fields.map(({ field }) => field)].join(" ");
}

async function versions(): Promise<Message[]> {
  return (await call("ListPolicyVersions", {}))["versions"] as Message[];
}

async function eventTypes(): Promise<string[]> {
  const { events } = await client.unary("flopynet.policy.v1.EventService/ListEvents", {});
  return (events as { event_type: string }[]).map(({ event_type: type }) => type);
}

const fileNow = (): { version: number; policies: Record<string, Message>; deleted?: string[] } =>
  JSON.parse(readFileSync(engine.policyFile, "utf8")) as ReturnType<typeof fileNow>;

describe("a change", () => {
  // prettier-ignore
  it.each<[says: string, method: string, request: Message, event: string]>([
    ["creating a policy",   "CreatePolicy",  { policy: { id: "new", type: "t", rules: [DENY_ALL] } },                      "POLICY_CREATED"],
    ["updating a policy",   "UpdatePolicy",  { policy: { id: "net", priority: 7 }, update_mask: { paths: ["priority"] } }, "POLICY_UPDATED"],
    ["disabling a policy",  "DisablePolicy", { policy_id: "net" },                                                         "POLICY_DISABLED"],
    ["changing a default",  "DisablePolicy", { policy_id: "qos" },                                                         "POLICY_DISABLED"],
    ["deleting a policy",   "DeletePolicy",  { policy_id: "net" },                                                         "POLICY_DELETED"],
    ["deleting a default",  "DeletePolicy",  { policy_id: "qos" },                                                         "POLICY_DELETED"],
  ])("%s is in the file, in the history, in force and told once", async (_says, method, request, event) => {
    const before = await eventTypes();
    const answer = await call(method, request, "because");
    const { policy, policy_version: version = (policy as Message)["policy_version"] } = answer;
    expect(version).toBe("4");
    expect(fileNow().version).toBe(4);
    expect(engine.status().policyVersion).toBe(4);
    expect((await versions())[0]).toMatchObject({
      policy_version: "4",
      actor: "127.0.0.1",
      reason: "because",
      source: "POLICY_VERSION_SOURCE_API",
    });
    expect(await eventTypes()).toEqual([...before, event]);
  });

  it("decides at once", async () => {
    const ask = async () => {
      const check = {
        src_type: "fl-client",
        dst_type: "fl-server",
        protocol: "tcp",
        dst_port: 8080,
      };
      return client.unary("flopynet.policy.v1.PolicyDecisionService/CheckConnection", check);
    };
    expect(await ask()).toMatchObject({ allowed: true });
    await call("DisablePolicy", { policy_id: "net" });
    expect(await ask()).toMatchObject({ policy_version: "4" });
    expect((await ask())["allowed"] ?? false).toBe(false);
  });

  it("that changes nothing leaves no trace", async () => {
    const before = [readFileSync(engine.policyFile, "utf8"), await eventTypes()];
    const policy = await policyOf("GetPolicy", { policy_id: "net" });
    expect(await policyOf("UpdatePolicy", { policy })).toEqual(policy);
    expect(await policyOf("EnablePolicy", { policy_id: "net" })).toEqual(policy);
    expect(await call("RollbackPolicies", { policy_version: 3 })).toEqual({ policy_version: "3" });
    expect([readFileSync(engine.policyFile, "utf8"), await eventTypes()]).toEqual(before);
  });

  it("that is only validated answers what it would be, and changes nothing", async () => {
    const policy = { id: "net", type: "network_security", priority: 99 };
    expect(await policyOf("UpdatePolicy", { policy, validate_only: true })).toMatchObject({
      priority: 99,
    });
    expect(await policyOf("GetPolicy", { policy_id: "net" })).toMatchObject({ priority: 10 });
    expect(engine.status().policyVersion).toBe(3);
  });

  it("of the same state wins once, however many come at once", async () => {
    const { etag } = await policyOf("GetPolicy", { policy_id: "net" });
    const update_mask = { paths: ["priority"] };
    const ends = await Promise.allSettled(
      [...Array(20).keys()].map((priority) =>
        call("UpdatePolicy", {
          policy: { id: "net", etag, priority: 100 + priority },
          update_mask,
        }),
      ),
    );
    expect(ends.filter(({ status: end }) => end === "fulfilled")).toHaveLength(1);
    expect(engine.status().policyVersion).toBe(4);
  });

  it("without an etag is one after the other, and none is lost", async () => {
    const names = [...Array(20).keys()].map((index) => `p${index}`);
    await Promise.all(
      names.map((id) => call("CreatePolicy", { policy: { id, type: "t", rules: [DENY_ALL] } })),
    );
    expect(Object.keys(fileNow().policies)).toEqual(expect.arrayContaining(names));
    expect(engine.status().policyVersion).toBe(23);
  });
});

describe("the fields of an update", () => {
  it("are those of the mask", async () => {
    const policy = { id: "net", name: "other", priority: 3 };
    const updated = await policyOf("UpdatePolicy", { policy, update_mask: { paths: ["name"] } });
    expect(updated).toMatchObject({ name: "other", priority: 10, type: "network_security" });
  });

  it("are all of them without one", async () => {
    const policy = { id: "net", type: "network_security", rules: [DENY_ALL] };
    const updated = await policyOf("UpdatePolicy", { policy });
    expect(updated).not.toHaveProperty("name");
    expect(updated["rules"]).toHaveLength(1);
  });

  it("keep what only the file can say", async () => {
    const rule = { action: "deny", match: { dst_port: 1 }, idle_timeout: 5, rule_id: "r" };
    const net = { type: "network_security", updated_at: "monday", rules: [rule] };
    writeFileSync(engine.policyFile, JSON.stringify({ policies: { net } }));
    await call("ReloadPolicies", {});
    const policy = await policyOf("GetPolicy", { policy_id: "net" });
    await call("UpdatePolicy", { policy: { ...policy, priority: 5 } });
    expect(fileNow().policies["net"]).toEqual({ ...net, priority: 5 });
  });
});

describe("what is refused", () => {
  const rules = [DENY_ALL];
  // prettier-ignore
  it.each<[says: string, method: string, request: Message, expected: string]>([
    ["creating what exists",          "CreatePolicy",     { policy: { id: "net", type: "t", rules } },                               "ALREADY_EXISTS POLICY_ALREADY_EXISTS"],
    ["creating a default again",      "CreatePolicy",     { policy: { id: "qos", type: "t", rules } },                               "ALREADY_EXISTS POLICY_ALREADY_EXISTS"],
    ["an id with a slash",            "CreatePolicy",     { policy: { id: "a/b", type: "t", rules } },                               "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["an id with a space",            "CreatePolicy",     { policy: { id: "a b", type: "t", rules } },                               "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["an id of two dots",             "CreatePolicy",     { policy: { id: "..", type: "t", rules } },                                "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["an id of letters beyond ASCII", "CreatePolicy",     { policy: { id: "é", type: "t", rules } },                                 "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["an id of 1,000 characters",     "CreatePolicy",     { policy: { id: "a".repeat(1000), type: "t", rules } },                    "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["a reserved id",                 "CreatePolicy",     { policy: { id: "validate", type: "t", rules } },                          "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["neither id nor name",           "CreatePolicy",     { policy: { type: "t", rules } },                                          "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["no policy",                     "CreatePolicy",     {},                                                                        "INVALID_ARGUMENT REQUEST_INVALID policy"],
    ["no type",                       "CreatePolicy",     { policy: { id: "n", rules } },                                            "INVALID_ARGUMENT POLICY_INVALID policy.type"],
    ["a misspelt verb",               "CreatePolicy",     { policy: { id: "n", type: "t", rules: [{ action: "deny" }, { action: "deny" }, { action: "dney" }] } }, "INVALID_ARGUMENT POLICY_INVALID policy.rules[2].action"],
    ["a bad address",                 "CreatePolicy",     { policy: { id: "n", type: "t", rules: [{ action: "deny", match: struct({ src_ip: "x" }) }] } },        "INVALID_ARGUMENT POLICY_INVALID policy.rules[0].match.src_ip"],
    ["a number that is none",         "CreatePolicy",     { policy: { id: "n", type: "t", rules: [{ action: "deny", match: struct({ x: NaN }) }] } },             "INVALID_ARGUMENT POLICY_INVALID policy.rules[0].match.x"],
    ["updating nobody",               "UpdatePolicy",     { policy: { id: "../x" } },                                                "NOT_FOUND POLICY_NOT_FOUND"],
    ["a stale etag",                  "UpdatePolicy",     { policy: { id: "net", etag: "old" } },                                    "ABORTED ETAG_MISMATCH"],
    ["a mask with an unknown path",   "UpdatePolicy",     { policy: { id: "net" }, update_mask: { paths: ["colour"] } },             "INVALID_ARGUMENT REQUEST_INVALID update_mask"],
    ["a mask into the rules",         "UpdatePolicy",     { policy: { id: "net" }, update_mask: { paths: ["rules.action"] } },       "INVALID_ARGUMENT REQUEST_INVALID update_mask"],
    ["deleting nobody",               "DeletePolicy",     { policy_id: "nobody" },                                                   "NOT_FOUND POLICY_NOT_FOUND"],
    ["deleting by a stale etag",      "DeletePolicy",     { policy_id: "net", etag: "old" },                                         "ABORTED ETAG_MISMATCH"],
    ["disabling by a stale etag",     "DisablePolicy",    { policy_id: "net", etag: "old" },                                         "ABORTED ETAG_MISMATCH"],
    ["an unknown version",            "RollbackPolicies", { policy_version: 77 },                                                    "NOT_FOUND POLICY_VERSION_NOT_FOUND"],
    ["a diff with an unknown one",    "DiffPolicyVersions", { from_version: 3, to_version: 9 },                                      "NOT_FOUND POLICY_VERSION_NOT_FOUND"],
    ["a diff from nothing",           "DiffPolicyVersions", {},                                                                      "INVALID_ARGUMENT REQUEST_INVALID from_version"],
    ["a diff to nothing",             "DiffPolicyVersions", { from_version: 3 },                                                     "INVALID_ARGUMENT REQUEST_INVALID to_version"],
    ["the content of version 0",      "GetPolicyVersion",   { policy_version: 0 },                                                   "INVALID_ARGUMENT REQUEST_INVALID policy_version"],
    ["a policy of version -1",        "GetPolicy",          { policy_id: "net", policy_version: -1 },                                "INVALID_ARGUMENT REQUEST_INVALID policy_version"],
    ["a rollback to version 0",       "RollbackPolicies",   {},                                                                      "INVALID_ARGUMENT REQUEST_INVALID policy_version"],
    ["a policy without an id",        "GetPolicy",          {},                                                                      "INVALID_ARGUMENT REQUEST_INVALID policy_id"],
    ["updating one without an id",    "UpdatePolicy",       { policy: { priority: 1 } },                                             "INVALID_ARGUMENT REQUEST_INVALID policy.id"],
    ["deleting nothing",              "DeletePolicy",       {},                                                                      "INVALID_ARGUMENT REQUEST_INVALID policy_id"],
    ["a foreign page token",          "ListPolicyVersions", { page_token: "x" },                                                     "INVALID_ARGUMENT REQUEST_INVALID page_token"],
    ["a reason too long",             "RollbackPolicies", { policy_version: 3, reason: "x".repeat(1001) },                           "INVALID_ARGUMENT REQUEST_INVALID x-change-reason"],
  ])("%s", async (_says, method, request, expected) => {
    const before = readFileSync(engine.policyFile, "utf8");
    expect(await failure(method, request)).toBe(expected);
    expect(readFileSync(engine.policyFile, "utf8")).toBe(before);
    expect(engine.status().policyVersion).toBe(3);
  });

  it("a change over an edit that is broken, until it is discarded", async () => {
    const good = readFileSync(engine.policyFile, "utf8");
    writeFileSync(engine.policyFile, '{"policies": ');
    const change = { policy_id: "net" };
    expect(await failure("DisablePolicy", change)).toBe("ABORTED FILE_CHANGED_ON_DISK");
    expect(await failure("ReloadPolicies", {})).toMatch(/^FAILED_PRECONDITION POLICY_INVALID/);
    const reload = { discard_file_changes: true };
    expect(await call("ReloadPolicies", reload)).toEqual({ policy_version: "3" });
    expect(readFileSync(engine.policyFile, "utf8")).toBe(good);
    await call("DisablePolicy", change);
  });

  it("no large policy: 10,000 rules in 1 MB", async () => {
    const many = [...Array(10_000).keys()].map((index) => ({
      action: "deny",
      match: struct({ dst_port: 1 + (index % 60_000), description: "x".repeat(40) }),
    }));
    const policy = await policyOf("CreatePolicy", {
      policy: { id: "large", type: "t", rules: many },
    });
    expect(policy["rules"]).toHaveLength(10_000);
  }, 60_000);
});

describe("versions", () => {
  beforeEach(async () => {
    await call("CreatePolicy", { policy: { name: "Ünïque (v2)", type: "t", rules: [DENY_ALL] } });
    await call("DeletePolicy", { policy_id: "qos" });
    const rules = [DENY_ALL, { id: "no-telnet", action: "deny", match: struct({ dst_port: 24 }) }];
    await call("UpdatePolicy", { policy: { id: "net", rules }, update_mask: { paths: ["rules"] } });
  });

  it("are listed in pages, newest first, whatever comes meanwhile", async () => {
    const first = await call("ListPolicyVersions", { page_size: 2 });
    await call("DisablePolicy", { policy_id: "net" });
    const page_token = first["next_page_token"];
    const second = await call("ListPolicyVersions", { page_size: 2, page_token });
    const numbers = [first, second].flatMap((page) =>
      (page["versions"] as Message[]).map((version) => version["policy_version"]),
    );
    expect(numbers).toEqual(["6", "5", "4", "3"]);
    expect(second).not.toHaveProperty("next_page_token");
  });

  it("have the policies they had", async () => {
    const { version } = await call("GetPolicyVersion", { policy_version: 4 });
    const policies = (version as { policies: Message[] }).policies;
    expect(policies.map(({ id }) => id)).toEqual(["net", "qos", "rounds", "unique-v2"]);
    expect(await policyOf("GetPolicy", { policy_id: "qos", policy_version: 4 })).toMatchObject({
      id: "qos",
      policy_version: "4",
    });
    expect(await failure("GetPolicy", { policy_id: "qos", policy_version: 5 })).toBe(
      "NOT_FOUND POLICY_NOT_FOUND",
    );
  });

  it("differ policy by policy, rule by rule, field by field", async () => {
    const diff = await call("DiffPolicyVersions", { from_version: 3, to_version: 6 });
    const changes = diff["changes"] as { policy_id: string; kind: string; fields?: Message[] }[];
    expect(changes.map(({ policy_id: id, kind }) => `${id} ${kind}`)).toEqual([
      "net POLICY_CHANGE_KIND_CHANGED",
      "qos POLICY_CHANGE_KIND_REMOVED",
      "unique-v2 POLICY_CHANGE_KIND_ADDED",
    ]);
    expect(
      changes[0]?.fields?.map(({ path, rule_id: rule }) => `${String(path)} ${String(rule)}`),
    ).toEqual(["rules[0] clients-to-server", "rules[0] 0", "rules[1].match.dst_port no-telnet"]);
    expect(diff["unified_text"]).toContain('-        "dst_port": 23\n+        "dst_port": 24\n');
  });

  it("come back as new versions, with their content", async () => {
    const rolled = await call("RollbackPolicies", { policy_version: 3, reason: "it was better" });
    expect(rolled).toEqual({ policy_version: "7" });
    expect((await versions())[0]).toMatchObject({
      policy_version: "7",
      reason: "it was better",
      source: "POLICY_VERSION_SOURCE_ROLLBACK",
    });
    const diff = await call("DiffPolicyVersions", { from_version: 3, to_version: 7 });
    expect(diff).toEqual({});
    expect((await eventTypes()).at(-1)).toBe("POLICY_ROLLED_BACK");
  });
});
