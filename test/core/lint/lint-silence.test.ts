import { describe, expect, it } from "vitest";
import { deny, issuesIn, net, policies, policy } from "../../support/lint-texts.js";
import { withRules } from "../../support/policy-texts.js";

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
    [
      "protocols that are known, in any case, and their numbers",
      net('{"action": "deny", "match": {"protocol": ["TCP", "arp", 132, "17"], "dst_port": 1}}'),
    ],
    [
      "an address in a condition about connections",
      net('{"action": "deny", "condition": "src_ip in [\'10.0.0.1\', \'2001:db8::1\']"}'),
    ],
    [
      "a network in a condition about something else",
      withRules('{"action": "deny", "condition": "src_ip == \'10.0.0.0/8\'"}'),
    ],
    [
      "an attribute of the caller's own, in a condition about connections",
      net(
        '{"action": "deny", "condition": "tenant == \'x\' && dst_host == \'y\' && client_id != \'y\'"}',
      ),
    ],
    ["the words of the engine", deny("client.trust_state in ['ACTIVE', 'EXCLUDED']")],
    ["a range over midnight", deny("current_hour >= 22 OR current_hour <= 6")],
    ["bounds that meet in one value", deny("a >= 3 && a <= 3")],
    ["a dotted name of the trust model", deny("client.factors.update_quality.lower < 0.3")],
    ["a comparison of two attributes that a match names", deny("client_id != src_type")],
    ["a text with a letter of its own language", deny("city == 'Zürich'")],
    [
      "a parameter that is returned, beside an attribute of a like name",
      withRules('{"action": "throttle", "condition": "rates > 5", "parameters": {"rate": 5}}'),
    ],
    [
      "a parameter that is read, beside an attribute of a like name",
      deny("rates > rate", ', "parameters": {"rate": 5}'),
    ],
    [
      "an attribute that clients send, beside a parameter of a like name",
      deny("src_port > 5", ', "parameters": {"dst_port": 5}'),
    ],
    ["a parameter that is like nothing", deny("load > 5", ', "parameters": {"total_rounds": 5}')],
    [
      "every parameter that moves states",
      withRules(
        `{"action": "exclude_client", "condition": "client.trust_score < exit",
          "parameters": {"exit": 0.4, "rounds_in": 1, "rounds_out": 1, "dwell": 0}},
         {"action": "weight_reduction", "condition": "client.trust_score < 0.6",
          "parameters": {"exit": 0.7, "rounds_in": 1, "rounds_out": 1, "weight_multiplier": 0}}`,
        "security",
      ),
    ],
    [
      "parameters of a trust verb in a type that knows no trust",
      withRules(
        '{"action": "weight_reduction", "match": {"a": 1}, "parameters": {"exit": "x", "dwell": 1}}',
      ),
    ],
    ["a type of one's own", withRules('{"action": "deny", "match": {"a": 1}}', "My-Type")],
    ["a type of another alphabet", withRules('{"action": "deny", "match": {"a": 1}}', "сеть")],
    [
      "an operation that a type without a list has",
      withRules('{"action": "deny", "match": {"operation": "anything"}}'),
    ],
  ])("%s", async (_fine, file) => {
    expect(await issuesIn(file)).toEqual([]);
  });
});
