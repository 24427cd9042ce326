import { describe, expect, it } from "vitest";
import { DEFAULT_TRUST_RULES } from "../../../src/core/trust/trust-rules.js";
import { Federation, HONEST } from "../../support/trust-federation.js";
import { poisoned, registered, updated, violated } from "../../support/trust-observations.js";

const everybody = ["a", ...HONEST];

describe("a registered key", () => {
  it("carries the score: two ids with one key are one client", () => {
    const federation = new Federation();
    federation.apply(registered("a", "key"));
    federation.repeat(3, [poisoned("a")]);
    const { changes } = federation.apply(registered("b", "key"));
    expect(changes).toMatchObject([
      { clientId: "b", before: "PROBATION", after: "EXCLUDED", cause: "REGISTRATION" },
    ]);
    expect({ ...federation.fold.reading("b"), clientId: "a" }).toStrictEqual(
      federation.fold.reading("a"),
    );
  });

  it("tells points and changes under each name", () => {
    const federation = new Federation();
    for (const id of ["a", "b"]) federation.apply(registered(id, "key"));
    const step = federation.round([updated("a"), violated("a", "CRITICAL")]);
    expect(step.changes.map(({ clientId }) => clientId)).toStrictEqual(["a", "b"]);
    expect([...step.points].map(({ clientId }) => clientId)).toContain("b");
  });

  it("is one unit of evidence in a round that selected both names", () => {
    const [two, one] = [new Federation(), new Federation()];
    for (const id of ["a", "b"]) two.apply(registered(id, "key"));
    two.round([updated("a"), updated("b")], { selected: [...everybody, "b"] });
    one.round([updated("a")]);
    expect(two.fold.reading("a")).toStrictEqual(one.fold.reading("a"));
  });

  // prettier-ignore
  it.each<[says: string, first: "good" | "bad" | "new", second: "good" | "bad" | "new", score: "first" | "second"]>([
    ["a newcomer takes the score of the key", "good", "new", "first"],
    ["a worse score is not improved by a better key", "good", "bad", "second"],
    ["a better score does not improve the key", "bad", "good", "first"],
  ])("joins two clients: %s", (_says, first, second, score) => {
    const federation = new Federation();
    const evidence = { good: [updated], bad: [poisoned], new: [] };
    for (const make of evidence[first]) federation.round([make("a")]);
    for (const make of evidence[second]) federation.round([make("b")], { selected: ["b", ...HONEST] });
    const expected = federation.trust(score === "first" ? "a" : "b");
    federation.apply(registered("a", "key"));
    federation.apply(registered("b", "key"));
    expect([federation.trust("a"), federation.trust("b")]).toStrictEqual([expected, expected]);
  });

  it("does not let an EXCLUDED client in again by joining one with a lower score", () => {
    const federation = new Federation();
    federation.repeat(6, [updated("a")]);
    federation.round([updated("a"), violated("a", "CRITICAL")]);
    federation.round([poisoned("b")], { selected: ["b", ...HONEST] });
    federation.apply(registered("b", "key"));
    federation.apply(registered("a", "key"));
    expect([federation.state("a"), federation.state("b")]).toStrictEqual(["EXCLUDED", "EXCLUDED"]);
    expect(federation.trust("b")).toBeGreaterThan(0.5);
  });

  it("waits in the runs of all its names, and in no others", () => {
    const federation = new Federation();
    federation.repeat(3, [poisoned("a")]);
    federation.round([updated("b")], { runId: "other", selected: ["b", ...HONEST] });
    federation.round([], { runId: "third", selected: HONEST });
    federation.apply(registered("a", "key"));
    federation.apply(registered("b", "key"));
    expect(federation.fold.reading("b").dwellRounds).toBe(10);
    federation.repeat(2, [], { runId: "other", selected: HONEST });
    expect(federation.fold.reading("b").dwellRounds).toBe(8);
    federation.repeat(2, [], { runId: "third", selected: HONEST });
    expect(federation.fold.reading("b").dwellRounds).toBe(8);
  });

  it("keeps its place when late evidence is folded", () => {
    const [late, inTime] = [new Federation(), new Federation()];
    for (const federation of [late, inTime]) {
      federation.round(federation === late ? [] : [poisoned("a")]);
      federation.apply(registered("a", "key", { owner: "alice" }));
      federation.apply(registered("b", "other", { owner: "alice" }));
      federation.round([updated("a"), updated("b")], { selected: [...everybody, "b"] });
    }
    late.apply(poisoned("a", { round: 1 }));
    expect(late.fold.reading("b")).toStrictEqual(inTime.fold.reading("b"));
    expect(late.fold.reading("a")).toStrictEqual(inTime.fold.reading("a"));
  });
});

describe("a new client of a known owner starts", () => {
  const owned = (id: string, owner = "alice") => registered(id, `key of ${id}`, { owner });
  // prettier-ignore
  it.each<[says: string, before: (federation: Federation) => void, prior: number]>([
    ["with the prior where it is the first", () => undefined, 0.5],
    ["no better than the others are", (federation) => { federation.apply(owned("a")); federation.round([poisoned("a")]); }, 0.353],
    ["with their mean", (federation) => { federation.apply(owned("a")); federation.apply(owned("h1")); federation.round([poisoned("a")]); }, 0.477],
    ["no better than the prior, however good they are", (federation) => { federation.apply(owned("h1")); federation.repeat(9, []); }, 0.5],
    ["with the prior where nobody is named as owner", (federation) => { federation.apply(owned("a", "")); federation.round([poisoned("a")]); federation.apply(owned("new", "")); }, 0.5],
    ["with the prior where the others are somebody else's", (federation) => { federation.apply(owned("a", "bob")); federation.round([poisoned("a")]); }, 0.5],
  ])("%s", (_says, before, prior) => {
    const federation = new Federation();
    before(federation);
    federation.apply(owned("new"));
    expect(federation.trust("new")).toBeCloseTo(prior, 3);
    expect(federation.fold.explain("new", DEFAULT_TRUST_RULES).prior).toBeCloseTo(prior, 3);
  });

  it("so, also where it took part before it was registered: less, as there is evidence", () => {
    const federation = new Federation();
    federation.apply(owned("a"));
    federation.repeat(5, [poisoned("a")]);
    federation.round([updated("new")], { selected: ["new", ...HONEST] });
    const before = federation.trust("new");
    federation.apply(owned("new"));
    const { trustScore, factors } = federation.fold.reading("new");
    expect(trustScore).toBeLessThan(before - 0.2);
    expect(trustScore).toBeGreaterThan(federation.trust("a") + 0.1);
    const sum = factors.reduce((total, { value, weight }) => total + value * weight, 0);
    expect(trustScore).toBeCloseTo(sum, 12);
  });

  it("so, and earns its own score from there", () => {
    const federation = new Federation();
    federation.apply(owned("a"));
    federation.repeat(5, [poisoned("a")]);
    federation.apply(owned("new"));
    const before = federation.trust("new");
    federation.round([updated("new")], { selected: ["new", ...HONEST] });
    expect(federation.trust("new")).toBeGreaterThan(before);
    expect(federation.trust("new")).toBeLessThan(0.4);
  });
});
