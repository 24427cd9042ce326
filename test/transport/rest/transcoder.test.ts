import { readFileSync } from "node:fs";
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  isMessage,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RestServer, startRestServer } from "../../../src/transport/rest/server.js";
import { createTranscoder } from "../../../src/transport/rest/transcoder.js";
import type { CallContext, StreamSink } from "../../../src/transport/rpc.js";
import { createKeptLog } from "../../support/kept-log.js";

// Every method of the fixture echoes its request: the answer shows what the request was read as.
const fixture = new URL("../../fixtures/transcoding/transcoding.binpb", import.meta.url);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(fixture)));
const METHODS = ["Get", "Create", "Update", "Replace", "Remove", "Sort", "Import", "Texts"];

function messageType(): DescMessage {
  const found = registry.getMessage("test.transcoding.Everything");
  if (!found) throw new Error("the fixture has no message Everything");
  return found;
}

function rpcDefinition(method: string): {
  path: string;
  requestDeserialize: (bytes: Buffer) => Message;
  responseSerialize: (message: Message) => Uint8Array;
} {
  return {
    path: `/test.transcoding.Shelves/${method}`,
    requestDeserialize: (bytes) => fromBinary(messageType(), bytes),
    // The shortcut reads plain objects, as the generated code has them.
    responseSerialize: (message) =>
      toBinary(messageType(), isMessage(message) ? message : create(messageType(), message)),
  };
}

/** A stream of the request, and of the request again. */
function writeTwice(request: never, _call: CallContext, sink: StreamSink<never>): Promise<void> {
  sink.write(request);
  sink.write(request);
  return Promise.resolve();
}

let server: RestServer;
beforeAll(async () => {
  const log = createKeptLog();
  const app = express();
  app.use(
    createTranscoder({
      registry,
      services: [
        {
          definition: Object.fromEntries(
            [...METHODS, "Watch"].map((name) => [name, rpcDefinition(name)]),
          ),
          handlers: {
            ...Object.fromEntries(
              METHODS.map((name) => [name, { kind: "unary", handle: (request: never) => request }]),
            ),
            Watch: { kind: "server-stream", handle: writeTwice },
          },
        },
      ],
      log,
    }),
  );
  server = await startRestServer({ host: "127.0.0.1", ports: [0], app, log });
});
afterAll(() => server.drain(1));

