import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PdpError } from "../../src/application/errors.js";
import { createEventCursors } from "../../src/application/event-cursor.js";
import { tokenOf } from "../../src/application/opaque-token.js";

const LOG_ID = "6c7a3f9e-0000-4000-8000-000000000001";
const OTHER_LOG_ID = "6c7a3f9e-0000-4000-8000-000000000002";
const cursors = createEventCursors(LOG_ID);

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error instanceof PdpError ? error.failure : error;
  }
  return "no failure";
}

describe("a cursor", () => {
  it("gives back the sequence it was made of", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (sequence) => {
        const cursor = cursors.cursorAt(sequence);
        expect(cursors.sequenceOf(cursor, sequence, "after_cursor")).toBe(sequence);
      }),
    );
  });

  it.each<[says: string, cursor: string]>([
    ["text that is none", "nonsense"],
    ["a number", "7"],
    ["one that lost its end", cursors.cursorAt(10).slice(0, -2)],
    ["blanks around one", ` ${cursors.cursorAt(1)} `],
    ["padding after one", `${cursors.cursorAt(1)}=`],
    ["a form of another version", tokenOf(`c2:${LOG_ID}:1`)],
    ["a negative sequence", tokenOf(`c1:${LOG_ID}:-1`)],
    ["leading zeros", tokenOf(`c1:${LOG_ID}:01`)],
    ["a sequence that has not been", cursors.cursorAt(11)],
    ["a sequence beyond what numbers hold", tokenOf(`c1:${LOG_ID}:99999999999999999999`)],
    ["a page token", cursors.pageTokenAt({ sequence: 1, queryHash: "ab" })],
  ])("is refused as invalid: %s", (_says, cursor) => {
    const failure = failureOf(() => cursors.sequenceOf(cursor, 10, "after_cursor"));
    expect(failure).toEqual({ reason: "CURSOR_INVALID", field: "after_cursor" });
  });

  it("of another log is refused as such, whatever its sequence", () => {
    const cursor = createEventCursors(OTHER_LOG_ID).cursorAt(99);
    const failure = failureOf(() => cursors.sequenceOf(cursor, 10, "after_cursor"));
    expect(failure).toEqual({ reason: "CURSOR_OF_ANOTHER_LOG", field: "after_cursor" });
  });

  it("is read or refused, never a crash, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const failure = failureOf(() => cursors.sequenceOf(text, 10, "x"));
        expect(failure).toEqual({ reason: "CURSOR_INVALID", field: "x" });
      }),
    );
  });
});

describe("a page token", () => {
  it("gives back place and query", () => {
    const token = cursors.pageTokenAt({ sequence: 5, queryHash: "abc123" });
    const position = cursors.pagePositionOf(token, 5, "page_token");
    expect(position).toEqual({ sequence: 5, queryHash: "abc123" });
  });

  it.each<[says: string, token: string, reason: string]>([
    ["a cursor", cursors.cursorAt(1), "CURSOR_INVALID"],
    ["text that is none", "x", "CURSOR_INVALID"],
    [
      "one of another log",
      createEventCursors(OTHER_LOG_ID).pageTokenAt({ sequence: 1, queryHash: "ab" }),
      "CURSOR_OF_ANOTHER_LOG",
    ],
  ])("is refused: %s", (_says, token, reason) => {
    const failure = failureOf(() => cursors.pagePositionOf(token, 10, "page_token"));
    expect(failure).toEqual({ reason, field: "page_token" });
  });
});
