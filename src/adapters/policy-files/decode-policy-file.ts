import { createPlaceFinder } from "./json-tree.js";

/** Largest policy file that is read. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

export type DecodedFile =
  | { readonly ok: true; readonly text: string; readonly warning?: string }
  | {
      readonly ok: false;
      readonly message: string;
      readonly suggestion: string;
      readonly place?: { readonly line: number; readonly column: number };
    };

/** Reads UTF-8. A byte order mark is tolerated with a warning; any other encoding is refused. */
export function decodePolicyFile(bytes: Uint8Array): DecodedFile {
  const suggestion = "save it as UTF-8";
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { ok: false, message: "the file is UTF-16", suggestion };
  }
  if (bytes.length > 1 && (bytes[0] === 0 || bytes[1] === 0)) {
    return { ok: false, message: "the file is UTF-16 or UTF-32", suggestion };
  }
  try {
    const text = strictDecoder().decode(bytes);
    return text.startsWith("\uFEFF")
      ? { ok: true, text: text.slice(1), warning: "the file begins with a byte order mark" }
      : { ok: true, text };
  } catch {
    const text = validBeginning(bytes);
    return {
      ok: false,
      message: "the file is not UTF-8: these bytes are no character",
      suggestion,
      place: createPlaceFinder(text)(text.length),
    };
  }
}

// The longest beginning that is UTF-8: the decoder says that bytes are wrong, and not where.
function validBeginning(bytes: Uint8Array): string {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (decodeBeginning(bytes, middle) === undefined) invalid = middle;
    else valid = middle;
  }
  return decodeBeginning(bytes, valid) ?? "";
}

function decodeBeginning(bytes: Uint8Array, length: number): string | undefined {
  try {
    return strictDecoder().decode(bytes.subarray(0, length), { stream: true });
  } catch {
    return undefined;
  }
}

function strictDecoder(): InstanceType<typeof TextDecoder> {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}
