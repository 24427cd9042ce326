import type { FieldViolation } from "../core/request.js";
import type { NewEvent } from "./ports/event-log.js";
import type { EventFilter } from "./subscribe-to-events.js";

/** Values in one list of a filter. */
const MAX_VALUES = 1000;
/** Characters of one value: more than an event can have in any of the fields. */
const MAX_VALUE = 256;
/** UTF-16 units of all values together: every open stream holds its filter. */
const MAX_TEXT = 16_384;

export interface CompiledEventFilter {
  /**
   * Equal exactly for filters that match the same events for the same reason: order and repetition do
   * not count. Bounded, because the values of a filter are.
   */
  readonly key: string;
  matches(event: NewEvent): boolean;
}

/**
 * What is wrong with `filter`; empty when nothing is. Of each list the first value that is too long,
 * so that an answer does not grow with what is wrong.
 */
export function eventFilterViolations(filter: EventFilter): readonly FieldViolation[] {
  const violations = LISTS.flatMap((field) => listViolations(field, field.list(filter)));
  if (violations.length > 0) return violations;
  const text = LISTS.flatMap(({ list }) => list(filter)).reduce(
    (sum, { length }) => sum + length,
    0,
  );
  if (text <= MAX_TEXT) return [];
  const rule = `must have at most ${MAX_TEXT} characters in all its values, got ${text}`;
  return [{ field: "filter", rule }];
}

function listViolations({ name }: FilteredField, values: readonly string[]): FieldViolation[] {
  const field = `filter.${name}`;
  if (values.length > MAX_VALUES) {
    return [{ field, rule: `must have at most ${MAX_VALUES} values, got ${values.length}` }];
  }
  const index = values.findIndex((value) => charactersOf(value) > MAX_VALUE);
  if (index < 0) return [];
  const rule = `must have at most ${MAX_VALUE} characters, got ${charactersOf(values[index] ?? "")}`;
  return [{ field: `${field}[${index}]`, rule }];
}

/** Unicode characters, as an event's own fields count them; of a text far too long, its UTF-16 units. */
function charactersOf(text: string): number {
  return text.length <= MAX_VALUE || text.length > 2 * MAX_VALUE ? text.length : [...text].length;
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
