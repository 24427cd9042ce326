import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PdpError } from "../../../src/application/errors.js";
import { CheckConnectionRequest } from "../../../src/gen/flopynet/policy/v1/decision_service.js";
import { decoding } from "../../../src/transport/grpc/decode-request.js";

const decode = decoding("check", (bytes) => CheckConnectionRequest.decode(bytes));

const text = fc.string({ unit: "grapheme", maxLength: 80 });
const encoded = fc
  .record({
    requestId: text,
    srcIp: text,
    dstPort: fc.integer({ min: 0, max: 65_535 }),
    context: fc.dictionary(text, fc.jsonValue({ maxDepth: 4 })),
  })
  .map((fields) => Buffer.from(CheckConnectionRequest.encode(requestOf(fields)).finish()));

function requestOf(fields: object): CheckConnectionRequest {
  return CheckConnectionRequest.create(fields);
}

/** The field that is refused; `request` for what is read as well. */
function outcomeOf(bytes: Buffer): string {
  try {
    decode(bytes);
    return "request";
  } catch (error) {
    return error instanceof PdpError ? error.message.slice(0, 7) : String(error);
  }
}

describe("decoding bytes from outside", () => {
  it("takes every encoded request, and gives back the same bytes", () => {
    fc.assert(
      fc.property(encoded, (bytes) => {
        const request = decode(bytes);
        expect(Buffer.from(CheckConnectionRequest.encode(request).finish())).toEqual(bytes);
      }),
    );
  });

  it("takes a field that it does not know", () => {
    expect(decode(Buffer.from([0x98, 0x3f, 0x01]))).toEqual(CheckConnectionRequest.create());
  });

  it("throws nothing else, whatever the bytes: they are a request, or a refusal that names `request`", () => {
    const changed = fc
      .tuple(encoded, fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 }))
      .map(([bytes, at, put, cut]) => {
        const start = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]);
      });
    fc.assert(
      fc.property(changed, (bytes) => {
        expect(outcomeOf(bytes)).toBe("request");
      }),
    );
  });
});
