import { describe } from "vitest";
import { withRules } from "../../support/policy-texts.js";
import { refuses } from "../../support/refuses.js";

const rule = (members: string, type?: string): string =>
  withRules(`\n  {"action": "deny", "match": {"operation": "x"}, ${members}}`, type);
const match = (members: string, type?: string): string =>
  withRules(`{"action": "deny",\n  "match": {${members}}}`, type);
const MATCH = "policies.p.rules[0].match";

describe("a rule with a problem is refused", () => {
  refuses([
    [
      "a misspelt verb",
      withRules('{"action": ▶"dney"}'),
      "policies.p.rules[0].action",
      'unknown verb "dney"',
      "write `deny`",
    ],
    [
      "a verb with a blank",
      withRules('{"action": ▶" deny"}'),
      "policies.p.rules[0].action",
      "unknown verb",
      "write `deny`",
    ],
    [
      "a verb with a letter of another alphabet",
      withRules('{"action": ▶"d\u0435ny"}'),
      "policies.p.rules[0].action",
      "which has the character U+0435",
      "write `deny`",
    ],
    [
      "a verb with a Kelvin sign, whose lower case is a plain k",
      withRules('{"action": ▶"bloc\u212a"}'),
      "policies.p.rules[0].action",
      "which has the character U+212A",
      "write `block`",
    ],
    [
      "a verb with a long s, whose upper case is a plain S",
      withRules('{"action": ▶"\u017fuspend"}'),
      "policies.p.rules[0].action",
      "unknown verb",
      "write `suspend`",
    ],
    [
      "a verb with a ligature",
      withRules('{"action": ▶"\ufb01lter"}'),
      "policies.p.rules[0].action",
      "unknown verb",
      "write `filter`",
    ],
    [
      "a verb with a dotless i",
      withRules('{"action": ▶"perm\u0131t"}'),
      "policies.p.rules[0].action",
      "unknown verb",
      "write `permit`",
    ],
    [
      "a protocol with a letter that is not of ASCII",
      match('"protocol": ▶"\u0131cmp"', "network_security"),
      `${MATCH}.protocol`,
      "is not a protocol",
    ],
    [
      "a severity with a dotless i",
      rule('"severity": ▶"cr\u0131tical"'),
      "policies.p.rules[0].severity",
      "must be low, medium, high, critical",
    ],
    [
      "a verb far from all",
      withRules('{"action": ▶"zzzzzzzz"}'),
      "policies.p.rules[0].action",
      "unknown verb",
      "write `allow`, `deny`",
    ],
    ["a blank verb", withRules('{"action": ▶""}'), "policies.p.rules[0].action", "blank", "`deny`"],
    [
      "no verb",
      withRules('▶{"match": {"a": 1}}'),
      "policies.p.rules[0].action",
      "`action` is missing: write `allow`, `deny`",
    ],
    [
      "a verb that is null",
      withRules('{"action": ▶null}'),
      "policies.p.rules[0].action",
      "must be text, got null",
    ],
    [
      "a rule that is a text",
      withRules('▶"deny"'),
      "policies.p.rules[0]",
      'must be an object, got "deny"',
    ],
    [
      "an unknown key, which could make it unconditional",
      rule('▶"condtion": "a"'),
      "policies.p.rules[0].condtion",
      "unknown key `condtion`",
      "write `condition`",
    ],
    ["the key __proto__", rule('▶"__proto__": {}'), "policies.p.rules[0].__proto__", "unknown key"],
    [
      "rule_id that differs from id",
      rule('"id": "a", "rule_id": ▶"b"'),
      "policies.p.rules[0].rule_id",
      "`rule_id` is `b` and `id` is `a`",
      "keep `id`",
    ],
    ["an id that is a number", rule('"id": ▶7'), "policies.p.rules[0].id", "must be text, got 7"],
    ["a blank id", rule('"id": ▶""'), "policies.p.rules[0].id", "1 to 128 characters"],
    [
      "a rule id twice",
      withRules('{"id": "a", "action": "log"}, ▶{"id": "a", "action": "log"}'),
      "policies.p.rules[1]",
      "the rule id `a` is that of rule 0",
    ],
    [
      "a rule id that is the position of another rule",
      withRules('{"id": "1", "action": "log"}, ▶{"action": "log"}'),
      "policies.p.rules[1]",
      "the rule id `1` is that of rule 0",
    ],
    [
      "an unknown severity",
      rule('"severity": ▶"urgent"'),
      "policies.p.rules[0].severity",
      "low, medium, high, critical",
    ],
    ["enabled that is 0", rule('"enabled": ▶0'), "policies.p.rules[0].enabled", "true or false"],
    [
      "a negative timeout",
      rule('"idle_timeout": ▶-1'),
      "policies.p.rules[0].idle_timeout",
      "at least 0, got -1",
    ],
    [
      "parameters that are a list",
      rule('"parameters": ▶[]'),
      "policies.p.rules[0].parameters",
      "must be an object",
    ],
    [
      "match that is a list",
      withRules('{"action": "deny", "match": ▶[]}'),
      MATCH,
      "must be an object",
    ],
    [
      "a problem in a disabled rule",
      rule('"enabled": false, "severity": ▶"x"'),
      "policies.p.rules[0].severity",
      "must be",
    ],
  ]);
});

