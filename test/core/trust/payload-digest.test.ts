import { describe, expect, it } from "vitest";
import type { Observation } from "../../../src/core/trust/observation.js";
import { payloadDigest } from "../../../src/core/trust/payload-digest.js";
import {
  closed,
  opened,
  pardoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

const update = updated("a");

describe("what is said is another thing where", () => {
  // prettier-ignore
  it.each<[says: string, one: Observation, other: Observation]>([
    ["the deadline is", opened(["a"], { deadlineMs: 1 }), opened(["a"], { deadlineMs: 2 })],
    ["the deadline is not told", opened(["a"]), opened(["a"], { deadlineMs: 2 })],
    ["the policy is", violated("a", "LOW", { policyId: "one" }), violated("a", "LOW", { policyId: "two" })],
    ["the severity is", violated("a", "LOW"), violated("a", "HIGH")],
    ["the key is", registered("a", "one"), registered("a", "two")],
    ["the owner is", registered("a", "key", { owner: "alice" }), registered("a", "key", { owner: "bob" })],
    ["the outcome is", update, { ...update, outcome: "LATE" }],
    ["the alignment ratio is", update, { ...update, alignmentRatio: 0.5 }],
    ["the norm ratio is", update, { ...update, normRatio: 0.5 }],
    ["the two ratios are exchanged", { ...update, normRatio: 0.5 }, { ...update, alignmentRatio: 0.5 }],
    ["the likeness to another is", update, { ...update, maxPairwise: 0.5 }],
    ["the latency is", update, { ...update, latencyMs: 5 }],
    ["the number of examples is", update, { ...update, numExamples: 5 }],
    ["the alignment is", update, { ...update, alignment: 0.5 }],
    ["the loss is", update, { ...update, lossDelta: 0.5 }],
    ["the reference is", update, { ...update, alignmentReference: "ROOT" }],
    ["its last character is", registered("a", "key", { owner: "alice" }), registered("a", "key", { owner: "alicf" })],
  ])("%s", (_says, one, other) => {
    expect(payloadDigest(one)).not.toBe(payloadDigest(other));
  });
});

describe("what is said is the same thing", () => {
  const elsewhere = { reporter: "two", observeTimeMs: 9, runId: "other", round: 9 };
  // prettier-ignore
  it.each<[says: string, one: Observation, other: Observation]>([
    ["by whomever, when and of which round: an update", update, updated("b", elsewhere)],
    ["a violation", violated("a", "LOW"), violated("b", "LOW", elsewhere)],
    ["that a round was opened", opened(["a"]), opened(["b"], elsewhere)],
    ["that a round was closed", closed(), closed(elsewhere)],
    ["a registration", registered("a", "key"), registered("b", "key", { reporter: "two", observeTimeMs: 9 })],
    ["a pardon", pardoned("a"), pardoned("b")],
  ])("%s", (_says, one, other) => {
    expect(payloadDigest(one)).toBe(payloadDigest(other));
  });
});
