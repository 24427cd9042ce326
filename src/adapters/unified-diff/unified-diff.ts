import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { DiffSide, UnifiedDiff } from "../../application/ports/unified-diff.js";

/** The best comparison takes quadratic time; nobody waits for it. */
const MOST_MS = 50;
const NOWHERE = "/dev/null";

/** Unified diffs by Myers' algorithm. */
export function createUnifiedDiff(): UnifiedDiff {
  return (before, after) => {
    if (before.text === after.text) return "";
    return (
      createTwoFilesPatch(
        nameOf(before),
        nameOf(after),
        before.text ?? "",
        after.text ?? "",
        undefined,
        undefined,
        { context: 3, timeout: MOST_MS, headerOptions: FILE_HEADERS_ONLY },
      ) ?? oneAfterTheOther(before, after)
    );
  };
}

function oneAfterTheOther(before: DiffSide, after: DiffSide): string {
  const old = linesOf(before);
  const young = linesOf(after);
  return [
    `--- ${nameOf(before)}`,
    `+++ ${nameOf(after)}`,
    `@@ -1,${old.length} +1,${young.length} @@`,
    ...old.map((line) => `-${line}`),
    ...young.map((line) => `+${line}`),
    "",
  ].join("\n");
}

function nameOf({ name, text }: DiffSide): string {
  return text === undefined ? NOWHERE : name;
}

function linesOf({ text = "" }: DiffSide): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}
