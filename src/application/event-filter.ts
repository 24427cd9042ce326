import type { FieldViolation } from "../core/request.js";
import type { NewEvent } from "./ports/event-log.js";
import type { EventFilter } from "./subscribe-to-events.js";

/** Values in one list of a filter. */
const MAX_VALUES = 1000;

export interface CompiledEventFilter {
  /** Equal exactly for filters that match the same events for the same reason: order and repetition do not count. */
  readonly key: string;
  matches(event: NewEvent): boolean;
}

/** What is wrong with `filter`; empty when nothing is. */
export function eventFilterViolations(filter: EventFilter): readonly FieldViolation[] {
  return LISTS.filter(({ list }) => list(filter).length > MAX_VALUES).map(({ name, list }) => ({
    field: `filter.${name}`,
    rule: `must have at most ${MAX_VALUES} values, got ${list(filter).length}`,
  }));
}

/** Each list matches any of its values; an empty list matches all; all lists must match. */
export function compileEventFilter(filter: EventFilter): CompiledEventFilter {
  const lists = LISTS.map(({ list, valueOf }) => ({ values: new Set(list(filter)), valueOf }));
  const constraints = lists.filter(({ values }) => values.size > 0);
  return {
    key: JSON.stringify(lists.map(({ values }) => [...values].sort())),
    matches: (event) =>
      constraints.every(({ values, valueOf }) => {
        const value = valueOf(event);
        return value !== undefined && values.has(value);
      }),
  };
}

interface FilteredField {
  readonly name: string;
  readonly list: (filter: EventFilter) => readonly string[];
  readonly valueOf: (event: NewEvent) => string | undefined;
}

const LISTS: readonly FilteredField[] = [
  { name: "event_types", list: (f) => f.eventTypes, valueOf: (e) => e.eventType },
  { name: "severities", list: (f) => f.severities, valueOf: (e) => e.severity },
  { name: "source_components", list: (f) => f.sourceComponents, valueOf: (e) => e.sourceComponent },
  { name: "policy_ids", list: (f) => f.policyIds, valueOf: (e) => e.policyId },
  { name: "client_ids", list: (f) => f.clientIds, valueOf: (e) => e.clientId },
];
