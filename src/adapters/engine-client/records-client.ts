import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { CheckAnswer } from "../../application/check.js";
import type { StoredEvent } from "../../application/ports/event-log.js";
import type { EventFilter, LostEvents } from "../../application/subscribe-to-events.js";
import type { ValueMap } from "../../core/values.js";
import { EngineError, messageOf } from "./engine-client.js";
import { answerFromWire, mapOf } from "./wire-answer.js";
import { eventFromWire, filterToWire, lostFromWire, msOf } from "./wire-event.js";
import type { WireDecision, WireDelivery, WireEvent } from "./wire-event.js";

export interface EventDelivery {
  readonly events: readonly StoredEvent[];
  readonly cursor: string;
  readonly lost?: LostEvents;
}

export interface RecordedDecision {
  readonly decisionId: string;
  readonly timeMs: number;
  readonly policyType: string;
  readonly request: ValueMap;
  readonly answer: CheckAnswer;
  readonly latencyUs: number;
  readonly redacted: boolean;
}

/** Which decisions; an empty text stands for any. */
export interface DecisionFilter {
  readonly startTimeMs?: number;
  readonly endTimeMs?: number;
  readonly allowed?: boolean;
  readonly clientId: string;
  readonly policyId: string;
  readonly ruleId: string;
  readonly policyType: string;
}

/** Why a stream of events ended. */
export interface StreamEnd {
  readonly error: EngineError;
  /** See `isPassing`. */
  readonly isPassing: boolean;
}

/** Reads what a running engine recorded. Calls that answer a promise may throw an EngineError. */
export interface RecordsClient {
  /** Calls `onDelivery` until the stream ends, however it does; undefined when `signal` ended it. */
  followEvents(
    request: { readonly filter: EventFilter; readonly afterCursor: string; readonly last: number },
    onDelivery: (delivery: EventDelivery) => void,
    signal: AbortSignal,
  ): Promise<StreamEnd | undefined>;
  /** The newest `limit` events that match (at most 1,000), oldest first. */
  newestEvents(filter: EventFilter, limit: number): Promise<readonly StoredEvent[]>;
  /** The newest `limit` decisions that match, newest first. */
  decisions(filter: DecisionFilter, limit: number): Promise<readonly RecordedDecision[]>;
  close(): void;
}

/** Of ListEvents or of ListDecisions. */
interface Page {
  readonly events?: readonly WireEvent[];
  readonly decisions?: readonly WireDecision[];
  readonly nextPageToken: string;
}
type Call = (
  request: object,
  options: { deadline: Date },
  callback: (error: ServiceError | null, page?: Page) => void,
) => void;
interface Stub {
  close(): void;
  listEvents: Call;
  listDecisions: Call;
  streamEvents(request: object): ClientReadableStream<WireDelivery>;
}
type StubClass = new (address: string, credentials: ChannelCredentials, options: object) => Stub;

const PROTO_FOLDER = fileURLToPath(new URL("../../../proto", import.meta.url));
const TIMEOUT_MS = 30_000;
const MAX_PAGE = 1000;
const CHANNEL = {
  // A connection that is dead without saying so is noticed within half a minute.
  ...{ "grpc.keepalive_time_ms": 20_000, "grpc.keepalive_timeout_ms": 10_000 },
  // Whoever follows is served soon after the engine is back; the default grows to two minutes.
  ...{ "grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 2000 },
};
/** The same request would be refused again. */
const LASTING: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.UNIMPLEMENTED,
]);

/** @param options - `address` is `host:port`. */
export function createRecordsClient({ address }: { readonly address: string }): RecordsClient {
  const definition = loadSync(
    ["event_service", "monitoring_service"].map((name) => `flopynet/policy/v1/${name}.proto`),
    { includeDirs: [PROTO_FOLDER], longs: Number, enums: String, defaults: true, oneofs: true },
  );
  const loaded = loadPackageDefinition(definition) as unknown as {
    flopynet: { policy: { v1: { EventService: StubClass; MonitoringService: StubClass } } };
  };
  const { EventService, MonitoringService } = loaded.flopynet.policy.v1;
  const events = new EventService(address, credentials.createInsecure(), CHANNEL);
  const monitoring = new MonitoringService(address, credentials.createInsecure(), CHANNEL);
  const errorOf = (error: ServiceError | null): EngineError =>
    new EngineError(messageOf(error, address), { cause: error });

  const ask = (stub: Stub, method: "listEvents" | "listDecisions", request: object) =>
    new Promise<Page>((resolve, reject) => {
      const options = { deadline: new Date(Date.now() + TIMEOUT_MS) };
      stub[method](request, options, (error, page) => {
        if (page) resolve(page);
        else reject(errorOf(error));
      });
    });

  return {
    followEvents: ({ filter, ...request }, onDelivery, signal) =>
      new Promise((resolve) => {
        const stream = events.streamEvents({ ...request, filter: filterToWire(filter) });
        const stop = (): void => {
          stream.cancel();
          resolve(undefined);
        };
        stream.on("data", ({ events: wire, cursor, lost }: WireDelivery) => {
          const found = lost && lostFromWire(lost);
          onDelivery({ events: wire.map(eventFromWire), cursor, ...(found && { lost: found }) });
        });
        const ended = (error: ServiceError | null): void => {
          signal.removeEventListener("abort", stop);
          const end = errorOf(error);
          resolve({ error: end, isPassing: isPassing(end) });
        };
        stream.on("error", (error) => {
          ended(error as ServiceError);
        });
        stream.on("end", () => {
          ended(null);
        });
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
      }),
    async newestEvents(filter, limit) {
      const request = { filter: filterToWire(filter), pageSize: limit, newestFirst: true };
      return (await pages((token) => ask(events, "listEvents", { ...request, ...token }), limit))
        .flatMap((page) => (page.events ?? []).map(eventFromWire))
        .slice(0, limit)
        .reverse();
    },
    async decisions({ startTimeMs, endTimeMs, ...filter }, limit) {
      const request = {
        ...filter,
        ...(startTimeMs !== undefined && { startTime: timeOf(startTimeMs) }),
        ...(endTimeMs !== undefined && { endTime: timeOf(endTimeMs) }),
        pageSize: Math.min(limit, MAX_PAGE),
      };
      const ofToken = (token: object) => ask(monitoring, "listDecisions", { ...request, ...token });
      return (await pages(ofToken, limit))
        .flatMap((page) => (page.decisions ?? []).map(decisionFromWire))
        .slice(0, limit);
    },
    close: () => {
      events.close();
      monitoring.close();
    },
  };
}

/** Whether the same request may succeed later: the engine is away, draining or full. */
export function isPassing({ cause }: EngineError): boolean {
  return !LASTING.has((cause as ServiceError | null)?.code ?? status.UNAVAILABLE);
}

/** A page may be short although there are more: it is bounded by what was looked at. */
async function pages(ask: (token: object) => Promise<Page>, limit: number): Promise<Page[]> {
  const found: Page[] = [];
  let count = 0;
  let pageToken = "";
  do {
    const page = await ask({ pageToken });
    found.push(page);
    count += (page.events ?? page.decisions ?? []).length;
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && count < limit);
  return found;
}

function decisionFromWire({
  time,
  request,
  response,
  ...decision
}: WireDecision): RecordedDecision {
  return {
    ...decision,
    timeMs: msOf(time),
    request: mapOf(request),
    answer: answerFromWire(response),
  };
}

function timeOf(ms: number): object {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - 1000 * seconds) * 1e6 };
}
