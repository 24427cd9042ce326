import fc from "fast-check";
import { expect, it } from "vitest";
import { createRedaction } from "../../src/application/redact-attributes.js";
import { redactedRequest } from "../../src/application/redacted-request.js";
import { decideByReference } from "../../src/core/decide.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import {
  compiled,
  type WrittenPolicy,
  writtenPolicies,
  writtenRequest,
} from "../support/arbitrary-policies.js";
import { PERMIT, record } from "../support/decision-records.js";
import { impactOn } from "../support/impact.js";

const requests = fc.array(writtenRequest, { minLength: 1, maxLength: 12 });
const snapshotOf = (policies: readonly WrittenPolicy[]) =>
  buildSnapshot(compiled(policies), { policyVersion: 1 });

it("what flips is what the definition answers differently, and every flip is in one group", async () => {
  let flips = 0;
  let groups = 0;
  await fc.assert(
    fc.asyncProperty(writtenPolicies, writtenPolicies, requests, async (before, after, asked) => {
      const [old, young] = [snapshotOf(before), snapshotOf(after)];
      const expected = asked.map(({ type, attributes }) => {
        const request = accessRequest(type, attributes);
        return (
          decideByReference(old, request).allowed !== decideByReference(young, request).allowed
        );
      });
      const impact = await impactOn(asked, compiled(before), compiled(after));
      expect(impact.decided).toBe(asked.length);
      expect(impact.flipped).toBe(expected.filter(Boolean).length);
      expect(impact.groups.reduce((sum, { count }) => sum + count, 0)).toBe(impact.flipped);
      const examples = impact.groups.flatMap((group) => group.examples);
      const flipped = impact.decisionIds.filter((_, index) => expected[index]);
      expect(flipped).toEqual(expect.arrayContaining(examples));
      expect(new Set(examples).size).toBe(examples.length);
      flips += impact.flipped;
      groups += impact.groups.length;
    }),
    { numRuns: 100 },
  );
  expect(flips).toBeGreaterThan(50);
  expect(groups).toBeGreaterThan(20);
});

const REDACTED = ["src_ip", "protocol", "dst_port", "operation", "device.os", "level", "client"];

it("what a redacted request is decided without would not have changed the answer", () => {
  const seen = { needed: 0, unneeded: 0 };
  fc.assert(
    fc.property(
      writtenPolicies,
      writtenRequest,
      fc.subarray(REDACTED, { minLength: 1 }),
      (policies, { type, attributes }, paths) => {
        const snapshot = snapshotOf(policies);
        const { redactedPaths = [], ...kept } = createRedaction(paths)(
          record(PERMIT, { attributes }),
        );
        fc.pre(redactedPaths.length > 0);
        const watched = redactedRequest(type, kept.attributes, redactedPaths);
        const without = decideByReference(snapshot, watched.request);
        if (watched.wasNeeded()) {
          seen.needed += 1;
          return;
        }
        seen.unneeded += 1;
        expect(without).toEqual(decideByReference(snapshot, accessRequest(type, attributes)));
      },
    ),
    { numRuns: 500 },
  );
  expect(seen.needed).toBeGreaterThan(50);
  expect(seen.unneeded).toBeGreaterThan(50);
});
