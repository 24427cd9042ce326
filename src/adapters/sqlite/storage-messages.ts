export type SqlValue = string | number | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** Fails its unit with this sentence when it changes no row. */
  readonly mustChange?: string;
}

/** Statements that take effect all or none. The units of one commit share a transaction, and so a sync. */
export type Unit = readonly Statement[];

/** From the main thread to the one that owns the connection. */
export type StorageRequest =
  | { readonly kind: "commit"; readonly id: number; readonly units: readonly Unit[] }
  | { readonly kind: "query"; readonly id: number; readonly sql: string; readonly params: SqlRow }
  | { readonly kind: "close"; readonly id: number };

export type UnitResult =
  | {
      readonly ok: true;
      /** Row id of the last row that each statement inserted. */
      readonly lastIds: readonly number[];
    }
  | { readonly ok: false; readonly message: string };

/** What was found when the database was opened. */
export interface OpenedDatabase {
  /** UUID; a new or restored database has a new one. */
  readonly logId: string;
  /** 0 when there never was an event. */
  readonly newestEvent: number;
  /** `newestEvent + 1` when there is none. */
  readonly oldestEvent: number;
  /** Where a database that could not be used was put; absent when none was. */
  readonly setAside?: { readonly file: string; readonly why: string };
}

export type StorageResponse =
  | { readonly kind: "opened"; readonly database: OpenedDatabase }
  | { readonly kind: "not-opened"; readonly message: string }
  | { readonly kind: "committed"; readonly id: number; readonly units: readonly UnitResult[] }
  | { readonly kind: "rows"; readonly id: number; readonly rows: readonly SqlRow[] }
  /** Nothing of the request was kept. */
  | { readonly kind: "failed"; readonly id: number; readonly message: string };
