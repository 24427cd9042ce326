import { PdpError } from "./errors.js";
import { placeOf, tokenOf } from "./opaque-token.js";

/** Where a list of events goes on. */
export interface PagePosition {
  /** Oldest first: after it. Newest first: before it. */
  readonly sequence: number;
  /** Which query the page belongs to. */
  readonly queryHash: string;
}

/** Opaque texts that hold a place in one event log, and are refused by any other. */
export interface EventCursors {
  readonly cursorAt: (sequence: number) => string;
  /**
   * @param newest - Sequence of the newest event; a cursor beyond it was never given out.
   * @throws {PdpError} CURSOR_INVALID, CURSOR_OF_ANOTHER_LOG.
   */
  sequenceOf(cursor: string, newest: number, field: string): number;
  pageTokenAt(position: PagePosition): string;
  /** @throws {PdpError} CURSOR_INVALID, CURSOR_OF_ANOTHER_LOG. */
  pagePositionOf(token: string, newest: number, field: string): PagePosition;
}

const CURSOR = /^c1:([^:]+):(0|[1-9][0-9]{0,15})$/;
const PAGE_TOKEN = /^p1:([^:]+):(0|[1-9][0-9]{0,15}):([0-9a-f]{1,16})$/;

/** @param logId - UUID of the log. */
export function createEventCursors(logId: string): EventCursors {
  function read(text: string, form: RegExp, newest: number, field: string) {
    const [, ofLog, digits, rest] = form.exec(placeOf(text) ?? "") ?? [];
    if (ofLog === undefined) throw new PdpError({ reason: "CURSOR_INVALID", field });
    if (ofLog !== logId) throw new PdpError({ reason: "CURSOR_OF_ANOTHER_LOG", field });
    const sequence = Number(digits);
    if (sequence > newest) throw new PdpError({ reason: "CURSOR_INVALID", field });
    return { sequence, rest: rest ?? "" };
  }

  return {
    cursorAt: (sequence) => tokenOf(`c1:${logId}:${sequence}`),
    sequenceOf: (cursor, newest, field) => read(cursor, CURSOR, newest, field).sequence,
    pageTokenAt: ({ sequence, queryHash }) => tokenOf(`p1:${logId}:${sequence}:${queryHash}`),
    pagePositionOf(token, newest, field) {
      const { sequence, rest } = read(token, PAGE_TOKEN, newest, field);
      return { sequence, queryHash: rest };
    },
  };
}
