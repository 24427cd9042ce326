import type {
  PolicyAdminClient,
  RemoteImpact,
} from "../adapters/engine-client/policy-admin-client.js";
import { documentsOf } from "./policies.js";

export interface ImpactOptions {
  /** Ids of active policies to take out. */
  readonly delete: readonly string[];
  /** Recorded decisions to look at. */
  readonly decisions: number;
  readonly format: "text" | "json";
}

export interface ImpactDeps {
  readonly client: PolicyAdminClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * `diff --impact FILE --delete ID`: which recorded decisions would come out differently. Changes nothing.
 *
 * @param content - The policies to put; undefined: none.
 * @returns The exit code: 0 told, 1 refused.
 */
export async function showImpact(
  content: string | undefined,
  options: ImpactOptions,
  deps: ImpactDeps,
): Promise<0 | 1> {
  const { client, write } = deps;
  const documents = content === undefined ? [] : await documentsOf(content, deps);
  if (documents === undefined) return 1;
  const impact = await client.impact(documents, {
    deletedIds: options.delete,
    maxDecisions: options.decisions,
  });
  write(options.format === "json" ? JSON.stringify(impact, null, 2) : impactText(impact));
  return 0;
}

function impactText({ decided, flipped, notReplayable, groups }: RemoteImpact): string {
  const all = `${grouped(decided)} recorded decisions`;
  return [
    flipped === 0 ? `none of ${all} would change` : `${grouped(flipped)} of ${all} would change:`,
    ...groups.map(groupText),
    ...(notReplayable === 0
      ? []
      : [`${grouped(notReplayable)} more depend on attributes that were not recorded`]),
  ].join("\n");
}

function groupText({ rule, from, to, count, examples }: RemoteImpact["groups"][number]): string {
  const by = rule ? `rule \`${rule.ruleId}\` of policy \`${rule.policyId}\`` : "default";
  const such = `such as ${examples.join(", ")}`;
  return `  ${grouped(count)} ${answerText(from)} to ${answerText(to)} by ${by}\n    ${such}`;
}

/** `ANSWER_KIND_DENIED_DEFAULT` is `deny (default)`. */
function answerText(kind: string): string {
  const word = kind.replace("ANSWER_KIND_", "").toLowerCase();
  if (word === "allowed") return "allow";
  const why = word.replace("denied_", "").replaceAll("_", " ");
  return why === "explicit" ? "deny" : `deny (${why})`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
