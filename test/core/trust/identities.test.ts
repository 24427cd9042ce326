import { describe, expect, it } from "vitest";
import { Identities } from "../../../src/core/trust/identities.js";

describe("clients that are one", () => {
  it("are none at first: each id is its own", () => {
    const identities = new Identities();
    expect(identities.hasAliases).toBe(false);
    expect(identities.clientOf(7)).toBe(7);
    expect(identities.namesOf(7)).toEqual([7]);
  });

  it("go by the client that they were joined to, whatever that was joined to later", () => {
    const identities = new Identities();
    identities.join(1, 2);
    identities.join(5, 2);
    identities.join(2, 3);
    expect(identities.hasAliases).toBe(true);
    expect([1, 2, 3, 4, 5].map((id) => identities.clientOf(id))).toEqual([3, 3, 3, 4, 3]);
    expect(identities.namesOf(3)[0]).toBe(3);
    expect(identities.namesOf(3).toSorted()).toEqual([1, 2, 3, 5]);
    expect(identities.namesOf(4)).toEqual([4]);
  });
});

describe("a key", () => {
  it("is nobody's until it is bound", () => {
    expect(new Identities().clientWithKey("key")).toBeUndefined();
  });

  it("is its client's, whatever that was joined to", () => {
    const identities = new Identities();
    identities.bindKey("key", 1);
    expect([identities.clientWithKey("key"), identities.clientWithKey("other")]).toEqual([
      ...[1, undefined],
    ]);
    identities.join(1, 2);
    expect(identities.clientWithKey("key")).toBe(2);
  });
});

describe("the clients of an owner", () => {
  const owned = (): Identities => {
    const identities = new Identities();
    for (const client of [1, 2, 2, 3]) identities.addToOwner("alice", client);
    identities.addToOwner("bob", 4);
    return identities;
  };

  it("are those that were registered for it, each once", () => {
    expect(owned().othersOf("alice", 9)).toEqual([1, 2, 3]);
    expect(owned().toData().owners.get("alice")).toEqual([1, 2, 3]);
    expect(owned().othersOf("bob", 9)).toEqual([4]);
    expect(owned().othersOf("nobody", 9)).toEqual([]);
  });

  it("are others than the one that is asked for", () => {
    expect(owned().othersOf("alice", 2)).toEqual([1, 3]);
  });

  it("are one where they were joined", () => {
    const identities = owned();
    identities.join(1, 2);
    expect(identities.othersOf("alice", 9)).toEqual([2, 3]);
    expect(identities.othersOf("alice", 2)).toEqual([3]);
  });

  it.each([
    ["one of them is", "alice", 2, true],
    ["somebody else's is not", "alice", 4, false],
    ["nobody is of an owner that nobody knows", "nobody", 1, false],
  ])("%s", (_says, owner, client, isOwned) => {
    expect(owned().isOwnedBy(owner, client)).toBe(isOwned);
  });

  it("are known by the client that they were joined to", () => {
    const identities = owned();
    identities.join(1, 7);
    expect([identities.isOwnedBy("alice", 7), identities.isOwnedBy("alice", 1)]).toEqual([
      ...[true, false],
    ]);
  });
});

describe("a copy", () => {
  it("knows what was known, and nothing of what comes after, in neither direction", () => {
    const identities = new Identities();
    identities.join(1, 2);
    identities.bindKey("key", 1);
    identities.addToOwner("alice", 2);
    const copies = [identities.copy(), new Identities(structuredClone(identities.toData()))];
    const said = (one: Identities) => [
      ...[one.clientOf(1), one.namesOf(2), one.clientWithKey("key"), one.clientWithKey("new")],
      ...[one.othersOf("alice", 9), one.hasAliases, one.clientOf(5)],
    ];
    const before = [2, [2, 1], 2, undefined, [2], true, 5];
    for (const copy of copies) {
      expect(said(copy)).toEqual(before);
      copy.join(5, 6);
      copy.bindKey("new", 6);
      copy.addToOwner("alice", 6);
    }
    expect(said(identities)).toEqual(before);
    const [copy] = copies;
    identities.join(2, 8);
    expect(copy?.clientOf(1)).toBe(2);
  });
});
