import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createPolicyReader } from "../../src/adapters/policy-files/policy-reader.js";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import { createPolicyValidation } from "../../src/application/validate-policies.js";
import { FLOPYNET_CLIENTS } from "../../src/core/lint/known-clients.js";
import { LINT_CHECKS } from "../../src/core/lint/lint-checks.js";
import { withRules } from "../support/policy-texts.js";

const validation = createPolicyValidation({
  reader: createPolicyReader({ conditionCompiler: createConditionCompiler() }),
  clients: FLOPYNET_CLIENTS,
});

const issuesIn = (document: string): Promise<readonly PolicyIssue[]> =>
  validation.validateTexts({ main: { name: "policies.json", text: document } });

type Row = [check: string, says: string, file: string, path: string, suggestion: string];

const net = (rules: string): string => withRules(rules, "network_security");
const training = (rules: string): string => withRules(rules, "fl_client_training");
const deny = (condition: string, more = ""): string =>
  withRules(`{"action": "deny", "condition": ${JSON.stringify(condition)}${more}}`);
const R0 = "policies.p.rules[0]";
const R1 = "policies.p.rules[1]";

const policies = (...all: string[]): string => `{"policies": {${all.join(", ")}}}`;
const policy = (id: string, priority: number, rule: string, type = "network_security"): string =>
  `"${id}": {"type": "${type}", "priority": ${priority}, "rules": [${rule}]}`;

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
  [
    "unknown-client-name",
    "in a condition",
    deny("client.trust_scor < 0.3"),
    `${R0}.condition`,
    "write `client.trust_score`",
  ],
  [
    "unknown-client-name",
    "in a match",
    withRules('{"action": "deny", "match": {"client.trust_stat": "EXCLUDED"}}'),
    `${R0}.match.client.trust_stat`,
    "write `client.trust_state`",
  ],
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
];

describe("what is legal and probably not meant is found, at its place", () => {
  it.each(FOUND)("%s: %s", async (check, _says, file, path, suggestion) => {
    const found = (await issuesIn(file)).filter((issue) => issue.check === check);
    expect(found.map((issue) => issue.path)).toEqual([path]);
    expect(found[0]?.suggestion).toContain(suggestion);
    expect(found[0]?.line).toBeGreaterThan(0);
  });

  it("each check of the table is among these", () => {
    const shown = new Set(FOUND.map(([check]) => check));
    expect(LINT_CHECKS.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });
});

describe("nothing is said of", () => {
  it.each<[fine: string, file: string]>([
    [
      "a narrower rule before a wider one",
      net(`{"action": "deny", "match": {"dst_port": 22}},
           {"action": "allow", "match": {"dst_port": "1-100"}}`),
    ],
    [
      "a rule after one with a condition",
      net(`{"action": "deny", "match": {"dst_port": 22}, "condition": "client_id == 'x'"},
           {"action": "allow", "match": {"dst_port": 22}}`),
    ],
    [
      "a rule after a disabled one",
      net(`{"action": "deny", "enabled": false, "match": {"dst_port": 22}},
           {"action": "allow", "match": {"dst_port": 22}}`),
    ],
    [
      "an allow and a deny of one deny-overrides policy",
      withRules(`{"action": "allow", "match": {"operation": "a"}},
                 {"action": "deny", "match": {"operation": "a"}, "condition": "load > 1"}`),
    ],
    [
      "opposite rules at different priorities, where the narrower comes first",
      policies(
        policy("a", 2, '{"action": "deny", "match": {"dst_port": 22}}'),
        policy("b", 1, '{"action": "allow", "match": {"dst_port": "1-100"}}'),
      ),
    ],
    [
      "opposite rules that never meet",
      policies(
        policy("a", 1, '{"action": "deny", "match": {"dst_port": 22}}'),
        policy("b", 1, '{"action": "allow", "match": {"dst_port": 23}}'),
      ),
    ],
    ["a range over midnight", deny("current_hour >= 22 OR current_hour <= 6")],
    ["bounds that meet in one value", deny("a >= 3 && a <= 3")],
    ["a dotted name of the trust model", deny("client.factors.update_quality.lower < 0.3")],
    ["a comparison of two attributes that a match names", deny("client_id != src_type")],
    ["a text with a letter of its own language", deny("city == 'Zürich'")],
    ["a type of another alphabet", withRules('{"action": "deny", "match": {"a": 1}}', "сеть")],
    [
      "an operation that a type without a list has",
      withRules('{"action": "deny", "match": {"operation": "anything"}}'),
    ],
  ])("%s", async (_fine, file) => {
    expect(await issuesIn(file)).toEqual([]);
  });
});

describe("content of a request", () => {
  it("is one of the two, and says which field is wrong", async () => {
    const rejected = async (content: Parameters<typeof validation.validate>[0]): Promise<string> =>
      validation.validate(content).then(String, String);
    expect(await rejected({ policies: [], document: "" })).toContain("document or policies must");
    expect(await rejected({ policies: [{}], document: "{}" })).toContain("document must be left");
    const many = Array.from({ length: 1001 }, () => ({}));
    expect(await rejected({ policies: many, document: "" })).toContain("policies must be at most");
  });

  it("that is not JSON is an issue", async () => {
    expect(await validation.validate({ policies: [], document: "deny all" })).toMatchObject([
      { severity: "error", check: "invalid", line: 1, column: 1 },
    ]);
  });

  it("of values has paths and no lines, and a number that is not finite is named", async () => {
    const rules = [{ action: "dney", match: { a: Number.NaN } }];
    const issues = await validation.validate({
      policies: [{ id: "p", type: "t", rules }],
      document: "",
    });
    expect(issues.map(({ path, line }) => [path, line])).toEqual([
      ["policies[0].rules[0].match.a", undefined],
      ["policies[0].rules[0].action", undefined],
      ["policies[0].rules[0].match.a", undefined],
    ]);
  });

  it("is answered with errors first, and with at most 1,000 issues of which the last counts the rest", async () => {
    const rules = Array.from({ length: 1200 }, (_, index) => ({
      action: "deny",
      match: { operation: index === 1100 ? null : "x*" },
    }));
    const issues = await validation.validate({
      policies: [
        { id: "p", type: "t", rules },
        ...[{ id: "q", type: "t", rules: rules.slice(0, 1100) }],
      ],
      document: "",
    });
    expect(issues).toHaveLength(1000);
    expect(issues[0]).toMatchObject({
      severity: "error",
      path: expect.stringContaining("1100") as unknown,
    });
    expect(issues.at(-1)?.message).toMatch(/^102 more issues/);
  });
});

it("rules of one shape cost no square: that some were not compared is said", async () => {
  const rules = Array.from({ length: 5000 }, (_, index) => ({
    action: index % 2 === 0 ? "allow" : "deny",
    match: { dst_port: `${index + 1}-${index + 2}` },
  }));
  const issues = await issuesIn(
    JSON.stringify({ policies: { p: { type: "network_security", rules } } }),
  );
  expect(issues.map(({ check }) => check)).toEqual(["lint-incomplete"]);
});
