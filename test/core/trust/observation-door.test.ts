import { describe, expect, it } from "vitest";
import type { Observation } from "../../../src/core/trust/observation.js";
import { createObservationDoor } from "../../../src/core/trust/observation-door.js";
import {
  closed,
  dropped,
  opened,
  pardoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

const DAY_MS = 86_400_000;

/** Verdicts, and the reason instead where there is one; every observation in a round of `day` 0. */
function verdicts(
  observations: readonly Observation[],
  door = createObservationDoor({ registrationsPerOwnerPerDay: 0 }),
): string[] {
  return observations.map((observation) => {
    const admission = door.admit(observation, 0);
    return admission.verdict === "rejected" ? admission.reason : admission.verdict;
  });
}

const open = opened(["a", "b"]);
/** Rounds 1 to `last` of a run, opened and closed. */
function rounds(last: number, runId = "run"): Observation[] {
  return Array.from({ length: last }, (_, index) => [
    opened(["a", "b"], { runId, round: index + 1 }),
    closed({ runId, round: index + 1 }),
  ]).flat();
}

describe("the door takes", () => {
  // prettier-ignore
  it.each<[says: string, before: readonly Observation[], observation: Observation, verdict: string]>([
    ["the first round of a run", [], open, "accepted"],
    ["the same again as a repetition", [open], open, "duplicate"],
    ["the same set in another order as a repetition", [open], opened(["b", "a", "b"]), "duplicate"],
    ["the same set from a second reporter", [open], opened(["a", "b"], { reporter: "two" }), "accepted"],
    ["no other set of one round", [open], opened(["a"]), "OBSERVATION_CONFLICT"],
    ["no other set of one round from a second reporter", [open], opened(["a", "c"], { reporter: "two" }), "OBSERVATION_CONFLICT"],
    ["no other deadline from one reporter", [open], opened(["a", "b"], { deadlineMs: 1 }), "OBSERVATION_CONFLICT"],
    ["rounds that are left out", [open], opened(["a"], { round: 7 }), "accepted"],
    ["no round before one that was opened", [opened(["a"], { round: 7 })], opened(["a"], { round: 6 }), "ROUND_GOES_BACK"],
    ["the same round of another run", [open, closed()], opened(["c"], { runId: "other" }), "accepted"],

    ["an update of a selected client", [open], updated("a"), "accepted"],
    ["the same update as a repetition", [open, updated("a")], updated("a"), "duplicate"],
    ["the same update at another time as a repetition", [open, updated("a")], updated("a", { observeTimeMs: 9 }), "duplicate"],
    ["no other update of one client and reporter", [open, updated("a")], dropped("a"), "OBSERVATION_CONFLICT"],
    ["no other latency either", [open, updated("a")], updated("a", { latencyMs: 3 }), "OBSERVATION_CONFLICT"],
    ["what a second reporter says", [open, updated("a")], dropped("a", { reporter: "two" }), "accepted"],
    ["its repetition as one", [open, updated("a"), dropped("a", { reporter: "two" })], dropped("a", { reporter: "two" }), "duplicate"],
    ["what it says of another client", [open, updated("a"), updated("b"), dropped("a", { reporter: "two" })], dropped("b", { reporter: "two" }), "accepted"],
    ["what a third reporter says", [open, updated("a"), dropped("a", { reporter: "two" })], dropped("a", { reporter: "three" }), "accepted"],
    ["no contradiction of it", [open, updated("a"), dropped("a", { reporter: "two" })], updated("a", { reporter: "two" }), "OBSERVATION_CONFLICT"],
    ["no update of a client that was not selected", [open], updated("c"), "CLIENT_NOT_SELECTED"],
    ["no update before its round", [], updated("a"), "ROUND_NOT_OPENED"],
    ["no update of a round to come", [open], updated("a", { round: 2 }), "ROUND_NOT_OPENED"],

    ["a violation beside an update", [open, updated("a")], violated("a", "LOW"), "accepted"],
    ["the same violation as a repetition", [open, violated("a", "LOW")], violated("a", "LOW"), "duplicate"],
    ["no other violation of one client, round and reporter", [open, violated("a", "LOW")], violated("a", "HIGH"), "OBSERVATION_CONFLICT"],
    ["a violation from a second reporter", [open, violated("a", "LOW")], violated("a", "HIGH", { reporter: "two" }), "accepted"],
    ["no violation of a client that was not selected", [open], violated("c", "LOW"), "CLIENT_NOT_SELECTED"],

    ["the close of an open round", [open], closed(), "accepted"],
    ["its repetition as one", [open, closed()], closed(), "duplicate"],
    ["the close that a second reporter tells", [open, closed()], closed({ reporter: "two" }), "accepted"],
    ["no close of a round that was not opened", [], closed(), "ROUND_NOT_OPENED"],

    ["an update of the last closed round", rounds(3), updated("a", { round: 3 }), "accepted"],
    ["an update of two rounds before", rounds(3), updated("a", { round: 1 }), "accepted"],
    ["an update of three rounds before as late", rounds(4), updated("a", { round: 1 }), "late"],
    ["a violation of three rounds before as late", rounds(4), violated("a", "LOW", { round: 1 }), "late"],
    ["an old round as late", rounds(4), opened(["a", "b"], { round: 1 }), "late"],
    ["the close of an old round as late", rounds(4), closed({ round: 1 }), "late"],
    ["lateness by the run's own rounds alone", [...rounds(1), ...rounds(9, "other")], updated("a"), "accepted"],
    ["the last rounds of a run until 64 of others were closed", [...rounds(1), ...rounds(63, "other")], updated("a"), "accepted"],
    ["them as late after that", [...rounds(1), ...rounds(64, "other")], updated("a"), "late"],
    ["a round that was forgotten open as late", [open, ...[2, 3, 4].flatMap((round) => [opened(["a"], { round }), closed({ round })])], closed(), "late"],

    ["a registration", [], registered("a", "key"), "accepted"],
    ["the same registration as a repetition", [registered("a", "key")], registered("a", "key"), "duplicate"],
    ["no other key of one client from one reporter", [registered("a", "key")], registered("a", "other"), "OBSERVATION_CONFLICT"],
    ["a second id with one key", [registered("a", "key")], registered("b", "key"), "accepted"],
    ["a pardon of the engine", [], pardoned("a"), "accepted"],
  ])("%s", (_says, before, observation, verdict) => {
    expect(verdicts([...before, observation]).at(-1)).toBe(verdict);
  });

  it("up to 16 open rounds of one run", () => {
    const many = Array.from({ length: 17 }, (_, index) => opened(["a"], { round: index + 1 }));
    expect(verdicts(many).slice(15)).toStrictEqual(["accepted", "TOO_MANY_OPEN_ROUNDS"]);
  });
});

describe("an owner may register", () => {
  const owned = (id: string) => registered(id, `key of ${id}`, { owner: "alice" });
  // prettier-ignore
  it.each<[says: string, days: readonly number[], observations: readonly Observation[], verdict: string]>([
    ["as many new keys a day as the quota says", [0, 0], [owned("a"), owned("b")], "accepted"],
    ["no more than that", [0, 0, 0], [owned("a"), owned("b"), owned("c")], "REGISTRATION_QUOTA_EXCEEDED"],
    ["again on the next day", [0, 0, 1], [owned("a"), owned("b"), owned("c")], "accepted"],
    ["no more by a clock that was set back", [1, 1, 0], [owned("a"), owned("b"), owned("c")], "REGISTRATION_QUOTA_EXCEEDED"],
    ["no more when that clock is right again", [1, 0, 1], [owned("a"), owned("b"), owned("c")], "REGISTRATION_QUOTA_EXCEEDED"],
    ["further names of a known key", [0, 0, 0], [owned("a"), owned("b"), registered("c", "key of a", { owner: "alice" })], "accepted"],
    ["what another owner may not any more", [0, 0, 0], [owned("a"), owned("b"), registered("c", "key", { owner: "bob" })], "accepted"],
    ["without a name, as many as it likes", [0, 0, 0], ["a", "b", "c"].map((id) => registered(id, id)), "accepted"],
    ["nothing by repeating itself", [0, 0, 0], [owned("a"), owned("b"), owned("b")], "duplicate"],
  ])("%s", (_says, days, observations, verdict) => {
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 2 });
    const last = observations.map((one, index) => door.admit(one, ((days[index] ?? 0) + index / 4) * DAY_MS)).at(-1);
    expect(last?.verdict === "rejected" ? last.reason : last?.verdict).toBe(verdict);
  });
});

