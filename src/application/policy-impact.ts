import type { Decision, DenyKind, RuleRef } from "../core/decision.js";

/** What an answer is, in one word. */
export type AnswerKind = "allowed" | DenyKind;

/** Decisions that the same rule turns, from one kind of answer to another. */
export interface ImpactGroup {
  /** Absent where only defaults answer, before and after. */
  readonly rule?: RuleRef;
  readonly from: AnswerKind;
  readonly to: AnswerKind;
  readonly count: number;
  /** Ids of the newest of these decisions, at most 5. */
  readonly examples: readonly string[];
}

/** What a change would have made of decisions that were recorded. */
export interface PolicyImpact {
  /** Decided again, under both sets. */
  readonly decided: number;
  /** Of those, denied instead of allowed or the other way round. */
  readonly flipped: number;
  /** Not decided again: what they depend on was never stored. */
  readonly notReplayable: number;
  /** The largest first, at most 1,000. */
  readonly groups: readonly ImpactGroup[];
}

const MOST_EXAMPLES = 5;
const MOST_GROUPS = 1000;

interface GrowingGroup extends ImpactGroup {
  count: number;
  readonly examples: string[];
}

export interface ImpactTally {
  /** The answers to one request, under the set that decides and under the changed one. */
  decided(decisionId: string, before: Decision, after: Decision): void;
  notReplayable(): void;
  result(): PolicyImpact;
}

/** @param isChanged - Whether a rule is one that the change touches. */
export function createImpactTally(isChanged: (rule: RuleRef) => boolean): ImpactTally {
  const groups = new Map<string, GrowingGroup>();
  const counts = { decided: 0, flipped: 0, notReplayable: 0 };
  return {
    decided(decisionId, before, after) {
      counts.decided += 1;
      if (before.allowed === after.allowed) return;
      counts.flipped += 1;
      const group = groupOf(groups, { before, after }, isChanged);
      group.count += 1;
      if (group.examples.length < MOST_EXAMPLES) group.examples.push(decisionId);
    },
    notReplayable() {
      counts.notReplayable += 1;
    },
    result: () => ({
      ...counts,
      groups: [...groups.values()]
        .sort((left, right) => right.count - left.count)
        .slice(0, MOST_GROUPS),
    }),
  };
}

function groupOf(
  groups: Map<string, GrowingGroup>,
  flip: { readonly before: Decision; readonly after: Decision },
  isChanged: (rule: RuleRef) => boolean,
): GrowingGroup {
  const rule = flippingRule(flip, isChanged);
  const from = answerKindOf(flip.before);
  const to = answerKindOf(flip.after);
  const key = JSON.stringify([rule?.policyId, rule?.ruleId, from, to]);
  let group = groups.get(key);
  if (!group) {
    group = { ...(rule && { rule }), from, to, count: 0, examples: [] };
    groups.set(key, group);
  }
  return group;
}

/**
 * A rule of the change that determines the new answer, else one that determined the old answer and
 * does so no more. Where the change touches neither (it moved a rule, say), the one that determines
 * the new answer.
 */
function flippingRule(
  { before, after }: { readonly before: Decision; readonly after: Decision },
  isChanged: (rule: RuleRef) => boolean,
): RuleRef | undefined {
  const determining = [...after.determiningRules, ...before.determiningRules];
  return determining.find(isChanged) ?? determining[0];
}

function answerKindOf({ denyKind }: Decision): AnswerKind {
  return denyKind ?? "allowed";
}
