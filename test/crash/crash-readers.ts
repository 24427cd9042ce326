import { request as httpRequest } from "node:http";
import type { GrpcClient, Message } from "../support/grpc-client.js";

/** Of an event, what these tests look at. */
export interface SeenEvent {
  readonly sequence: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly sourceComponent: string;
  readonly policyVersion: number;
}

/** A subscriber that goes on at its cursor whenever the engine is back. Keeps all it ever got. */
export interface Reader {
  readonly name: string;
  readonly events: readonly SeenEvent[];
  /** What was lost, and messages that are none. */
  readonly problems: readonly string[];
  /** @returns A function that hangs up. */
  connect(ports: { readonly client: GrpcClient; readonly restPort: number }): () => void;
}

/** Message fields as both transports spell them. */
type WireMessage = Readonly<Record<string, unknown>>;

/** @param sourceComponent - Only events of this one; undefined for all. */
export function grpcReader(name: string, sourceComponent?: string): Reader {
  const kept = keeper(name);
  return {
    ...kept,
    connect({ client }) {
      const filter = sourceComponent === undefined ? {} : { source_components: [sourceComponent] };
      const start = kept.cursor() === "" ? { last: 1000 } : { after_cursor: kept.cursor() };
      const stream = client.serverStream("flopynet.policy.v1.EventService/StreamEvents", {
        ...{ filter, ...start },
      });
      stream.on("data", (message: Message) => {
        kept.take(message);
      });
      stream.on("error", () => undefined); // The engine is gone.
      return () => {
        stream.cancel();
      };
    },
  };
}

/** Server-Sent Events, as a browser reads them: the id is the cursor, also without data. */
export function sseReader(name: string): Reader {
  const kept = keeper(name);
  return {
    ...kept,
    connect({ restPort }) {
      const isFirst = kept.cursor() === "";
      const asked = httpRequest({
        ...{
          host: "127.0.0.1",
          port: restPort,
          path: `/v1/events:stream?last=${isFirst ? 1000 : 0}`,
        },
        headers: { accept: "text/event-stream", "last-event-id": kept.cursor() },
      });
      asked.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const blocks = (text + chunk).split("\n\n");
          text = blocks.pop() ?? "";
          for (const block of blocks) kept.take(messageIn(block));
        });
        response.on("error", () => undefined);
      });
      asked.on("error", () => undefined); // The engine is gone.
      asked.end();
      return () => {
        asked.destroy();
      };
    },
  };
}

function messageIn(block: string): WireMessage {
  const field = (name: string): string | undefined =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { ...(JSON.parse(field("data") ?? "{}") as WireMessage), cursor: field("id") };
}

function keeper(name: string) {
  const events: SeenEvent[] = [];
  const problems: string[] = [];
  let cursor = "";
  return {
    ...{ name, events, problems },
    cursor: () => cursor,
    take(message: WireMessage): void {
      if (message["lost"]) problems.push(`${name} lost ${JSON.stringify(message["lost"])}`);
      if (typeof message["cursor"] === "string") cursor = message["cursor"];
      else problems.push(`${name} got a message without cursor: ${JSON.stringify(message)}`);
      for (const event of (message["events"] ?? []) as WireMessage[]) events.push(seen(event));
    },
  };
}

/** @param event - As gRPC (`event_id`) or JSON (`eventId`) has it. */
export function seen(event: WireMessage): SeenEvent {
  const text = (snake: string, camel: string): string => String(event[snake] ?? event[camel]);
  return {
    sequence: Number(event["sequence"]),
    eventId: text("event_id", "eventId"),
    eventType: text("event_type", "eventType"),
    sourceComponent: text("source_component", "sourceComponent"),
    policyVersion: Number(event["policy_version"] ?? event["policyVersion"] ?? 0),
  };
}