it("an owner may register as many new keys as it likes where the quota is 0", () => {
  const keys = Array.from({ length: 50 }, (_, index) =>
    registered(`c${index}`, `key ${index}`, { owner: "alice" }),
  );
  expect(new Set(verdicts(keys))).toStrictEqual(new Set(["accepted"]));
});

describe("who is refused is told why:", () => {
  const many = Array.from({ length: 16 }, (_, index) => opened(["a"], { round: index + 1 }));
  // prettier-ignore
  it.each<[reason: string, before: readonly Observation[], observation: Observation, message: string]>([
    ["ROUND_GOES_BACK", [opened(["a"], { round: 7 })], opened(["a"], { round: 6 }), "round 6 comes after round 7 of run `run`: rounds ascend"],
    ["TOO_MANY_OPEN_ROUNDS", many, opened(["a"], { round: 17 }), "run `run` has 16 open rounds: close some first"],
    ["CLIENT_NOT_SELECTED", [open], updated("c"), "`client_id` was not selected for round 1 of run `run`"],
    ["ROUND_NOT_OPENED", [], closed(), "round 1 of run `run` is not open: send `round_opened` first"],
    ["OBSERVATION_CONFLICT", [open], opened(["a"]), "round 1 of run `run` was opened with other `selected_client_ids`"],
    ["OBSERVATION_CONFLICT", [open, updated("a")], dropped("a"), "`update_reported` of this was reported by `fl-server` before, with other content"],
    ["REGISTRATION_QUOTA_EXCEEDED", [registered("a", "1", { owner: "alice" })], registered("b", "2", { owner: "alice" }), "`owner` has registered as many new keys today as it may: wait for the next day (UTC)"],
  ])("%s", (reason, before, observation, message) => {
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 1 });
    verdicts(before, door);
    expect(door.admit(observation, 0)).toStrictEqual({ verdict: "rejected", reason, message });
  });
});

