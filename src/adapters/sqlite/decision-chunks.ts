import type { Body } from "./body-writer.js";
import type { SharedJson } from "./decision-json.js";
import type { SqlRow } from "./storage-messages.js";
import type { StoredRow } from "./stored-rows.js";

/*
 * Decisions are stored in chunks: a row holds up to 256 of them, and once what they share. Why: a row
 * for each costs the storage thread more than half of what it does, and most of what is in a row is in
 * those beside it, too.
 */

/** Decisions of a chunk; the place of one is `chunk * CHUNK_DECISIONS + index`. */
export const CHUNK_DECISIONS = 256;
/**
 * From the oldest decision of a chunk to the newest: more than passes between two commits. Chunks of a
 * list overlap by so much, and a page reads again what overlaps with it.
 */
export const CHUNK_SPAN_MS = 100;
/** Bytes of a chunk; one decision alone may be longer. */
const CHUNK_LENGTH = 128 * 1024;

export const INSERT_CHUNKS = `
  INSERT INTO decision_chunks (oldest_time_ms, newest_time_ms, size, shared, decisions)
  SELECT value ->> 3, value ->> 4, (value ->> 1) + (value ->> 2),
    CAST(substr(?2, value ->> 0, value ->> 1) AS TEXT),
    CAST(substr(?2, (value ->> 0) + (value ->> 1), value ->> 2) AS TEXT)
  FROM json_each(?1)`;

const [OPEN_OBJECT = 0, CLOSE_OBJECT = 0, OPEN_LIST = 0, CLOSE_LIST = 0] = Buffer.from("{}[]");

/** What is looked up of a decision; its body is its JSON after a comma. */
export interface DecisionFacts {
  readonly timeMs: number;
  readonly shared: readonly SharedJson[];
  /** Bytes of `shared`. */
  readonly sharedLength: number;
}

type DecisionRow = StoredRow<DecisionFacts>;

/** Both parts are pieces that begin with a comma: in front of the first stands what opens the whole. */
interface Chunk {
  readonly shared: Set<SharedJson>;
  sharedLength: number;
  readonly bodies: Body[];
  bodiesLength: number;
  readonly oldestMs: number;
  newestMs: number;
}

/** The parameters of `INSERT_CHUNKS`; those of one millisecond keep their order. */
export function chunkParams(rows: readonly DecisionRow[]): SqlRow {
  const chunks: Chunk[] = [];
  let last: Chunk | undefined;
  for (const row of rows.toSorted((left, right) => left.columns.timeMs - right.columns.timeMs)) {
    if (!last || !tryAdd(last, row)) {
      last = chunkOf(row);
      chunks.push(last);
    }
  }
  return chunksAsParams(chunks);
}

function chunkOf({ columns: { timeMs, shared, sharedLength }, body }: DecisionRow): Chunk {
  return {
    ...{ shared: new Set(shared), sharedLength },
    ...{ bodies: [body], bodiesLength: body.length, oldestMs: timeMs, newestMs: timeMs },
  };
}

/**
 * Adds a decision where there is room for it.
 *
 * @param row - Not before what the chunk has.
 * @returns Whether there was.
 */
function tryAdd(chunk: Chunk, { columns: { timeMs, shared }, body }: DecisionRow): boolean {
  if (chunk.bodies.length === CHUNK_DECISIONS) return false;
  if (timeMs - chunk.oldestMs > CHUNK_SPAN_MS) return false;
  const moreShared = lengthBeside(chunk, shared);
  const length = chunk.sharedLength + chunk.bodiesLength + moreShared + body.length;
  if (length > CHUNK_LENGTH) return false;
  if (moreShared > 0) for (const one of shared) chunk.shared.add(one);
  chunk.sharedLength += moreShared;
  chunk.bodies.push(body);
  chunk.bodiesLength += body.length;
  chunk.newestMs = timeMs;
  return true;
}

function lengthBeside(chunk: Chunk, shared: readonly SharedJson[]): number {
  let length = 0;
  for (const one of shared) if (!chunk.shared.has(one)) length += one.member.length;
  return length;
}

function chunksAsParams(chunks: readonly Chunk[]): SqlRow {
  const CLOSINGS = 2;
  const lengthOf = ({ sharedLength, bodiesLength }: Chunk): number =>
    sharedLength + bodiesLength + CLOSINGS;
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, chunk) => sum + lengthOf(chunk), 0));
  let end = 0;
  const places = chunks.map((chunk) => {
    const start = end;
    for (const { member } of chunk.shared) {
      bytes.set(member, end);
      end += member.length;
    }
    bytes[start] = OPEN_OBJECT;
    bytes[end++] = CLOSE_OBJECT;
    const listStart = end;
    for (const { memory, start: from, length } of runsOf(chunk.bodies)) {
      end += memory.copy(bytes, end, from, from + length);
    }
    bytes[listStart] = OPEN_LIST;
    bytes[end++] = CLOSE_LIST;
    const { oldestMs, newestMs } = chunk;
    // SQL counts from 1.
    return [start + 1, listStart - start, end - listStart, oldestMs, newestMs];
  });
  return [JSON.stringify(places), bytes];
}

/** The same memory in fewer parts: bodies were written one after the other. */
function runsOf(bodies: readonly Body[]): readonly Body[] {
  const runs: { memory: Buffer; start: number; length: number }[] = [];
  let last: (typeof runs)[number] | undefined;
  for (const { memory, start, length } of bodies) {
    if (last?.memory === memory && last.start + last.length === start) last.length += length;
    else runs.push((last = { memory, start, length }));
  }
  return runs;
}
