import { describe, expect, it } from "vitest";
import { LINT_CHECKS } from "../../../src/core/lint/lint-checks.js";
import { deny, issuesIn, net, policies, policy, training } from "../../support/lint-texts.js";
import { withRules } from "../../support/policy-texts.js";
import { type Row, TRUST_FOUND } from "./trust-findings.js";
import { VALUES_FOUND } from "./value-findings.js";

const R0 = "policies.p.rules[0]";
const R1 = "policies.p.rules[1]";

const FOUND: Row[] = [
  [
    "never-matches",
    "an address outside the range beside it",
    net(
      '{"action": "allow", "match": {"src_ip": "10.0.0.1", "src_ip_range": "10.0.1.1-10.0.1.9"}}',
    ),
    `${R0}.match.src_ip_range`,
    "keep one",
  ],
  [
    "never-matches",
    "ports that exclude each other, under an alias",
    net('{"action": "allow", "match": {"destination_port": 80, "dst_port_range": "81-90"}}'),
    `${R0}.match.dst_port_range`,
    "keep one",
  ],
  [
    "condition-never-true",
    "a name below a number and above a higher one",
    deny("current_hour >= 22 AND current_hour <= 6"),
    `${R0}.condition`,
    "mend",
  ],
  [
    "condition-never-true",
    "a threshold that is a word",
    deny("score > limit", ', "parameters": {"limit": "high"}'),
    `${R0}.condition`,
    "mend",
  ],
  ["condition-never-true", "two texts in an order", deny("'a' < 'b'"), `${R0}.condition`, "mend"],
  [
    "condition-never-true",
    "one attribute equal to two values",
    deny("role == 'a' && role == 'b'"),
    `${R0}.condition`,
    "mend",
  ],
  [
    "condition-never-true",
    "membership of what is no list",
    deny("role in limit", ', "parameters": {"limit": 3}'),
    `${R0}.condition`,
    "mend",
  ],
  ["condition-always-true", "a constant", deny("1 < 2"), `${R0}.condition`, "leave it out"],
  [
    "text-threshold",
    "a number in quotes",
    deny("score > limit", ', "parameters": {"limit": "0.7"}'),
    `${R0}.parameters.limit`,
    "write the number 0.7",
  ],
  [
    "shadowed-rule",
    "a narrower target after a wider one",
    net(`{"action": "allow", "match": {"src_ip": "10.0.0.0/8", "protocol": "tcp"}},
         {"action": "deny", "match": {"src_ip": "10.1.0.0/16", "protocol": "TCP", "dst_port": 22}}`),
    R1,
    "move it before",
  ],
  [
    "shadowed-rule",
    "a rule that only records, after one that decides",
    net(`{"action": "deny", "match": {"dst_port": "1-100"}},
         {"action": "log", "match": {"dst_port": 22}}`),
    R1,
    "move it before",
  ],
  [
    "shadowed-rule",
    "a policy of lower priority",
    policies(
      policy("a", 5, '{"action": "deny", "match": {"src_type": "fl-client"}}'),
      policy("p", 1, '{"action": "allow", "match": {"src_type": "fl-client", "dst_port": 80}}'),
    ),
    R0,
    "move it before",
  ],
  [
    "shadowed-rule",
    "a first-applicable policy of another type",
    `{"policies": {"p": {"type": "fl_security", "combining": "FIRST_APPLICABLE", "rules": [
      {"action": "allow", "match": {"operation": ["a", "b"]}},
      {"action": "deny", "match": {"operation": "a"}}]}}}`,
    R1,
    "narrow the other",
  ],
  [
    "equal-priority",
    "an allow and a deny of two policies",
    policies(
      policy("a", 1, '{"action": "deny", "match": {"dst_port": "1-100"}}'),
      policy("p", 1, '{"action": "allow", "match": {"dst_port": 80}}'),
    ),
    R0,
    "higher priority",
  ],
  [
    "equal-priority",
    "an allow that a deny covers, in a type where priorities do not count",
    policies(
      policy("a", 0, '{"action": "deny", "match": {"operation": "train"}}', "fl_security"),
      policy("p", 0, '{"action": "allow", "match": {"operation": "train"}}', "fl_security"),
    ),
    R0,
    "higher priority",
  ],
  [
    "unreachable-deny",
    "a component type that nobody has",
    net('{"action": "deny", "match": {"src_type": "fl_client"}}'),
    `${R0}.match.src_type`,
    "write `fl-client`",
  ],
  [
    "unreachable-deny",
    "an operation that nobody asks for",
    training('{"action": "deny", "match": {"operation": "model_trainin"}}'),
    `${R0}.match.operation`,
    "write `model_training`",
  ],
  [
    "unreachable-deny",
    "an attribute that nobody sends",
    training('{"action": "deny", "match": {"cpu_usag": 3}}'),
    `${R0}.match.cpu_usag`,
    "write `cpu_usage`",
  ],
  [
    "unknown-component",
    "a component type in a rule that allows",
    net('{"action": "allow", "match": {"dst_type": "fl_server"}}'),
    `${R0}.match.dst_type`,
    "write `fl-server`",
  ],
  [
    "unsent-attribute",
    "a name that a condition waits for",
    training('{"action": "configure", "condition": "model_sizes > 500"}'),
    `${R0}.condition`,
    "`model_size`",
  ],
  ...TRUST_FOUND,
  [
    "unquoted-text",
    "a word that nobody knows",
    deny("status == active"),
    `${R0}.condition`,
    "write 'active'",
  ],
  [
    "unquoted-text",
    "a literal in upper case",
    deny("flag == TRUE"),
    `${R0}.condition`,
    "write `true`",
  ],
  [
    "protocol-case",
    "a protocol in a condition, under match",
    net('{"action": "deny", "match": {"condition": "protocol in [\'TCP\', \'UDP\']"}}'),
    `${R0}.match.condition`,
    "in `match`",
  ],
  ...VALUES_FOUND,
  [
    "dead-wildcard",
    "a pattern",
    withRules('{"action": "deny", "match": {"client_id": "edge-*"}}'),
    `${R0}.match.client_id`,
    "startsWith",
  ],
  [
    "dead-wildcard",
    "a word that is no wildcard",
    withRules('{"action": "deny", "match": {"operation": "ALL"}}'),
    `${R0}.match.operation`,
    'write "any"',
  ],
  [
    "dead-wildcard",
    "a wildcard in a list",
    net('{"action": "allow", "match": {"dst_type": ["fl-server", "any"], "dst_port": 1}}'),
    `${R0}.match.dst_type`,
    "remove the wildcard",
  ],
  [
    "shadowing-parameter",
    "a parameter with the name of a field",
    withRules(
      '{"action": "configure", "match": {"operation": "a"}, "parameters": {"operation": 1}}',
    ),
    `${R0}.parameters.operation`,
    "rename",
  ],
  [
    "deceptive-name",
    "a Cyrillic letter in a policy type",
    withRules('{"action": "deny", "match": {"operation": "a"}}', "fl_se\u0441urity"),
    "policies.p.type",
    'write "fl_security"',
  ],
  [
    "deceptive-name",
    "a dash that is none, in a component type",
    net('{"action": "allow", "match": {"src_type": "fl\u2010server"}}'),
    `${R0}.match.src_type`,
    'write "fl-server"',
  ],
  [
    "deceptive-name",
    "an invisible character in a key",
    withRules('{"action": "deny", "match": {"oper\u200bation": "a"}}'),
    `${R0}.match["oper\u200bation"]`,
    'write "operation"',
  ],
  [
    "misspelt-parameter",
    "a letter too many in a condition",
    deny("load > maxx", ', "parameters": {"max": 5}'),
    `${R0}.condition`,
    "write `max`",
  ],
  [
    "misspelt-type",
    "a dash in a type that the engine knows",
    withRules('{"action": "deny", "match": {"operation": "a"}}', "Network-Security"),
    "policies.p.type",
    "write `network_security`",
  ],
  [
    "misspelt-type",
    "a capital in a type that clients ask for",
    withRules('{"action": "allow", "match": {"operation": "a"}}', "FL_client_training"),
    "policies.p.type",
    "write `fl_client_training`",
  ],
  [
    "misspelt-type",
    "two spellings in one set",
    policies(
      policy("a", 1, '{"action": "deny", "match": {"x": 1}}', "my_type"),
      policy("b", 1, '{"action": "deny", "match": {"x": 1}}', "My_Type"),
    ),
    "policies.b.type",
    "write `my_type`",
  ],
];

describe("what is legal and probably not meant is found, at its place", () => {
  it.each(FOUND)("%s: %s", async (check, _says, file, path, suggestion) => {
    const found = (await issuesIn(file)).filter((issue) => issue.check === check);
    expect(found.map((issue) => issue.path)).toEqual([path]);
    expect(found[0]?.suggestion).toContain(suggestion);
    expect(found[0]?.line).toBeGreaterThan(0);
  });

  it.each(LINT_CHECKS)("the table says of $id what it finds and what mends it", (check) => {
    expect(check.says).toMatch(/\w+ \w+/);
    expect(check.fix).toMatch(/\w+ \w+/);
    expect(["warning", "info"]).toContain(check.severity);
  });

  it("each check of the table is among these", () => {
    const shown = new Set(FOUND.map(([check]) => check));
    expect(LINT_CHECKS.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });
});
