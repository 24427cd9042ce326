import type { Body } from "./body-writer.js";

/** What is stored of a record: its text, and what is looked up. */
export interface StoredRow<Columns> {
  readonly columns: Columns;
  readonly body: Body;
}

/*
 * The rows of an insert, as its two parameters. Why not one JSON text of all bodies: SQLite reads each
 * twice then, to cut it out and to find the columns in it, which takes longer than to store it.
 */

/** What an insert selects from: a row each, whose columns are `value ->> 2` and so on. */
export const STORED_ROWS = "json_each(?1)";
/** The body of a row. */
export const STORED_BODY = "CAST(substr(?2, value ->> 0, value ->> 1) AS TEXT)";

/**
 * The parameters of an insert from `STORED_ROWS`. The bytes are handed over with it.
 *
 * @param rows - With the values of their columns as the elements of a JSON array.
 */
export function storedRows(rows: readonly StoredRow<string>[]): readonly [string, Uint8Array] {
  const length = rows.reduce((sum, { body }) => sum + body.length, 0);
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = 0;
  const places = rows.map(({ columns, body }) => {
    const place = `[${end + 1},${body.length},${columns}]`; // SQL counts from 1.
    end += body.memory.copy(bytes, end, body.start, body.start + body.length);
    return place;
  });
  return [`[${places.join(",")}]`, bytes];
}
