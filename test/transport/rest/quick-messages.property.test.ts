import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDescriptorRegistry } from "../../../src/transport/descriptors.js";
import type { PlainMessage } from "../../../src/transport/rest/quick-messages.js";
import { quickReader } from "../../../src/transport/rest/quick-reader.js";
import { quickWriter } from "../../../src/transport/rest/quick-writer.js";
import { SERVICE_DEFINITIONS } from "../../../src/transport/service-definitions.js";
import { arbitraryProtoJson } from "../../support/arbitrary-proto-json.js";

interface Definition {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => PlainMessage;
  readonly responseSerialize: (message: PlainMessage) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => PlainMessage;
}

const registry = createDescriptorRegistry();
const methods = Object.values(SERVICE_DEFINITIONS)
  .flatMap((service) => Object.values(service) as unknown as Definition[])
  .map((definition) => {
    const [, service = "", name = ""] = definition.path.split("/");
    const method = registry.getService(service)?.methods.find((one) => one.name === name);
    if (!method) throw new Error(`no descriptor of ${definition.path}`);
    return [definition.path, definition, method] as const;
  });

/** By the descriptors and the wire, which is the definition. */
function readByTheWire({ input }: DescMethod, definition: Definition, json: JsonValue): unknown {
  return definition.requestDeserialize(Buffer.from(toBinary(input, fromJson(input, json))));
}

function writeByTheWire({ output }: DescMethod, definition: Definition, plain: PlainMessage) {
  const bytes = definition.responseSerialize(plain);
  return toJson(output, fromBinary(output, bytes), { alwaysEmitImplicit: true });
}

describe.each(methods)("the shortcut of %s", (_path, definition, method) => {
  it("reads what the wire gives, or nothing", () => {
    const read = quickReader(method.input);
    const property = fc.property(arbitraryProtoJson(method.input), (json) => {
      const plain = read(json);
      fc.pre(plain !== undefined);
      expect(plain).toEqual(readByTheWire(method, definition, json));
    });
    fc.assert(property, { numRuns: 30, maxSkipsPerRun: 10_000 });
  });

  it("reads everything whose values are of the plainest form", () => {
    const read = quickReader(method.input);
    const property = fc.property(arbitraryProtoJson(method.input, "plainest"), (json) => {
      expect(read(json)).toEqual(readByTheWire(method, definition, json));
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("writes what the wire gives, or nothing", () => {
    const write = quickWriter(method.output);
    const property = fc.property(arbitraryProtoJson(method.output), (json) => {
      const bytes = toBinary(method.output, fromJson(method.output, json));
      const plain = definition.responseDeserialize(Buffer.from(bytes));
      const written = write(plain);
      fc.pre(written !== undefined);
      expect(JSON.stringify(written)).toBe(
        JSON.stringify(writeByTheWire(method, definition, plain)),
      );
    });
    fc.assert(property, { numRuns: 30, maxSkipsPerRun: 10_000 });
  });
});

describe("the shortcut is for", () => {
  const inputOf = (rpc: string) => {
    const [, , method] = methods.find(([path]) => path.endsWith(`/${rpc}`)) ?? [];
    if (!method) throw new Error(`no ${rpc}`);
    return method.input;
  };

  // prettier-ignore
  it.each<[says: string, rpc: string, json: JsonObject, is: boolean]>([
    ["a check",                         "CheckConnection", { src_type: "a", dstPort: 1, context: { a: [1, { b: null }] } }, true],
    ["a batch",                         "BatchCheckConnections", { items: [{}, { src_ip: "10.0.0.1" }] }, true],
    ["and not for an unknown field",    "CheckConnection", { src_tipe: "a" },                false],
    ["nor for a field under two names", "CheckConnection", { src_type: "a", srcType: "a" },  false],
    ["nor for a number as text",        "CheckConnection", { dst_port: "1" },                false],
    ["nor for a number beyond its type", "CheckConnection", { dst_port: 2 ** 32 },           false],
    ["nor for a fraction",              "CheckConnection", { dst_port: 1.5 },                false],
    ["nor for a negative port",         "CheckConnection", { dst_port: -1 },                 false],
    ["nor for another type",            "CheckConnection", { src_type: 1 },                  false],
    ["nor for null",                    "CheckConnection", { src_type: null },               false],
    ["nor for an object in place of a list", "BatchCheckConnections", { items: {} },         false],
    ["nor for a null in a list",        "BatchCheckConnections", { items: [null] },          false],
  ])("%s", (_says, rpc, json, is) => {
    expect(quickReader(inputOf(rpc))(json) !== undefined).toBe(is);
  });
});
