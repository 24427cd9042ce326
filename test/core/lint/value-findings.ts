import { deny, net } from "../../support/lint-texts.js";
import type { Row } from "./trust-findings.js";

const CONDITION = "policies.p.rules[0].condition";
const denies = (rule: string): string => net(`{"action": "deny", ${rule}}`);

/** What the linter says of values that never come, and of names that nearly do. */
// prettier-ignore
export const VALUES_FOUND: Row[] = [
  ["impossible-value", "a network in a condition", denies(`"condition": "src_ip in ['10.9.0.0/16', '10.0.0.1']"`), CONDITION, "in `match`"],
  ["impossible-value", "a pattern for an address, on the left", denies(`"condition": "'10.1.*' == dst_ip"`), CONDITION, "in `match`"],
  ["impossible-value", "a state that no client has", deny("client.trust_state == 'EXCLUDE'"), CONDITION, "write 'EXCLUDED'"],
  ["impossible-value", "a severity that no violation has, in a parameter", deny("violation.severity in grave", ', "parameters": {"grave": ["high", "critcal"]}'), CONDITION, "write 'critical'"],
  ["impossible-value", "a state that the engine never has", deny("policy_engine.status != 'helthy'"), CONDITION, "write 'healthy'"],
  ["unknown-protocol", "letters the wrong way round, in a list", denies('"match": {"protocol": ["udp", "TPC"], "dst_port": 80}'), "policies.p.rules[0].match.protocol", 'write "tcp"'],
  ["misspelt-attribute", "letters the wrong way round", denies(`"condition": "scr_type == 'fl-client'"`), CONDITION, "was `src_type` meant?"],
];
