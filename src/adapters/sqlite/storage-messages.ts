export type SqlValue = string | number | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

export interface Statement {
  readonly sql: string;
  /** Bytes must have their memory to themselves: it is handed over, and gone for who asks. */
  readonly params: SqlRow;
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

/** What the storage thread goes on with, where one before it has ended. */
export interface LogToContinue {
  readonly logId: string;
  /** Sequence of the newest event that was acknowledged. */
  readonly newestEvent: number;
  /** A statement found the database damaged: all of it is checked. */
  readonly isSuspect: boolean;
}

/** What the storage thread is started with. */
export interface StorageThreadData {
  readonly dataDir: string;
  readonly toContinue?: LogToContinue | undefined;
}

/** A commit as it was answered, or would have been. */
export interface LastCommit {
  readonly id: number;
  readonly units: readonly UnitResult[];
}

/** What was found when the database was opened. */
export interface OpenedDatabase {
  /** UUID; a new or restored database has a new one. */
  readonly logId: string;
  /** 0 when there never was an event. */
  readonly newestEvent: number;
  /** `newestEvent + 1` when there is none. */
  readonly oldestEvent: number;
  /** Where a database that could not be used was put; absent when none was. */
  readonly setAside?: SetAsideDatabase;
  /** Of this process: the thread may have ended before it could answer. */
  readonly lastCommit?: LastCommit;
}

/** A database that could not be used: where it is now, and why. */
export interface SetAsideDatabase {
  readonly file: string;
  readonly why: string;
}

export type StorageResponse =
  | { readonly kind: "opened"; readonly database: OpenedDatabase }
  | { readonly kind: "not-opened"; readonly message: string }
  | { readonly kind: "committed"; readonly id: number; readonly units: readonly UnitResult[] }
  | { readonly kind: "rows"; readonly id: number; readonly rows: readonly SqlRow[] }
  /** Nothing of the request was kept. Where the database is damaged the thread ends after it. */
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly message: string;
      readonly isDamaged: boolean;
    };
