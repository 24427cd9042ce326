import { CONNECTION_FIELDS } from "../../core/connection-violations.js";
import type { Value } from "../../core/values.js";
import type { Matrix, When } from "./test-file-schema.js";

export interface MatrixCase {
  readonly name: string;
  readonly when: When;
  readonly allowed: boolean;
  /** Of the row within the matrix. */
  readonly path: readonly string[];
}

/** One case for each cell: what all have in common, with the row's and the column's attribute. */
export function casesOfMatrix({ name, when, columns, rows }: Matrix): readonly MatrixCase[] {
  return Object.entries(columns).flatMap(([columnName, columnValues]) =>
    Object.entries(rows).flatMap(([rowName, lines]) =>
      Object.entries(lines).flatMap(([row, cells]) =>
        cells.map((cell, index): MatrixCase => {
          const rowValue = isPort(rowName) && /^\d{1,5}$/.test(row) ? Number(row) : row;
          const columnValue = columnValues[index] ?? null;
          const place = `${rowName} ${row}, ${columnName} ${textOf(columnValue)}`;
          return {
            name: `${name}: ${place}`,
            when: withAttribute(withAttribute(when, rowName, rowValue), columnName, columnValue),
            allowed: cell === "allow",
            path: ["rows", rowName, row],
          };
        }),
      ),
    ),
  );
}

function withAttribute(when: When, name: string, value: Value): When {
  const { connection, context } = when;
  // Every other attribute of a connection goes into its context.
  if (!connection) return { ...when, context: { ...context, [name]: copied(value) } };
  return CONNECTION_FIELDS.has(name)
    ? { connection: { ...connection, [name]: value } }
    : { connection: { ...connection, context: { ...connection.context, [name]: copied(value) } } };
}

type Json = NonNullable<When["context"]>[string];

function copied(value: Value): Json {
  return structuredClone(value) as Json;
}

function isPort(name: string): boolean {
  return name === "src_port" || name === "dst_port";
}

function textOf(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
