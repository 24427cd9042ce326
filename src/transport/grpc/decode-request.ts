import { PdpError } from "../../application/errors.js";
import { RequestReader } from "./request-reader.js";

// Why not the reader's own: it puts U+FFFD in the place of what is not UTF-8.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decodeUtf8 = (bytes: Uint8Array): string => strictUtf8.decode(bytes);

/**
 * A decoder that refuses bad bytes in our words. It takes what every decoder reads alike: no tag 0, no
 * groups, no field past the end of its message, text in UTF-8. It throws a PdpError
 * (REQUEST_INVALID), so it is no `requestDeserialize`: grpc-js answers INTERNAL where that throws.
 */
export function decoding<Request>(
  typeName: string,
  deserialize: (bytes: Buffer) => Request,
): (bytes: Buffer) => Request {
  return (bytes) => {
    try {
      return deserialize(new RequestReader(bytes, decodeUtf8) as unknown as Buffer);
    } catch {
      // In our words: those of the decoder name no field.
      const rule = `must be the bytes of a ${typeName}, its texts in UTF-8, nested at most 100 levels deep`;
      throw new PdpError({ reason: "REQUEST_INVALID", violations: [{ field: "request", rule }] });
    }
  };
}

/** Messages as they are on the wire: who decodes them later can refuse them in words of their own. */
export const asBytes = (bytes: Buffer): Buffer => bytes;
