/** Bodies that come one after the other share so much. */
const MEMORY_BYTES = 64 * 1024;
/** UTF-8 takes no more for a UTF-16 unit. */
const MOST_BYTES_OF_UNIT = 3;

/** The text of a record, as UTF-8: a part of memory that it shares with others. It never changes. */
export interface Body {
  readonly memory: Buffer;
  readonly start: number;
  readonly length: number;
}

/**
 * Writes bodies, one after the other. Why not texts: a text that is joined from pieces is a tree of
 * them, which garbage collection walks while the record waits, and which is copied when it is stored.
 */
export function createBodyWriter(): (text: string) => Body {
  let memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  let end = 0;
  return (text) => {
    // Counted only where it may not fit: that reads the whole text.
    if (end + MOST_BYTES_OF_UNIT * text.length > memory.length) {
      const length = Buffer.byteLength(text);
      if (end + length > memory.length) {
        memory = Buffer.allocUnsafeSlow(Math.max(MEMORY_BYTES, length));
        end = 0;
      }
    }
    const start = end;
    const length = memory.write(text, start);
    end += length;
    return { memory, start, length };
  };
}