it("a snapshot of a door is not changed by the door that is made of it", () => {
  const door = createObservationDoor({ registrationsPerOwnerPerDay: 1 });
  verdicts([open, updated("a")], door);
  const snapshot = structuredClone(door.snapshot());
  const before = structuredClone(snapshot);
  const restored = createObservationDoor({ registrationsPerOwnerPerDay: 1 }, snapshot);
  const more = [
    ...[updated("b"), violated("a", "LOW", { reporter: "two" }), closed()],
    ...[opened(["c"], { round: 2 }), registered("a", "key", { owner: "alice" })],
  ];
  expect(new Set(verdicts(more, restored))).toStrictEqual(new Set(["accepted"]));
  expect(snapshot).toStrictEqual(before);
});

it("a door made of a snapshot goes on as the one that it was taken of", () => {
  const options = { registrationsPerOwnerPerDay: 1 };
  const before = [
    ...rounds(4),
    opened(["a"], { round: 5 }),
    updated("a", { round: 5 }),
    registered("a", "key", { owner: "alice" }),
  ];
  const tail = [
    updated("a", { round: 5 }),
    dropped("a", { round: 5 }),
    updated("b", { round: 4 }),
    updated("a", { round: 1 }),
    opened(["a"], { round: 3 }),
    opened(["a"], { round: 4 }),
    registered("a", "other", { owner: "alice" }),
    registered("b", "other", { owner: "alice" }),
  ];
  const door = createObservationDoor(options);
  verdicts(before, door);
  const restored = createObservationDoor(options, structuredClone(door.snapshot()));
  expect(verdicts(tail, restored)).toStrictEqual([
    "duplicate",
    "OBSERVATION_CONFLICT",
    "accepted",
    "late",
    "OBSERVATION_CONFLICT",
    "OBSERVATION_CONFLICT",
    "OBSERVATION_CONFLICT",
    "REGISTRATION_QUOTA_EXCEEDED",
  ]);
});

describe("what the door keeps", () => {
  const kept = (observations: readonly Observation[]): string => {
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
    verdicts(observations, door);
    return JSON.stringify(door.snapshot());
  };

  const names = Array.from({ length: 20 }, (_, index) => `name-${index}`);
  const full = Array.from({ length: 16 }, (_, index) => opened(["a"], { round: index + 1 }));
  // prettier-ignore
  it.each<[says: string, before: readonly Observation[], refused: Observation]>([
    ["a round that goes back", [opened(["a"], { round: 7 })], opened(names, { round: 6, reporter: "two" })],
    ["a round too many", full, opened(names, { round: 17, reporter: "two" })],
    ["another set of clients", [open], opened(names, { reporter: "two" })],
    ["an old round", rounds(4), opened(names, { reporter: "two" })],
    ["an update of a client that was not selected", [open], updated("c", { reporter: "two" })],
    ["an update of a round that was not opened", [open], updated("c", { round: 2, reporter: "two" })],
    ["the close of a round that was not opened", [open], closed({ runId: "other", reporter: "two" })],
  ])("does not grow by %s", (_says, before, refused) => {
    expect(verdicts([...before, refused]).at(-1)).not.toBe("accepted");
    expect(kept([...before, refused])).toBe(kept(before));
  });

  it("are the open rounds, by client", () => {
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
    const other = opened(["b"], { runId: "other" });
    verdicts([open, opened(["a"], { round: 2 }), other, opened(["b"], { round: 3 })], door);
    expect(door.openRoundOf("a")).toStrictEqual({ runId: "run", round: 2 });
    expect(door.openRoundOf("b")).toStrictEqual({ runId: "other", round: 1 });
    expect(door.openRoundOf("c")).toBeUndefined();
    expect(door.isSelected("run", 2, "a")).toBe(true);
    expect(door.isSelected("run", 2, "b")).toBe(false);
    verdicts([closed({ runId: "other" }), closed({ round: 3 })], door);
    expect(door.openRoundOf("b")).toStrictEqual({ runId: "run", round: 1 });
    expect(door.isSelected("other", 1, "b")).toBe(false);
  });

  it("is nothing open of a run whose rounds are all closed, however often that is told", () => {
    const told = [...rounds(3), closed({ round: 3 }), closed({ round: 3, reporter: "two" })];
    const door = createObservationDoor({ registrationsPerOwnerPerDay: 0 });
    verdicts(told, door);
    expect(Reflect.get(door, "open")).toStrictEqual(new Map());
  });
});
