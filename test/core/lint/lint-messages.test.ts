import { expect, it } from "vitest";
import { deny, issuesIn, net, policies, policy, training } from "../../support/lint-texts.js";
import { withRules } from "../../support/policy-texts.js";

// prettier-ignore
it.each<[file: string, text: string, said: string[]]>([
  ["ports that exclude each other",
    net('{"action": "allow", "match": {"dst_port": 80, "dst_port_range": "81-90"}}'), [
      "never-matches at policies.p.rules[0].match.dst_port_range: `dst_port` and `dst_port_range` have nothing in common: the rule never matches -> keep one of the two",
    ]],
  ["a wildcard in a list",
    net('{"action": "allow", "match": {"dst_type": ["fl-server", "any"], "dst_port": 1}}'), [
      "dead-wildcard at policies.p.rules[0].match.dst_type: `dst_type` has a wildcard in its list, so it constrains nothing -> remove the wildcard, or the other values",
    ]],
  ["a wildcard alone",
    net('{"action": "allow", "match": {"dst_type": ["any"], "dst_port": 1}}'), []],
  ["a pattern among values",
    withRules('{"action": "deny", "match": {"client_id": ["edge-*", 5, "x", "smallest"]}}'), [
      'dead-wildcard at policies.p.rules[0].match.client_id: "edge-*" is ordinary text and equals only itself: there are no patterns -> list the values, or write startsWith(...) or endsWith(...) in the condition',
    ]],
  ["a word that is no wildcard",
    withRules('{"action": "deny", "match": {"operation": "All"}}'), [
      'dead-wildcard at policies.p.rules[0].match.operation: "All" is ordinary text and equals only itself: it is no wildcard -> write "any" if every value is meant',
    ]],
  ["a protocol with a pattern",
    net('{"action": "allow", "match": {"protocol": "all"}}'), [
      'dead-wildcard at policies.p.rules[0].match.protocol: "all" is ordinary text and equals only itself: it is no wildcard -> write "any" if every value is meant',
    ]],
  ["an address that is no text to look at", net('{"action": "allow", "match": {"src_ip": "10.0.0.1"}}'), []],
  ["a parameter under the name of a field",
    withRules('{"action": "configure", "match": {"operation": "a"}, "parameters": {"operation": 1, "b": 2}}'), [
      "shadowing-parameter at policies.p.rules[0].parameters.operation: the parameter `operation` has the name of an attribute that `match` compares: the condition reads the parameter -> rename the parameter",
    ]],
  ["a Cyrillic letter in a known type",
    withRules('{"action": "deny", "match": {"operation": "a"}}', "\u0441ollector"), [
      'deceptive-name at policies.p.type: "\u0441ollector" has the character U+0441: it is not what it looks like -> write "collector"',
    ]],
  ["a known type of its own in another alphabet",
    policies(policy("p", 1, '{"action": "deny", "match": {"a": 1}}', "t\u0435st"), policy("q", 1, '{"action": "deny", "match": {"a": 1}}', "test")), [
      'deceptive-name at policies.p.type: "t\u0435st" has the character U+0435: it is not what it looks like -> write "test"',
    ]],
  ["a name like that of a parameter",
    deny("load > limt AND limt > base", ', "parameters": {"limit": 5, "base": 1}'), [
      "misspelt-parameter at policies.p.rules[0].condition: the condition reads `limt` from the request, and the parameter `limit` is read by nobody -> write `limit`",
    ]],
  ["a known type in another spelling",
    withRules('{"action": "deny", "match": {"a": 1}}', "Trust-Reputation"), [
      "misspelt-type at policies.p.type: types are compared exactly: who asks for `trust_reputation` is not answered by this policy of `Trust-Reputation` -> write `trust_reputation`",
    ]],
  ["an invisible character in a component",
    net('{"action": "allow", "match": {"src_type": ["fl-client", "fl\u200b-server"]}}'), [
      'unknown-component at policies.p.rules[0].match.src_type: no known component is "fl\u200b-server" -> write `fl-server`',
      'deceptive-name at policies.p.rules[0].match.src_type: "fl\u200b-server" has the character U+200B: it is not what it looks like -> write "fl-server"',
    ]],
  ["an invisible character in another value",
    withRules('{"action": "deny", "match": {"city": "a\u200bb"}}'), []],
  ["letters of another alphabet alone",
    withRules('{"action": "deny", "match": {"a": 1}}', "s\u0435curity"), [
      'deceptive-name at policies.p.type: "s\u0435curity" has the character U+0435: it is not what it looks like -> write "security"',
    ]],
  ["components that nobody has, in a deny rule",
    net('{"action": "deny", "match": {"src_type": ["flclient", "x", "y", "z", "v", "w"]}}'), [
      'unreachable-deny at policies.p.rules[0].match.src_type: no known component is "flclient" or "x" or "y" or "z" or "v" or ...: as far as is known, the rule denies nothing -> write `fl-client`',
    ]],
  ["five components that nobody has",
    net('{"action": "deny", "match": {"dst_type": ["q", "x", "y", "z", "v"]}}'), [
      'unreachable-deny at policies.p.rules[0].match.dst_type: no known component is "q" or "x" or "y" or "z" or "v": as far as is known, the rule denies nothing',
    ]],
  ["one component that somebody has",
    net('{"action": "deny", "match": {"src_type": ["fl-client", "nobody"]}}'), []],
  ["any component",
    net('{"action": "deny", "match": {"src_type": "any", "dst_port": 1}}'), []],
  ["a component type where it is no field of a connection",
    withRules('{"action": "deny", "match": {"src_type": "nobody"}}', "fl_security"), []],
  ["components that nobody has, in an allow rule",
    net('{"action": "allow", "match": {"dst_type": ["fl_server", "fl-client", "q"], "src_type": "any"}}'), [
      'unknown-component at policies.p.rules[0].match.dst_type: no known component is "fl_server" or "q" -> write `fl-server`',
    ]],
  ["an attribute that nobody sends, in a deny rule",
    training('{"action": "deny", "match": {"cpu_usag": 3, "zzzzzz": 1, "memory_usage": 1}}'), [
      "unreachable-deny at policies.p.rules[0].match.cpu_usag: no known client sends `cpu_usag` with `fl_client_training`: as far as is known, the rule denies nothing -> write `cpu_usage`",
      "unreachable-deny at policies.p.rules[0].match.zzzzzz: no known client sends `zzzzzz` with `fl_client_training`: as far as is known, the rule denies nothing",
    ]],
  ["operations that nobody asks for",
    training('{"action": "deny", "match": {"operation": ["model_trainin", "x"]}}'), [
      'unreachable-deny at policies.p.rules[0].match.operation: no known client asks for "model_trainin" or "x": as far as is known, the rule denies nothing -> write `model_training`',
    ]],
  ["one operation that somebody asks for",
    training('{"action": "deny", "match": {"operation": ["model_training", "x"]}}'), []],
  ["an operation that nobody asks for, in an allow rule",
    training('{"action": "allow", "match": {"operation": "x"}}'), []],
  ["an attribute that nobody sends, in an allow rule, twice",
    training('{"action": "allow", "match": {"cpu_usag": 3, "zone": "any"}}, {"action": "allow", "match": {"cpu_usag": 4}, "condition": "zzzzzz > 1"}'), [
      "unsent-attribute at policies.p.rules[0].match.cpu_usag: no known client sends `cpu_usag` with `fl_client_training` -> was `cpu_usage` meant?",
      "unsent-attribute at policies.p.rules[1].condition: no known client sends `zzzzzz` with `fl_client_training`",
    ]],
  ["names of the engine, of trust, and nested ones",
    training('{"action": "configure", "condition": "engine.hour > 8 && client.trust_score > 0.5 && trust_score_change > 0 && config.x.y == 1"}'), []],
  ["a condition that is false",
    deny("1 > 2"), [
      "condition-never-true at policies.p.rules[0].condition: the condition is false on every request -> mend it, or remove the rule",
    ]],
  ["a condition that fails",
    deny("1 < 'a' && true"), [
      "condition-never-true at policies.p.rules[0].condition: the condition fails on every request: cannot order number and text -> mend it, or remove the rule",
    ]],
  ["a condition that is no question",
    deny("size(a) + 1"), [
      "condition-never-true at policies.p.rules[0].condition: the condition fails on every request: the result of `+` is not true or false -> mend it, or remove the rule",
    ]],
  ["a condition that asks the impossible",
    deny("load > 5 && load < 3"), [
      "condition-never-true at policies.p.rules[0].condition: the condition can never be true: no value of `load` is all that is asked of it -> mend it, or remove the rule",
    ]],
  ["a condition that is a constant",
    deny("1 < 2 || a"), [
      "condition-always-true at policies.p.rules[0].condition: the condition is true on every request -> leave it out, or write what was meant",
    ]],
  ["a number in quotes as a literal",
    deny("score > '0.7'"), [
      'text-threshold at policies.p.rules[0].condition: one side of `>` is the text "0.7": it cannot be ordered with text that the request sends -> write the number 0.7',
    ]],
  ["a word as a literal",
    deny("score > 'high'"), [
      'condition-never-true at policies.p.rules[0].condition: the condition fails on every request: the text "high" cannot be ordered -> mend it, or remove the rule',
    ]],
  ["a number in quotes as a parameter",
    deny("score > limit", ', "parameters": {"limit": "0.7"}'), [
      'text-threshold at policies.p.rules[0].parameters.limit: the parameter `limit` of `>` is the text "0.7": it cannot be ordered with text that the request sends -> write the number 0.7',
    ]],
  ["a word as a parameter",
    deny("score >= limit", ', "parameters": {"limit": "high"}'), [
      'condition-never-true at policies.p.rules[0].condition: the condition fails on every request: the text "high" cannot be ordered -> mend it, or remove the rule',
    ]],
  ["an equality with a text", deny("role == '7'"), []],
  ["an address that is a network, and one that is none, in a parameter",
    net('{"action": "deny", "condition": "src_ip in bad || dst_ip != 5", "parameters": {"bad": ["10.0.0.0/8", "10.0.0.1", 7]}}'), [
      'impossible-value at policies.p.rules[0].condition: `src_ip` is one address and never "10.0.0.0/8": a condition knows no networks and no patterns -> compare it in `match`, which knows networks and ranges',
    ]],
  ["a state that is like none",
    deny("client.trust_state == 'bad' || violation.severity == 'none'"), [
      'impossible-value at policies.p.rules[0].condition: `client.trust_state` is never "bad": it is PROBATION, ACTIVE, REDUCED, EXCLUDED',
    ]],
  ["a state that is nearly one",
    deny("'degrade' == policy_engine.status && client.trust_state != 'REDUCED' && client.trust_state != 'PROBATION'"), [
      "impossible-value at policies.p.rules[0].condition: `policy_engine.status` is never \"degrade\": it is healthy, degraded -> write 'degraded'",
    ]],
  ["other comparisons of the same names",
    deny("client.trust_state.startsWith('EX') || has(violation.severity)"), []],
  ["protocols that nobody knows",
    net('{"action": "deny", "match": {"protocol": ["tpc", "wxyzwxyz", "everyone-all", "allow"], "dst_port": 1}}'), [
      'unknown-protocol at policies.p.rules[0].match.protocol: "tpc" is no protocol that is known: it equals only itself -> write "tcp"',
      'unknown-protocol at policies.p.rules[0].match.protocol: "wxyzwxyz" is no protocol that is known: it equals only itself',
      'unknown-protocol at policies.p.rules[0].match.protocol: "everyone-all" is no protocol that is known: it equals only itself',
      'unknown-protocol at policies.p.rules[0].match.protocol: "allow" is no protocol that is known: it equals only itself',
    ]],
  ["a name that is nearly that of an attribute of a connection",
    net('{"action": "deny", "condition": "cleint_id == \'x\' && src_port > 5"}'), [
      "misspelt-attribute at policies.p.rules[0].condition: `cleint_id` is no attribute of a connection: it is absent unless the caller sends it besides -> was `client_id` meant?",
    ]],
  ["the same name where nothing is known of the type",
    deny("cleint_id == 'x'"), []],
  ["a parameter that is nearly called so",
    net('{"action": "deny", "condition": "client_id in cleint_id", "parameters": {"cleint_id": ["x"]}}'), []],
  ["a protocol in a condition",
    net('{"action": "deny", "match": {"condition": "protocol == \'TCP\'"}}'), [
      'protocol-case at policies.p.rules[0].match.condition: a condition sees `protocol` as the caller wrote it, in any case: "TCP" equals only itself -> compare it in `match`, where the case does not count',
    ]],
  ["the other way round",
    net('{"action": "deny", "match": {"condition": "\'tcp\' != protocol"}}'), [
      'protocol-case at policies.p.rules[0].match.condition: a condition sees `protocol` as the caller wrote it, in any case: "tcp" equals only itself -> compare it in `match`, where the case does not count',
    ]],
  ["a protocol in both cases",
    net('{"action": "deny", "match": {"condition": "protocol in [\'tcp\', \'TCP\']"}}'), [
      'protocol-case at policies.p.rules[0].match.condition: a condition sees `protocol` as the caller wrote it, in any case: "tcp" equals only itself -> compare it in `match`, where the case does not count',
    ]],
  ["a protocol as a parameter",
    net('{"action": "deny", "match": {"condition": "protocol == \'TCP\'"}, "parameters": {"protocol": "TCP"}}'), [
      "condition-always-true at policies.p.rules[0].match.condition: the condition is true on every request -> leave it out, or write what was meant",
    ]],
  ["a protocol as a number",
    net('{"action": "deny", "match": {"condition": "protocol == 6"}}'), []],
  ["a name of trust that there is not",
    deny("client.trust_scor < 0.3 || client.zzzzzzzz > 1 || client.factors.loss.x > 1 || client.trust_score.x > 1"), [
      "unknown-client-name at policies.p.rules[0].condition: `client.trust_scor` is no name of a client's trust: it is absent unless the caller sends it -> write `client.trust_score`",
      "unknown-client-name at policies.p.rules[0].condition: `client.zzzzzzzz` is no name of a client's trust: it is absent unless the caller sends it",
      "unknown-client-name at policies.p.rules[0].condition: `client.factors.loss.x` is no name of a client's trust: it is absent unless the caller sends it",
      "unknown-client-name at policies.p.rules[0].condition: `client.trust_score.x` is no name of a client's trust: it is absent unless the caller sends it -> write `client.trust_score`",
    ]],
  ["a name of trust in a match",
    withRules('{"action": "deny", "match": {"client.trust_stat": "EXCLUDED"}}'), [
      "unknown-client-name at policies.p.rules[0].match.client.trust_stat: `client.trust_stat` is no name of a client's trust: it is absent unless the caller sends it -> write `client.trust_state`",
    ]],
  ["a name of violations beside those that there are",
    deny("violation.count > 3 || violation.severity == 'high' || policy_engine.status != 'healthy' || violation.counts > 3"), [
      "unknown-client-name at policies.p.rules[0].condition: `violation.counts` is no name of a client's trust: it is absent unless the caller sends it -> write `violation.count`",
    ]],
  ["parameters of a trust rule that do nothing",
    withRules('{"action": "exclude_client", "condition": "client.trust_upper < limit", "parameters": {"limit": 0.3, "rounds_inn": 3, "weight_multiplier": 0.1, "exit": 0.4, "note": 1}}, {"action": "weight_reduction", "match": {"dst_port": 1}, "parameters": {"rounds_in": 3, "weight_multiplier": 0.1}}', "security"), [
      "idle-trust-parameter at policies.p.rules[0].parameters.rounds_inn: `rounds_inn` is no parameter of `exclude_client`, and does nothing -> write `rounds_in`",
      "idle-trust-parameter at policies.p.rules[0].parameters.weight_multiplier: `weight_multiplier` is a parameter of another trust verb, and does nothing for `exclude_client` -> remove it",
      "idle-trust-parameter at policies.p.rules[0].parameters.exit: `exit` does nothing: the condition is not one comparison of `client.trust_score` with a number -> remove it: the rule is left when its condition does not hold",
      "idle-trust-parameter at policies.p.rules[1].parameters.rounds_in: `rounds_in` does nothing: the rule answers each request by itself, and moves no state -> remove it, or leave out `match` and read nothing but `client.` in the condition",
    ]],
  ["words without quotes",
    deny("status == active || flag == TRUE || flag != False || a == None || b == undefined"), [
      "unquoted-text at policies.p.rules[0].condition: `active` is read as the name of an attribute, and none of that name is known -> write 'active' if the text is meant",
      "unquoted-text at policies.p.rules[0].condition: `TRUE` is read as the name of an attribute, and none of that name is known -> write `true`, or quote the text",
      "unquoted-text at policies.p.rules[0].condition: `False` is read as the name of an attribute, and none of that name is known -> write `false`, or quote the text",
      "unquoted-text at policies.p.rules[0].condition: `None` is read as the name of an attribute, and none of that name is known -> write `null`, or quote the text",
      "unquoted-text at policies.p.rules[0].condition: `undefined` is read as the name of an attribute, and none of that name is known -> write `null`, or quote the text",
    ]],
  ["a word that a match of another rule names",
    withRules('{"action": "deny", "match": {"active": 1}}, {"action": "deny", "condition": "status == active"}'), []],
  ["a word that only another rule has as a parameter",
    withRules('{"action": "deny", "condition": "a > 1", "parameters": {"limit": 1}}, {"action": "deny", "condition": "status == limit"}'), [
      "sibling-parameter at policies.p.rules[1]: the condition reads `limit`, which is a parameter of rule 0 and not of this one: it is read from the request -> copy `limit` into the parameters of this rule",
    ]],
  ["a word that a client sends", deny("status == accuracy"), []],
  ["a dotted word", deny("status == a.b"), []],
  ["a shadowed rule of the same effect",
    net('{"action": "deny", "match": {"dst_port": "1-100"}}, {"action": "deny", "match": {"dst_port": 22}}'), [
      "shadowed-rule at policies.p.rules[1]: never reached: rule `0` (deny) answers every request that this one matches -> remove it, or move it before the other",
    ]],
  ["a rule that a policy of higher priority shadows",
    policies(policy("a", 5, '{"action": "deny", "match": {"dst_port": 1}}'), policy("p", 1, '{"action": "allow", "match": {"dst_port": 1}}')), [
      "shadowed-rule at policies.p.rules[0]: never reached: rule `0` (deny) of policy `a` (a higher priority) answers every request that this one matches -> move it before the other, or narrow the other",
    ]],
  ["a rule of equal priority is not shadowed",
    policies(policy("a", 1, '{"action": "deny", "match": {"dst_port": 1}}'), policy("p", 1, '{"action": "deny", "match": {"dst_port": 1}}')), []],
  ["nor one of another type",
    policies(policy("a", 5, '{"action": "deny", "match": {"a": 1}}', "fl_security"), policy("p", 1, '{"action": "deny", "match": {"a": 1}}', "data_privacy")), []],
  ["opposites of equal priority",
    policies(policy("a", 3, '{"action": "deny", "match": {"dst_port": "1-9"}}, {"action": "deny", "match": {"dst_port": 5}}'), policy("p", 3, '{"action": "allow", "match": {"dst_port": "5-20"}}, {"action": "allow", "match": {"dst_port": 6}}')), [
      "shadowed-rule at policies.a.rules[1]: never reached: rule `0` (deny) answers every request that this one matches -> remove it, or move it before the other",
      "equal-priority at policies.p.rules[0]: rule `0` (deny) of policy `a` says the opposite at the same priority 3: deny wins -> give one of the policies a higher priority, or narrow one of the rules",
      "shadowed-rule at policies.p.rules[1]: never reached: rule `0` (allow) answers every request that this one matches -> remove it, or move it before the other",
    ]],
  ["opposites where the deny has a condition",
    policies(policy("a", 3, '{"action": "deny", "match": {"operation": "x"}, "condition": "load > 1"}', "fl_security"), policy("p", 3, '{"action": "allow", "match": {"operation": "x"}}', "fl_security")), []],
  ["opposites where only a part is denied",
    policies(policy("a", 3, '{"action": "deny", "match": {"operation": "x"}}', "fl_security"), policy("p", 3, '{"action": "allow", "match": {"operation": ["x", "y"]}}', "fl_security")), []],
  ["a disabled policy",
    '{"policies": {"a": {"type": "network_security", "enabled": false, "rules": [{"action": "deny", "match": {"dst_port": 1}}]}, "p": {"type": "network_security", "rules": [{"action": "allow", "match": {"dst_port": 1}}]}}}', []],
])("is said, word for word, of %s", async (_file, text, said) => {
  const issues = await issuesIn(text);
  const words = issues.map(
    ({ check = "none", path, message, suggestion }) =>
      `${check} at ${path}: ${message}${suggestion === undefined ? "" : ` -> ${suggestion}`}`,
  );
  expect(words).toEqual(said);
});
