import { setTimeout as delay } from "node:timers/promises";
import type { EventDelivery, RecordsClient } from "../adapters/engine-client/records-client.js";
import type { EventSeverity, StoredEvent } from "../application/ports/event-log.js";
import type { EventFilter, LostEvents } from "../application/subscribe-to-events.js";

const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 5000;

export interface TailEventsOptions {
  readonly filter: EventFilter;
  /** First the newest so many. */
  readonly last: number;
  /** Go on with what comes, until the signal. */
  readonly follow: boolean;
  /** Cursor to go on after; empty: none. */
  readonly from: string;
  readonly format: "text" | "json";
}

export interface EventsDeps {
  readonly client: RecordsClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * `events tail`: one line an event. Following, it goes on at its last cursor when the engine was
 * away, so that no event is missed or printed twice; it gives up when it never reached the engine, or
 * when its cursor is refused.
 *
 * @returns The exit code: 0 when it is done or was stopped, 1 when it had to give up.
 */
export async function tailEvents(options: TailEventsOptions, deps: EventsDeps): Promise<0 | 1> {
  const { client, write, writeError, signal } = deps;
  const { filter, last, format } = options;
  if (!options.follow) {
    for (const event of await client.newestEvents(filter, last)) write(eventLine(event, format));
    return 0;
  }
  let cursor = options.from;
  let deliveries = 0;
  let pauseMs = FIRST_PAUSE_MS;
  const onDelivery = (delivery: EventDelivery): void => {
    deliveries += 1;
    pauseMs = FIRST_PAUSE_MS;
    for (const line of linesOf(delivery, format)) write(line);
    ({ cursor } = delivery);
  };
  for (;;) {
    const request = { filter, afterCursor: cursor, last: cursor === "" ? last : 0 };
    const end = await client.followEvents(request, onDelivery, signal);
    if (end === undefined) break;
    if (!end.isPassing || deliveries === 0) {
      writeError(end.error.message);
      return 1;
    }
    if (pauseMs === FIRST_PAUSE_MS) writeError(`${end.error.message}; trying again`);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined); // Stopped: told above.
    pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS);
  }
  if (cursor !== "") writeError(`go on with --from ${cursor}`);
  return 0;
}

/** The filter that `--filter` asks for, or what is wrong with it. */
export function eventFilterOf(given: readonly string[]): EventFilter | string {
  const lists = new Map<string, string[]>(FIELDS.map((field) => [field, []]));
  for (const text of given) {
    const [, field = "", values = ""] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
    const list = lists.get(field);
    if (!list) {
      return `--filter must be FIELD=VALUE[,VALUE...], FIELD one of ${FIELDS.join(", ")}: got ${text}`;
    }
    // Only the id of a client may have a comma.
    list.push(...(field === "client_id" ? [values] : values.split(",")));
  }
  const of = (field: (typeof FIELDS)[number]): string[] => lists.get(field) ?? [];
  const severities = of("severity").map((word) => word.toLowerCase());
  const wrong = severities.find((word) => !isSeverity(word));
  if (wrong !== undefined) {
    return `--filter severity must be INFO, WARNING, ERROR or CRITICAL: got ${wrong}`;
  }
  return {
    eventTypes: of("event_type"),
    severities: severities.filter(isSeverity),
    sourceComponents: of("source_component"),
    policyIds: of("policy_id"),
    clientIds: of("client_id"),
  };
}

const FIELDS = ["event_type", "severity", "source_component", "policy_id", "client_id"] as const;

function isSeverity(word: string): word is EventSeverity {
  return ["info", "warning", "error", "critical"].includes(word);
}

/** The cursor stands on the last line of a delivery: going on there repeats and skips nothing. */
function linesOf({ events, lost, cursor }: EventDelivery, format: "text" | "json"): string[] {
  if (format === "text") {
    return [...(lost ? [lostLine(lost)] : []), ...events.map((event) => eventLine(event, format))];
  }
  const documents = [...(lost ? [{ lost }] : []), ...events.map(documentOf)];
  return documents.map((document, index) =>
    JSON.stringify(index === documents.length - 1 ? { ...document, cursor } : document),
  );
}

function eventLine(event: StoredEvent, format: "text" | "json"): string {
  if (format === "json") return JSON.stringify(documentOf(event));
  const { policyId, clientId, details } = event;
  return [
    new Date(event.timestampMs).toISOString(),
    `#${event.sequence}`,
    event.severity.toUpperCase(),
    event.sourceComponent,
    event.eventType,
    ...(policyId === undefined ? [] : [`policy=${policyId}`]),
    ...(clientId === undefined ? [] : [`client=${clientId}`]),
    ...(Object.keys(details).length === 0 ? [] : [JSON.stringify(details)]),
  ].join("  ");
}

function documentOf({ timestampMs, ...event }: StoredEvent): object {
  return { ...event, timestamp: new Date(timestampMs).toISOString() };
}

function lostLine({ count, firstSequence, lastSequence, cause }: LostEvents): string {
  return `LOST ${count} of #${firstSequence} to #${lastSequence} (${cause.toUpperCase()})`;
}