async function ask(line: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`http://127.0.0.1:${server.ports[0] ?? 0}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  return { status: response.status, json: await response.json() };
}

describe("a request becomes a message", () => {
  // prettier-ignore
  it.each<[says: string, line: string, body: unknown, message: object]>([
    ["a path variable",                        "GET /v1/shelves/history",                  undefined, { name: "history" }],
    ["an additional binding, many segments",   "GET /v1/shelves/a/books/b",                undefined, { name: "shelves/a/books/b" }],
    ["an additional binding, the rest",        "GET /v1/files/archive/2026/a%2Fb/c",       undefined, { name: "archive/2026/a%2Fb/c" }],
    ["an additional binding, no rest",         "GET /v1/files/archive",                    undefined, { name: "archive" }],
    ["variables of other types than text",     "GET /v1/typed/COLOUR_RED/-5/true/7",       undefined, { colour: "COLOUR_RED", longNumber: "-5", flag: true, wrappedNumber: "7" }],
    ["an enum variable by number",             "GET /v1/typed/1/0/false/0",                undefined, { colour: "COLOUR_RED", longNumber: "0", flag: false, wrappedNumber: "0" }],
    ["any method, where the kind is *",        "PUT /v1/any/x?flag=true",                  undefined, { name: "x", flag: true }],
    ["the same, GET",                          "GET /v1/any/x",                            undefined, { name: "x" }],
    ["a wrapped text",                         "GET /v1/shelves/x?inner.text=%22",         undefined, { inner: { text: '"' } }],
    ["a query parameter, proto name",          "GET /v1/shelves/x?small_number=7",         undefined, { smallNumber: 7 }],
    ["a query parameter, JSON name",           "GET /v1/shelves/x?smallNumber=7",          undefined, { smallNumber: 7 }],
    ["a nested one",                           "GET /v1/shelves/x?inner.deeper.number=-3", undefined, { inner: { deeper: { number: -3 } } }],
    ["two of one nested message",              "GET /v1/shelves/x?inner.text=a&inner.number=1", undefined, { inner: { text: "a", number: 1 } }],
    ["a repeated one",                         "GET /v1/shelves/x?texts=a&texts=b",        undefined, { texts: ["a", "b"] }],
    ["an enum by name",                        "GET /v1/shelves/x?colour=COLOUR_RED",      undefined, { colour: "COLOUR_RED" }],
    ["an enum by number",                      "GET /v1/shelves/x?colour=1",               undefined, { colour: "COLOUR_RED" }],
    ["repeated enums",                         "GET /v1/shelves/x?colours=1&colours=COLOUR_RED", undefined, { colours: ["COLOUR_RED", "COLOUR_RED"] }],
    ["an int64, exactly",                      "GET /v1/shelves/x?long_number=9007199254740993", undefined, { longNumber: "9007199254740993" }],
    ["a double",                               "GET /v1/shelves/x?ratio=-1.5e3",           undefined, { ratio: -1500 }],
    ["a bool",                                 "GET /v1/shelves/x?flag=true",              undefined, { flag: true }],
    ["an optional bool that is false",         "GET /v1/shelves/x?maybe=false",            undefined, { maybe: false }],
    ["bytes",                                  "GET /v1/shelves/x?data=AQID",              undefined, { data: "AQID" }],
    ["a Timestamp",                            "GET /v1/shelves/x?time=2026-01-31T12:00:00Z", undefined, { time: "2026-01-31T12:00:00Z" }],
    ["a Duration",                             "GET /v1/shelves/x?span=1.500s",            undefined, { span: "1.500s" }],
    ["a FieldMask",                            "GET /v1/shelves/x?mask=inner.text,smallNumber", undefined, { mask: "inner.text,smallNumber" }],
    ["a FieldMask of proto names",             "GET /v1/shelves/x?mask=inner.text,small_number", undefined, { mask: "inner.text,smallNumber" }],
    ["a wrapped number",                       "GET /v1/shelves/x?wrapped_number=5",       undefined, { wrappedNumber: "5" }],
    ["a wrapped bool",                         "GET /v1/shelves/x?wrapped_flag=true",      undefined, { wrappedFlag: true }],
    ["a member of a oneof",                    "GET /v1/shelves/x?right=4",                undefined, { right: 4 }],
    ["text is percent-decoded, + is a space",  "GET /v1/shelves/x?inner.text=%C3%A9+%2B",  undefined, { inner: { text: "é +" } }],
    ["an empty text",                          "GET /v1/shelves/x?inner.text=",            undefined, { inner: { text: "" } }],
    ["a field as body, others in the query",   "POST /v1/shelves?name=n",                  { text: "t" }, { name: "n", inner: { text: "t" } }],
    ["a nested variable beside its body",      "PATCH /v1/shelves/t",                      { number: 2 }, { inner: { text: "t", number: 2 } }],
    ["a nested variable, the same in the body", "PATCH /v1/shelves/t",                     { text: "t" }, { inner: { text: "t" } }],
    ["a nested variable without body",         "PATCH /v1/shelves/t",                      undefined, { inner: { text: "t" } }],
    ["the whole body",                         "PUT /v1/shelves/n",                        { smallNumber: 3, long_number: "4" }, { name: "n", smallNumber: 3, longNumber: "4" }],
    ["a JSON null is absent",                  "PUT /v1/shelves/n",                        { small_number: null, inner: null }, { smallNumber: 0 }],
    ["a map, a Struct, repeated messages",     "PUT /v1/shelves/n",                        { labels: { a: "b" }, free: { x: [1, null] }, inners: [{}] }, { labels: { a: "b" }, free: { x: [1, null] }, inners: [{ text: "" }] }],
    ["a custom method with a verb",            "REPORT /v1/shelves:sort",                  undefined, { name: "" }],
    ["no body where the rule has none",        "DELETE /v1/shelves/n",                     undefined, { name: "n" }],
  ])("%s", async (_says, line, body, message) => {
    const { status, json } = await ask(line, body);
    expect(json).toMatchObject(message);
    expect(status).toBe(200);
  });
});

describe("an answer", () => {
  it("has every field without presence, so that false and 0 can be read", async () => {
    const { json } = await ask("GET /v1/shelves/x");
    expect(json).toMatchObject({ flag: false, smallNumber: 0, longNumber: "0", texts: [] });
    expect(json).not.toHaveProperty("maybe");
  });

  it("is the field that response_body names", async () => {
    const { json } = await ask("GET /v1/nested/t");
    expect(json).toEqual({ text: "t", number: 0 });
    expect((await ask("GET /v1/texts?texts=a")).json).toEqual(["a"]);
  });

  it("is a list, where body and response_body name one", async () => {
    const { json } = await ask("POST /v1/shelves/n:import?flag=true", [{ text: "a" }, {}]);
    expect(json).toMatchObject([{ text: "a" }, { text: "" }]);
    expect((await ask("POST /v1/shelves/n:import")).json).toEqual([]);
  });

  it("answers HEAD like GET, without a body", async () => {
    const url = `http://127.0.0.1:${server.ports[0] ?? 0}/v1/shelves/x`;
    const response = await fetch(url, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });
});

