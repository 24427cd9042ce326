import { PdpError } from "../application/errors.js";
import type { PublishEvent } from "../application/publish-event.js";
import type { EventFeed } from "../application/subscribe-to-events.js";
import type {
  ListEventsRequest,
  ListEventsResponse,
  PublishEventRequest,
  PublishEventResponse,
  StreamEventsRequest,
  StreamEventsResponse,
} from "../gen/flopynet/policy/v1/event_service.js";
import {
  eventBatchToProto,
  eventFilterFromProto,
  eventToProto,
  eventToPublishFromProto,
  timeFromProto,
} from "./convert-event.js";
import { madeOnce } from "./made-once.js";
import type { CallContext, ServiceHandlers, StreamSink } from "./rpc.js";

/** `flopynet.policy.v1.EventService`. */
export function createEventHandlers(feed: EventFeed, publish: PublishEvent): ServiceHandlers {
  // INVARIANT (encoded once): subscribers that share a batch get the same message object.
  const messageOf = madeOnce(eventBatchToProto);

  const streamEvents = (
    request: StreamEventsRequest,
    call: CallContext,
    sink: StreamSink<StreamEventsResponse>,
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const subscription = feed.subscribe(
        {
          filter: eventFilterFromProto(request.filter),
          afterCursor: request.afterCursor,
          last: request.last,
        },
        {
          deliver: (batch) => sink.write(messageOf(batch)),
          end: (cursor) => {
            reject(new PdpError({ reason: "SHUTTING_DOWN", cursor }));
          },
        },
      );
      const leave = (): void => {
        subscription.close();
        resolve();
      };
      sink.onDrain(() => {
        subscription.drained();
      });
      call.signal.addEventListener("abort", leave, { once: true });
      if (call.signal.aborted) leave();
    });

  return {
    streamEvents: { kind: "server-stream", handle: streamEvents },
    listEvents: {
      kind: "unary",
      handle: async (request: ListEventsRequest): Promise<ListEventsResponse> => {
        const startTimeMs = timeFromProto("start_time", request.startTime);
        const endTimeMs = timeFromProto("end_time", request.endTime);
        const { events, nextPageToken } = await feed.list({
          filter: eventFilterFromProto(request.filter),
          pageSize: request.pageSize,
          pageToken: request.pageToken,
          ...(startTimeMs !== undefined && { startTimeMs }),
          ...(endTimeMs !== undefined && { endTimeMs }),
          newestFirst: request.newestFirst,
        });
        return { events: events.map(eventToProto), nextPageToken };
      },
    },
    publishEvent: {
      kind: "unary",
      handle: async ({ event }: PublishEventRequest): Promise<PublishEventResponse> => ({
        event: eventToProto(await publish(event && eventToPublishFromProto(event))),
      }),
    },
  };
}
