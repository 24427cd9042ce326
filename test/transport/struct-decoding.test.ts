import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { CheckConnectionRequest } from "../../src/gen/flopynet/policy/v1/decision_service.js";
import { Struct } from "../../src/gen/google/protobuf/struct.js";

const CONTEXT_FIELD = 10;
const text = (value: string) => new BinaryWriter().uint32(26).string(value).finish();
const object = (bytes: Uint8Array) => new BinaryWriter().uint32(42).bytes(bytes).finish();
const list = (...values: Uint8Array[]) =>
  new BinaryWriter()
    .uint32(50)
    .bytes(
      values.reduce((writer, value) => writer.uint32(10).bytes(value), new BinaryWriter()).finish(),
    )
    .finish();
const WITHOUT_KIND = new Uint8Array();

/** A Struct as bytes on the wire, so that nothing of ours has seen the key before the decoder. */
function structBytes(key: string, value: Uint8Array): Uint8Array {
  const entry = new BinaryWriter().uint32(10).string(key).uint32(18).bytes(value).finish();
  return new BinaryWriter().uint32(10).bytes(entry).finish();
}

function decodedContext(struct: Uint8Array): unknown {
  const bytes = new BinaryWriter()
    .uint32((CONTEXT_FIELD << 3) | 2)
    .bytes(struct)
    .finish();
  return CheckConnectionRequest.decode(bytes).context;
}

describe("decoding a Struct from the wire", () => {
  const inner = structBytes("__proto__", text("x"));

  it.each<[says: string, struct: Uint8Array, path: string[]]>([
    ["keeps __proto__ at the top", inner, []],
    ["keeps __proto__ with an object", structBytes("__proto__", object(inner)), ["__proto__"]],
    ["keeps a nested __proto__", structBytes("a", object(inner)), ["a"]],
    ["keeps __proto__ in a list", structBytes("a", list(object(inner))), ["a", "0"]],
  ])("%s as an own key", (_says, struct, path) => {
    const holder = path.reduce<unknown>(
      (value, key) => Object.getOwnPropertyDescriptor(value, key)?.value,
      decodedContext(struct),
    );
    expect(Object.keys(holder as object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(holder)).toBeNull();
  });

  it.each<[says: string, struct: Uint8Array, context: unknown]>([
    ["is null in a struct", structBytes("a", WITHOUT_KIND), { a: null }],
    ["is null in a list", structBytes("a", list(WITHOUT_KIND)), { a: [null] }],
  ])("a value without a kind %s, never undefined", (_says, struct, context) => {
    expect({ ...(decodedContext(struct) as object) }).toStrictEqual(context);
  });

  it("writes __proto__ back to the wire", () => {
    const struct = structBytes("__proto__", text("x"));
    expect(Struct.encode(Struct.decode(struct)).finish()).toEqual(struct);
  });

  it("refuses nesting that would exhaust the stack", () => {
    let struct = structBytes("a", text("x"));
    for (let depth = 0; depth < 1_000; depth++) struct = structBytes("a", object(struct));
    expect(() => decodedContext(struct)).toThrow("recursion limit");
  });
});