describe("a request that is no message is refused, naming the field", () => {
  // prettier-ignore
  it.each<[says: string, line: string, body: unknown, field: string, description: string]>([
    ["an unknown query parameter",        "GET /v1/shelves/x?nme=1",              undefined, "nme",            "is not a query parameter"],
    ["an unknown nested one",             "GET /v1/shelves/x?inner.txt=1",        undefined, "inner.txt",      "is not a query parameter"],
    ["a name of Object.prototype",        "GET /v1/shelves/x?__proto__.a=1",      undefined, "__proto__.a",    "is not a query parameter"],
    ["a message as query parameter",      "GET /v1/shelves/x?inner=1",            undefined, "inner",          "is not a query parameter"],
    ["a field of a scalar",               "GET /v1/shelves/x?texts.a=1",          undefined, "texts.a",        "is not a query parameter"],
    ["a Struct as query parameter",       "GET /v1/shelves/x?free=1",             undefined, "free",           "is not a query parameter"],
    ["a part of a Struct",                "GET /v1/shelves/x?free.fields=1",      undefined, "free.fields",    "is not a query parameter"],
    ["a map as query parameter",          "GET /v1/shelves/x?labels=1",           undefined, "labels",         "is not a query parameter"],
    ["repeated messages as parameter",    "GET /v1/shelves/x?inners=1",           undefined, "inners",         "is not a query parameter"],
    ["what the path says, in the query",  "GET /v1/shelves/x?name=y",             undefined, "name",           "is not a query parameter"],
    ["what the body says, in the query",  "POST /v1/shelves?inner.text=y",        {},        "inner.text",     "is not a query parameter"],
    ["any, where the body is everything", "PUT /v1/shelves/n?flag=true",          {},        "flag",           "the body carries every field"],
    ["one value given twice",             "GET /v1/shelves/x?flag=true&flag=true", undefined, "flag",          "is given twice"],
    ["one field under two names",         "GET /v1/shelves/x?small_number=1&smallNumber=1", undefined, "small_number", "is given twice"],
    ["a bool that is none",               "GET /v1/shelves/x?flag=yes",           undefined, "flag",           "must be true or false, got `yes`"],
    ["a variable that is no enum",        "GET /v1/typed/RED/1/true/1",           undefined, "colour",         "one of COLOUR_UNSPECIFIED, COLOUR_RED"],
    ["a variable that is no number",      "GET /v1/typed/1/x/true/1",             undefined, "long_number",    "must be an integer, got `x`"],
    ["a variable that is no bool",        "GET /v1/typed/1/1/1/1",                undefined, "flag",           "must be true or false, got `1`"],
    ["an object where the body is a list", "POST /v1/shelves/n:import",           { text: "a" }, "inners",    "must be a JSON array"],
    ["an empty number",                   "GET /v1/shelves/x?small_number=",      undefined, "small_number",   "must be an integer"],
    ["a hexadecimal number",              "GET /v1/shelves/x?long_number=0x10",   undefined, "long_number",    "must be an integer"],
    ["a number below its range",          "GET /v1/shelves/x?small_number=-1",    undefined, "small_number",   "from 0 to 4294967295, got \"-1\""],
    ["a number above int64",              "GET /v1/shelves/x?long_number=9223372036854775808", undefined, "long_number", "a 64-bit integer"],
    ["an enum nobody knows",              "GET /v1/shelves/x?colour=RED",         undefined, "colour",         "one of COLOUR_UNSPECIFIED, COLOUR_RED"],
    ["a time that is none",               "GET /v1/shelves/x?time=yesterday",     undefined, "time",           "must be a time such as"],
    ["a duration that is none",           "GET /v1/shelves/x?span=1h",            undefined, "span",           "must be a duration such as"],
    ["a wrapped number that is none",     "GET /v1/shelves/x?wrapped_number=a",   undefined, "wrapped_number", "must be an integer"],
    ["another id in the body",            "PATCH /v1/shelves/t",                  { text: "u" }, "inner.text", "the same as in the path"],
    ["a body that is no object",          "PUT /v1/shelves/n",                    [],        "body",           "must be a JSON object"],
    ["a body field that is no object",    "PATCH /v1/shelves/t",                  3,         "inner",          "must be a JSON object"],
    ["an unknown key",                    "PUT /v1/shelves/n",                    { x: 1 },  "x",              "is unknown: Everything has no such field, known are "],
    ["an unknown key within",             "PUT /v1/shelves/n",                    { inners: [{}, { x: 1 }] }, "inners[1].x", "is unknown: Inner has no such field, known are text"],
    ["a field under both of its names",   "PUT /v1/shelves/n",                    { small_number: 1, smallNumber: 1 }, "small_number", "is given twice"],
    ["both members of a oneof",           "PUT /v1/shelves/n",                    { left: "a", right: 1 }, "body", "more than one field of a oneof"],
    ["text for a message",                "PUT /v1/shelves/n",                    { inner: "a" }, "inner",     "must be a JSON object, got \"a\""],
    ["a scalar for a list",               "PUT /v1/shelves/n",                    { texts: "a" }, "texts",     "must be a JSON array, got \"a\""],
    ["a wrong item of a list",            "PUT /v1/shelves/n",                    { texts: ["a", 1] }, "texts[1]", "must be a string, got 1"],
    ["a null item of a list",             "PUT /v1/shelves/n",                    { inners: [null] }, "inners[0]", "must be a JSON object, got null"],
    ["a fraction for an integer",         "PUT /v1/shelves/n",                    { small_number: 1.5 }, "small_number", "an integer from 0 to 4294967295, got 1.5"],
    ["text for a bool",                   "PUT /v1/shelves/n",                    { flag: "true" }, "flag",    "must be true or false, got \"true\""],
    ["a wrong value of a map",            "PUT /v1/shelves/n",                    { labels: { a: 1 } }, "labels", "must be a JSON object"],
    ["a scalar for a Struct",             "PUT /v1/shelves/n",                    { free: 1 }, "free",         "must be a JSON object, got 1"],
  ])("%s", async (_says, line, body, field, description) => {
    const { status, json } = await ask(line, body);
    expect(json).toMatchObject({
      status: 400,
      code: "INVALID_ARGUMENT",
      reason: "REQUEST_INVALID",
      fieldViolations: [{ field, description: expect.stringContaining(description) as string }],
    });
    expect(status).toBe(400);
  });
});