describe("a match with a problem is refused", () => {
  refuses([
    ["a null value", match('"operation": ▶null'), `${MATCH}.operation`, "`operation`: "],
    ["an object", match('"operation": ▶{"a": 1}'), `${MATCH}.operation`, "`operation`: "],
    ["a comparison operator", match('"score": ▶"> 0.7"'), `${MATCH}.score`, "condition"],
    ["an operator inside a list", match('"score": ▶["a", "<=1"]'), `${MATCH}.score`, "condition"],
    ["an empty list", match('"operation": ▶[]'), `${MATCH}.operation`, "matches nothing"],
    ["a bad CIDR", match('"src_ip": ▶"10.0.0.0/33"'), `${MATCH}.src_ip`, "10.0.0.0/33"],
    ["an octal address", match('"dst_ip": ▶"010.0.0.1"'), `${MATCH}.dst_ip`, "010.0.0.1"],
    ["port 0", match('"dst_port": ▶0'), `${MATCH}.dst_port`, "0"],
    ["port 65536", match('"dst_port": ▶65536'), `${MATCH}.dst_port`, "65536"],
    ["a reversed port range", match('"src_port": ▶"20-10"'), `${MATCH}.src_port`, "20-10"],
    [
      "a reversed address range",
      match('"src_ip_range": ▶"10.0.0.9-10.0.0.1"'),
      `${MATCH}.src_ip_range`,
      "10.0.0.9",
    ],
    [
      "an alias together with its name",
      match('"src_ip": "10.0.0.1", ▶"source_ip": "10.0.0.1"'),
      `${MATCH}.source_ip`,
      "`src_ip` and `source_ip` are two names of one field",
      "keep `src_ip`",
    ],
    [
      "two aliases of one name",
      match('"source_ip": "10.0.0.1", ▶"ipv4_src": "10.0.0.1"'),
      `${MATCH}.ipv4_src`,
      "two names of one field",
    ],
    [
      "a problem under an alias",
      match('"destination_port": ▶"http"'),
      `${MATCH}.destination_port`,
      "`destination_port`: ",
    ],
  ]);
});

describe("a condition with a problem is refused", () => {
  refuses([
    [
      "one that does not compile, with the character",
      rule('"condition": ▶"a == 1 && )"'),
      "policies.p.rules[0].condition",
      "at character 11: ",
    ],
    ["one inside match", match('"condition": ▶"a >"'), `${MATCH}.condition`, "at character "],
    [
      "the second of two",
      rule('"condition": ▶"matches(a, b)"').replace('{"operation": "x"}', '{"condition": "a > 1"}'),
      "policies.p.rules[0].condition",
      "at character 1: ",
    ],
    ["a blank one", rule('"condition": ▶"  "'), "policies.p.rules[0].condition", "blank", "leave"],
    ["a blank one in match", match('"condition": ▶""'), `${MATCH}.condition`, "blank"],
    ["null", rule('"condition": ▶null'), "policies.p.rules[0].condition", "must be text"],
    ["null in match", match('"condition": ▶null'), `${MATCH}.condition`, "must be text"],
    [
      "a parameter it reads is null",
      rule('"condition": "a > limit", "parameters": {"limit": ▶null}'),
      "policies.p.rules[0].parameters.limit",
      "the parameter `limit` is null, and the condition reads it",
    ],
    [
      "a nested parameter it reads is null",
      rule('"condition": "a > cpu.limit", "parameters": {"cpu": {"limit": ▶null}}'),
      "policies.p.rules[0].parameters.cpu.limit",
      "null",
    ],
  ]);
});
