import type { RuleError } from "../core/decision.js";
import type { EventMaker } from "./engine-events.js";
import { createFoldedCounts, type FoldedCount } from "./folded-counts.js";
import type { NewEvent } from "./ports/event-log.js";
import type { LoggedDecision } from "./ports/decision-log.js";
import { shortText } from "./short-text.js";

const MINUTE_MS = 60_000;
/** Rules and missing names told apart; the rest share one event. */
const MAX_KEYS = 1000;
const MAX_TEXT = 1000;

interface Facts {
  readonly error: RuleError;
  /** Empty where nothing was missing. */
  readonly missing: string;
  readonly policyVersion: number;
}

/** RULE_ERROR at most once per rule, missing name and minute; its counts add up to what happened. */
export function createRuleErrorEvents(deps: {
  readonly makeEvent: EventMaker;
  readonly append: (events: readonly NewEvent[]) => void;
}): { add(decision: LoggedDecision): void; flush(): void } {
  const { makeEvent, append } = deps;
  const folded = createFoldedCounts<Facts>({
    windowMs: MINUTE_MS,
    maxKeys: MAX_KEYS,
    tellsFirst: true,
    onEnd: (counts) => {
      append(counts.map((count) => ruleErrorEvent(makeEvent, count)));
    },
  });

  function addOne(facts: Facts, timeMs: number): void {
    const { rule } = facts.error;
    const key = JSON.stringify([rule.policyId, rule.ruleId, facts.missing]);
    if (folded.add(key, facts, timeMs)) append([ruleErrorEvent(makeEvent, { count: 1, facts })]);
  }

  return {
    add({ timeMs, decision: { erringRules, policyVersion } }) {
      for (const error of erringRules) {
        const missingNames = error.missingAttributes.length > 0 ? error.missingAttributes : [""];
        for (const missing of missingNames) addOne({ error, missing, policyVersion }, timeMs);
      }
    },
    flush() {
      folded.flush();
    },
  };
}

function ruleErrorEvent(
  makeEvent: EventMaker,
  { count, facts }: Pick<FoldedCount<Facts>, "count" | "facts">,
): NewEvent {
  const event = { eventType: "RULE_ERROR", severity: "warning" } as const;
  if (!facts) return makeEvent({ ...event, details: { count, message: "errors of more rules" } });
  const { rule, message } = facts.error;
  return makeEvent({
    ...event,
    policyVersion: facts.policyVersion,
    policyId: rule.policyId,
    details: {
      policy_id: rule.policyId,
      rule_id: rule.ruleId,
      action: rule.action,
      message: shortText(message, MAX_TEXT),
      ...(facts.missing === "" ? {} : { missing_attribute: shortText(facts.missing, MAX_TEXT) }),
      count,
    },
  });
}
