import { describe, expect, it } from "vitest";
import { createEntryMaker } from "../../src/core/index-entry.js";
import type { ValueMap } from "../../src/core/values.js";
import { ruleWith } from "../support/index-rules.js";

/** The keys of a `match` in the order in which a rule in the index is asked for them. */
function askedOrder(match: ValueMap): string[] {
  return createEntryMaker()(ruleWith(match, 0), 0).fields.map(({ field }) => field.key);
}

describe("of a rule in the index", () => {
  it.each<[says: string, match: ValueMap, asked: readonly string[]]>([
    [
      "what costs least and is most often another is asked first",
      { src_ip: "10.0.0.0/8", protocol: "tcp", dst_port: 22, src_type: "fl-client" },
      ["src_type", "dst_port", "protocol", "src_ip"],
    ],
    [
      "ranges of addresses last",
      { src_ip_range: "10.0.0.1-10.0.0.9", dst_ip: "::1" },
      ["dst_ip", "src_ip_range"],
    ],
    ["equalities in the order of the file", { b: 1, a: 2, c: 3 }, ["b", "a", "c"]],
    ["nothing where everything will do", { src_type: "*", protocol: "tcp" }, ["protocol"]],
  ])("%s", (_says, match, asked) => {
    expect(askedOrder(match)).toEqual(asked);
  });

  it("equal wants of one attribute are one object, which rules share", () => {
    const entryOf = createEntryMaker();
    const [one, same, other] = ["x", "x", "y"].map((a, at) => entryOf(ruleWith({ a }, at), at));
    expect(same?.fields[0]).toBe(one?.fields[0]);
    expect(other?.fields[0]).not.toBe(one?.fields[0]);
    expect(other?.fields[0]?.attribute).toBe(one?.fields[0]?.attribute);
  });
});
