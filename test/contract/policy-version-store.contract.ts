import { expect, it } from "vitest";
import type { PolicyVersionStore } from "../../src/application/ports/policy-version-store.js";

type Assigned = [contentHash: string, fileVersion: number | undefined, version: number];

/** What every policy version store promises. `create` gives an empty one. */
export function describePolicyVersionStore(create: () => PolicyVersionStore): void {
  it.each<[says: string, assigned: Assigned[]]>([
    ["starts at 1 where the file gives no number", [["a", undefined, 1]]],
    ["starts at the file's number", [["a", 2, 2]]],
    ["keeps the number while the content is the same", [["a", 2, 2], ["a", 2, 2]]], // prettier-ignore
    ["keeps it even when only the file's number changed", [["a", 2, 2], ["a", 9, 2]]], // prettier-ignore
    ["gives other content the next number", [["a", 2, 2], ["b", 2, 3]]], // prettier-ignore
    ["gives content of the past a new number", [["a", 1, 1], ["b", 1, 2], ["a", 1, 3]]], // prettier-ignore
    ["follows a file that raised its number", [["a", 2, 2], ["b", 40, 40]]], // prettier-ignore
    ["never goes down with a file that lowered it", [["a", 40, 40], ["b", 3, 41]]], // prettier-ignore
    ["goes on where the file lost its number", [["a", 7, 7], ["b", undefined, 8]]], // prettier-ignore
  ])("%s", async (_says, assigned) => {
    const store = create();
    for (const [contentHash, fileVersion, version] of assigned) {
      const content = { contentHash, ...(fileVersion !== undefined && { fileVersion }) };
      expect(await store.assign(content)).toBe(version);
    }
  });

  it("gives numbers one after the other to those who ask at once", async () => {
    const store = create();
    const asked = ["a", "b", "b", "c"].map((contentHash) => store.assign({ contentHash }));
    expect(await Promise.all(asked)).toEqual([1, 2, 2, 3]);
  });
}
