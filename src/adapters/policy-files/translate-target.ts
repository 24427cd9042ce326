import { CONNECTION_FIELDS } from "../../core/connection-violations.js";
import { nearest } from "../../core/nearest.js";
import { parseTargetField } from "../../core/parse-target-field.js";
import type { TargetField } from "../../core/target.js";
import { within } from "./issue-list.js";
import { type JsonNode, valueOf } from "./json-tree.js";
import type { RuleContext } from "./rule-context.js";
import { CONNECTION_TYPE } from "../../core/policy-types.js";

/** Design: the spellings of other components, translated here and nowhere else. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["source_ip", "src_ip"],
  ["ipv4_src", "src_ip"],
  ["destination_ip", "dst_ip"],
  ["ipv4_dst", "dst_ip"],
  ["source_port", "src_port"],
  ["destination_port", "dst_port"],
  ["ip_proto", "protocol"],
]);

/** What a match in `network_security` can read without the caller's `context`. */
const CONNECTION_KEYS = [
  ...CONNECTION_FIELDS,
  ...["src_ip_range", "dst_ip_range", "src_port_range", "dst_port_range", "request_id"],
];

/** The key that `written` is another spelling of; itself where it is none. */
export function canonicalKey(written: string): string {
  return ALIASES.get(written) ?? written;
}

/** The fields of `match`, but for `condition`. Undefined when one of them is refused. */
export function readTarget(
  node: JsonNode | undefined,
  { issues, subject: rule, policyType }: RuleContext,
): readonly TargetField[] | undefined {
  if (node?.kind !== "object") return [];
  const subject = within(rule, "match");
  const fields = new Map<string, TargetField>();
  const written = new Map<string, string>();
  let sound = true;
  for (const [alias, member] of node.members) {
    if (alias === "condition") continue;
    const key = canonicalKey(alias);
    const other = written.get(key);
    if (other !== undefined) {
      issues.error(
        within(subject, alias),
        member.keyOffset,
        `\`${other}\` and \`${alias}\` are two names of one field`,
        `keep \`${key}\``,
      );
      sound = false;
      continue;
    }
    written.set(key, alias);
    if (policyType === CONNECTION_TYPE && !isCarried(key)) {
      const meant = nearest(key, CONNECTION_KEYS);
      issues.warn(
        "not-in-connection",
        within(subject, alias),
        member.keyOffset,
        `a connection has no \`${alias}\`: it holds only where the caller sends it in \`context\``,
        meant === undefined ? undefined : `write \`${meant}\``,
      );
    }
    const parsed = parseTargetField(key, valueOf(member.node));
    if (!parsed.ok) {
      issues.error(within(subject, alias), member.node.offset, `\`${alias}\`: ${parsed.problem}`);
      sound = false;
      continue;
    }
    if (parsed.warning !== undefined) {
      issues.warn(
        "host-bits",
        within(subject, alias),
        member.node.offset,
        `\`${alias}\`: ${parsed.warning}`,
      );
    }
    fields.set(key, parsed.value);
  }
  return sound ? [...fields.values()] : undefined;
}

const ENGINE_ROOTS = new Set(["client", "violation", "engine", "policy_engine"]);

// What the engine itself adds to a connection is there as well.
function isCarried(key: string): boolean {
  const [root = ""] = key.split(".", 1);
  return CONNECTION_KEYS.includes(key) || (root !== key && ENGINE_ROOTS.has(root));
}
