import { expect, it } from "vitest";
import { issuesOf, readTexts } from "./policy-texts.js";

/** Stands before the place that the problem must name; it is no part of the file. */
const MARK = "▶";

export type RefusedFile = [
  wrong: string,
  /** The main file, with the mark. */
  file: string,
  path: string,
  messagePart: string,
  suggestionPart?: string,
];

/** One test per row: the file is refused, with a problem at the mark that says this. */
export function refuses(rows: readonly RefusedFile[]): void {
  it.each(rows)("%s", (_wrong, marked, path, messagePart, suggestionPart = "") => {
    const load = readTexts(marked.replace(MARK, ""));
    expect(load.ok).toBe(false);

    const before = marked.slice(0, marked.indexOf(MARK)).split("\n");
    const place = { line: before.length, column: (before.at(-1) ?? "").length + 1 };
    const errors = issuesOf(load).filter(({ severity }) => severity === "error");
    const there = errors.filter((issue) => issue.path === path && issue.line === place.line);
    expect(errors).toContainEqual(
      expect.objectContaining({ file: "policies.json", path, ...place }),
    );
    expect(there.map(({ message }) => message).join()).toContain(messagePart);
    expect(there.map(({ suggestion }) => suggestion).join()).toContain(suggestionPart);
  });
}
