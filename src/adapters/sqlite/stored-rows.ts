/** What is stored of a record: its text, and the columns that are looked up. */
export interface StoredRow {
  /** The values of the columns, as the elements of a JSON array. */
  readonly columns: string;
  readonly body: string;
}

/*
 * The rows of an insert, as its two parameters. Why not one JSON text of all bodies: SQLite reads each
 * twice then, to cut it out and to find the columns in it, which takes longer than to store it.
 */

/** What an insert selects from: a row each, whose columns are `value ->> 2` and so on. */
export const STORED_ROWS = "json_each(?1)";
/** The body of a row. */
export const STORED_BODY = "CAST(substr(?2, value ->> 0, value ->> 1) AS TEXT)";

/** UTF-8 takes no more for a UTF-16 unit. */
const MOST_BYTES_OF_UNIT = 3;

/** The parameters of an insert from `STORED_ROWS`. The bytes are handed over with it. */
export function storedRows(rows: readonly StoredRow[]): readonly [string, Uint8Array] {
  const units = rows.reduce((sum, { body }) => sum + body.length, 0);
  // Each is written once: to ask for its length in bytes first, or to join them, reads it once more.
  const bytes = Buffer.allocUnsafeSlow(MOST_BYTES_OF_UNIT * units);
  let end = 0;
  const places = rows.map(({ columns, body }) => {
    const length = bytes.write(body, end);
    const place = `[${end + 1},${length},${columns}]`; // SQL counts from 1.
    end += length;
    return place;
  });
  return [`[${places.join(",")}]`, bytes.subarray(0, end)];
}
