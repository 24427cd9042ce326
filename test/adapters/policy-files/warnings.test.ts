import { describe, expect, it } from "vitest";
import { readTexts, setOf, withRules } from "../../support/policy-texts.js";

type Row = [warned: string, file: string, path: string, message: string, suggestion?: string];

const R = '"rules": []';
const net = (match: string): string =>
  withRules(`{"action": "allow", "match": {${match}}}`, "network_security");

describe("what is legal and probably not meant is a warning", () => {
  it.each<Row>([
    [
      "a rule without match",
      withRules('{"action": "deny"}'),
      "policies.p.rules[0]",
      "every request",
    ],
    [
      "an empty match",
      withRules('{"action": "deny", "match": {}}'),
      "policies.p.rules[0]",
      "every",
    ],
    [
      "an unknown key of a policy",
      `{"policies": {"p": {"type": "t", "priorty": 1, ${R}}}}`,
      "policies.p.priorty",
      "unknown key `priorty` of a policy",
      "write `priority`",
    ],
    [
      "a reserved id, as a key",
      `{"policies": {"validate": {"type": "t", ${R}}}}`,
      "policies.validate",
      "the id `validate` is reserved",
      "rename the policy",
    ],
    [
      "a reserved id in a list",
      `{"policies": [{"id": "templates", "type": "t", ${R}}]}`,
      "policies[0]",
      "the id `templates` is reserved",
    ],
    ["an unknown key of the file", '{"policies": {}, "deletd": []}', "deletd", "kept", "`deleted`"],
    [
      "default_effect PERMIT in network_security",
      `{"policies": {"p": {"type": "network_security", "default_effect": "PERMIT", ${R}}}}`,
      "policies.p.default_effect",
      "means nothing",
    ],
    [
      "default_effect PERMIT beside a policy that says DENY",
      `{"policies": {"p": {"type": "t", "default_effect": "PERMIT", ${R}},
                     "q": {"type": "t", "default_effect": "DENY", ${R}}}}`,
      "policies.p.default_effect",
      "another policy of `t` says DENY",
    ],
    [
      "host bits in a CIDR",
      net('"src_ip": "10.0.0.7/24"'),
      "policies.p.rules[0].match.src_ip",
      "10.0.0",
    ],
    [
      "a key that a connection does not have",
      net('"dst_prt": 80'),
      "policies.p.rules[0].match.dst_prt",
      "a connection has no `dst_prt`",
      "write `dst_port`",
    ],
    [
      "a name that is a parameter of another rule only",
      withRules(`{"action": "deny", "condition": "a > limit"},
                 {"action": "deny", "condition": "b > limit", "parameters": {"limit": 1}}`),
      "policies.p.rules[0]",
      "`limit`, which is a parameter of rule 1",
      "copy `limit`",
    ],
    [
      "an integer that loses digits",
      withRules('{"action": "log", "match": {"n": 9007199254740993}}'),
      "policies.p.rules[0].match.n",
      "`9007199254740993` loses digits",
      "text",
    ],
    [
      "deleting what no default has",
      '{"policies": {}, "deleted": ["nobody"]}',
      "deleted[0]",
      "no default policy has the id `nobody`",
    ],
  ])("%s", (_warned, file, path, message, suggestion = "") => {
    const { issues } = setOf(readTexts(file));
    expect(issues.map((issue) => [issue.severity, issue.path])).toEqual([["warning", path]]);
    expect(issues.map((issue) => issue.message).join()).toContain(message);
    expect(issues.map((issue) => issue.suggestion).join()).toContain(suggestion);
  });

  it.each<[fine: string, file: string]>([
    [
      "a wildcard says that every request is meant",
      withRules('{"action": "deny", "match": {"a": "any"}}'),
    ],
    ["a condition without a match", withRules('{"action": "deny", "condition": "a > 1"}')],
    ["a CIDR without host bits", net('"src_ip": "10.0.0.0/24"')],
    [
      "every field of a connection, and its aliases",
      net('"ipv4_src": "10.0.0.1", "client_id": "c"'),
    ],
    ["what the engine adds", net('"engine.hour": 3')],
    ["any key outside network_security", withRules('{"action": "deny", "match": {"dst_prt": 1}}')],
    [
      "default_effect PERMIT where it is so anyway",
      `{"policies": {"p": {"type": "t", "default_effect": "PERMIT", ${R}}}}`,
    ],
    [
      "bookkeeping of the dashboard and of editors",
      `{"$schema": "x", "version": 2, "updated_at": 1.5, "history": [], "policies":
        {"p": {"type": "t", "created_at": 1, "updated_at": 1, "version": 3, ${R}}}}`,
    ],
    [
      "2^53 and a long fraction",
      withRules('{"action": "log", "match": {"a": [9007199254740992, 0.1]}}'),
    ],
  ])("no warning: %s", (_fine, file) => {
    expect(setOf(readTexts(file)).issues).toEqual([]);
  });
});
