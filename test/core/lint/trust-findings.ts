import { deny } from "../../support/lint-texts.js";
import { withRules } from "../../support/policy-texts.js";

/** What is to be found in a file: in `path`, with a suggestion that has these words. */
export type Row = [check: string, says: string, file: string, path: string, suggestion: string];

const CONDITION = "policies.p.rules[0].condition";
const MATCH = "policies.p.rules[0].match";
const PARAMETERS = "policies.p.rules[0].parameters";

const trusted = (rule: string): string => withRules(rule, "trust_reputation");
const exclude = (parameters: string, more = '"condition": "client.trust_score < 0.3"'): string =>
  trusted(`{"action": "exclude_client", ${more}, "parameters": ${parameters}}`);

/** What the linter says of rules about trust. */
// prettier-ignore
export const TRUST_FOUND: Row[] = [
  ["unknown-client-name", "in a condition", deny("client.trust_scor < 0.3"), CONDITION, "write `client.trust_score`"],
  ["unknown-client-name", "in a match", withRules('{"action": "deny", "match": {"client.trust_stat": "EXCLUDED"}}'), `${MATCH}.client.trust_stat`, "write `client.trust_state`"],
  ["unknown-client-name", "of a factor", deny("client.factors.update_qualty < 0.3"), CONDITION, "write `client.factors.update_quality`"],
  ["unknown-client-name", "of a bound of a factor", deny("client.factors.update_quality.uper < 0.3"), CONDITION, "write `client.factors.update_quality.upper`"],
  ["unknown-client-name", "of what is violated", trusted('{"action": "exclude_client", "condition": "violation.counts > 3"}'), CONDITION, "write `violation.count`"],
  ["unknown-client-name", "of what is violated, in a match", trusted('{"action": "exclude_client", "match": {"violation.severit": "critical"}}'), `${MATCH}.violation.severit`, "write `violation.severity`"],
  ["idle-trust-parameter", "a letter too many", exclude('{"rounds_inn": 3}'), `${PARAMETERS}.rounds_inn`, "write `rounds_in`"],
  ["idle-trust-parameter", "a weight", trusted('{"action": "weight_reduction", "condition": "client.trust_score < 0.3", "parameters": {"weight_multiplyer": 0.1}}'), `${PARAMETERS}.weight_multiplyer`, "write `weight_multiplier`"],
  ["idle-trust-parameter", "of another verb", exclude('{"weight_multiplier": 0.1}'), `${PARAMETERS}.weight_multiplier`, "remove it"],
  ["idle-trust-parameter", "of a rule that is asked each time", exclude('{"dwell": 3}', '"match": {"dst_port": 1}'), `${PARAMETERS}.dwell`, "leave out `match`"],
  ["idle-trust-parameter", "a score to leave at, where no score is compared", exclude('{"exit": 0.4}', '"condition": "client.trust_upper < 0.3"'), `${PARAMETERS}.exit`, "remove it"],
];
