import { writeText } from "../../application/write-text.js";

/** Bodies that come one after the other share so much. */
const MEMORY_BYTES = 64 * 1024;
/** UTF-8 takes no more for a UTF-16 unit. */
const MOST_BYTES_OF_UNIT = 3;

/** The text of a record, as UTF-8: a part of memory that it shares with others. */
export interface Body {
  readonly memory: Buffer;
  readonly start: number;
  readonly length: number;
}

/**
 * Writes bodies, piece by piece. Why not texts: a text that is joined from pieces is a tree of them,
 * which garbage collection walks while the record waits, and which is copied when it is stored.
 */
export interface BodyWriter {
  /** Begins a body; what was written of one that did not end is gone. */
  begin(): void;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** What was written since it began. It never changes. */
  end(): Body;
}

export function createBodyWriter(): BodyWriter {
  let memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  let start = 0;
  let at = 0;

  function makeRoom(length: number): void {
    if (at + length <= memory.length) return;
    const written = at - start;
    const next = Buffer.allocUnsafeSlow(Math.max(MEMORY_BYTES, 2 * written + length));
    memory.copy(next, 0, start, at);
    memory = next;
    start = 0;
    at = written;
  }

  return {
    begin() {
      at = start;
    },
    text(text) {
      // Asked only where it may not fit: it reads the whole text.
      if (at + MOST_BYTES_OF_UNIT * text.length > memory.length) makeRoom(Buffer.byteLength(text));
      at = writeText(memory, at, text);
    },
    bytes(bytes) {
      makeRoom(bytes.length);
      memory.set(bytes, at);
      at += bytes.length;
    },
    end() {
      const body = { memory, start, length: at - start };
      start = at;
      return body;
    },
  };
}