describe("a server stream", () => {
  // prettier-ignore
  it.each<[says: string, accept: string | undefined, type: string, text: string]>([
    ["is Server-Sent Events for who does not mind", undefined,           "text/event-stream",    "data: J\n\ndata: J\n\n"],
    ["the same for anything",                       "*/*",               "text/event-stream",    "data: J\n\ndata: J\n\n"],
    ["the same for a browser's EventSource",        "text/event-stream", "text/event-stream",    "data: J\n\ndata: J\n\n"],
    ["is one JSON document per line",               "application/x-ndjson", "application/x-ndjson", "J\nJ\n"],
    ["the same under the name of JSON",             "application/json",  "application/json",     "J\nJ\n"],
    ["by preference",                               "text/html, application/x-ndjson;q=0.9, text/event-stream;q=0.1", "application/x-ndjson", "J\nJ\n"],
  ])("%s", async (_says, accept, type, text) => {
    const response = await stream("/v1/shelves:watch?inner.text=a", { accept });
    const message = JSON.stringify((await ask("GET /v1/shelves/x?inner.text=a")).json);
    const json = message.replace('"name":"x"', '"name":""');
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toBe(text.replaceAll("J", json));
  });

  it("is of the field that response_body names", async () => {
    const accept = "application/x-ndjson";
    const response = await stream("/v1/shelves:watchInner", {
      accept,
      body: { inner: { text: "a" } },
    });
    expect(await response.text()).toBe('{"text":"a","number":0}\n'.repeat(2));
  });

  it("is not given in a type that no stream has", async () => {
    const response = await stream("/v1/shelves:watch", { accept: "text/html" });
    expect([response.status, await response.json()]).toMatchObject([
      406,
      { detail: "a stream is given as text/event-stream, application/x-ndjson, application/json" },
    ]);
  });
});

function stream(
  path: string,
  { accept, body }: { readonly accept?: string | undefined; readonly body?: object },
): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.ports[0] ?? 0}${path}`, {
    headers: {
      ...(accept !== undefined && { accept }),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
}

describe("a known path under another method", () => {
  // prettier-ignore
  it.each<[line: string, allow: string]>([
    ["POST /v1/shelves/x",       "DELETE, GET, HEAD, PATCH, PUT"],
    ["GET /v1/shelves",          "POST"],
    ["GET /v1/shelves:sort",     "REPORT"],
  ])("%s is 405 and says what is allowed", async (line, allow) => {
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(`http://127.0.0.1:${server.ports[0] ?? 0}${path}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(await response.json()).toMatchObject({ code: "UNIMPLEMENTED", status: 405 });
  });

  it("tells OPTIONS what is allowed", async () => {
    const url = `http://127.0.0.1:${server.ports[0] ?? 0}/v1/shelves`;
    const response = await fetch(url, { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow")]).toEqual([204, "POST"]);
  });
});
