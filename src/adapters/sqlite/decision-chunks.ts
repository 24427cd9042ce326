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
/** From the oldest decision of a chunk to the newest. */
export const CHUNK_SPAN_MS = 1000;
/** Bytes of the decisions of a chunk; one decision alone may be longer. */
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
}

type DecisionRow = StoredRow<DecisionFacts>;

/** Both parts are pieces that begin with a comma: in front of the first stands what opens the whole. */
interface Chunk {
  readonly shared: Set<SharedJson>;
  sharedLength: number;
  readonly bodies: Body[];
  bodiesLength: number;
  oldestMs: number;
  newestMs: number;
}

/** The parameters of `INSERT_CHUNKS`. */
export function chunkParams(rows: readonly DecisionRow[]): SqlRow {
  const chunks: Chunk[] = [];
  let last: Chunk | undefined;
  for (const row of rows) {
    if (!last || !hasRoom(last, row)) {
      last = emptyChunk();
      chunks.push(last);
    }
    add(last, row);
  }
  return chunksAsParams(chunks);
}

function emptyChunk(): Chunk {
  const empty = { shared: new Set<SharedJson>(), sharedLength: 0, bodies: [], bodiesLength: 0 };
  return { ...empty, oldestMs: Infinity, newestMs: -Infinity };
}

function hasRoom(chunk: Chunk, { columns: { timeMs }, body }: DecisionRow): boolean {
  return (
    chunk.bodies.length < CHUNK_DECISIONS &&
    chunk.bodiesLength + body.length <= CHUNK_LENGTH &&
    Math.max(chunk.newestMs, timeMs) - Math.min(chunk.oldestMs, timeMs) <= CHUNK_SPAN_MS
  );
}

function add(chunk: Chunk, { columns: { timeMs, shared }, body }: DecisionRow): void {
  for (const one of shared) {
    if (chunk.shared.has(one)) continue;
    chunk.shared.add(one);
    chunk.sharedLength += one.member.length;
  }
  chunk.bodies.push(body);
  chunk.bodiesLength += body.length;
  chunk.oldestMs = Math.min(chunk.oldestMs, timeMs);
  chunk.newestMs = Math.max(chunk.newestMs, timeMs);
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
