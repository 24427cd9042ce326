import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import type { ValueMap } from "../../src/core/values.js";
import { compiled, writtenPolicies, writtenRequest } from "../support/arbitrary-policies.js";

const options = { policyVersion: 1 };
const runs = { numRuns: 500 };

describe("an answer does not depend on", () => {
  it("the order of policies in the file", () => {
    const permuted = writtenPolicies.chain((written) => {
      const policies = compiled(written);
      return fc.record({
        policies: fc.constant(policies),
        shuffled: fc.shuffledSubarray([...policies], {
          minLength: policies.length,
          maxLength: policies.length,
        }),
      });
    });
    fc.assert(
      fc.property(permuted, writtenRequest, ({ policies, shuffled }, { type, attributes }) => {
        const request = accessRequest(type, attributes);
        expect(decide(buildSnapshot(shuffled, options), request)).toStrictEqual(
          decide(buildSnapshot(policies, options), request),
        );
      }),
      runs,
    );
  });

  it("the order of the keys of a match", () => {
    fc.assert(
      fc.property(writtenPolicies, writtenRequest, (written, { type, attributes }) => {
        const turned = written.map((policy) => ({
          ...policy,
          rules: policy.rules.map((rule) => ({ ...rule, match: reversed(rule.match) })),
        }));
        const request = accessRequest(type, attributes);
        expect(decide(buildSnapshot(compiled(turned), options), request)).toStrictEqual(
          decide(buildSnapshot(compiled(written), options), request),
        );
      }),
      runs,
    );
  });

  it("the order of the attributes of a request", () => {
    fc.assert(
      fc.property(writtenPolicies, writtenRequest, (written, { type, attributes }) => {
        const snapshot = buildSnapshot(compiled(written), options);
        expect(decide(snapshot, accessRequest(type, reversed(attributes)))).toStrictEqual(
          decide(snapshot, accessRequest(type, attributes)),
        );
      }),
      runs,
    );
  });

  it("which requests came before", () => {
    const requests = fc.array(writtenRequest, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(writtenPolicies, requests, (written, asked) => {
        const snapshot = buildSnapshot(compiled(written), options);
        const ask = (one: (typeof asked)[number]) =>
          decide(snapshot, accessRequest(one.type, one.attributes));
        const forwards = asked.map(ask);
        expect(asked.toReversed().map(ask).reverse()).toStrictEqual(forwards);
      }),
      runs,
    );
  });
});

function reversed(map: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(map).reverse());
}
