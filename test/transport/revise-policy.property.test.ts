import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { readPolicySet } from "../../src/adapters/policy-files/read-policy-set.js";
import type { CatalogPolicy } from "../../src/application/policy-catalog.js";
import type { ValueMap } from "../../src/core/values.js";
import { Policy } from "../../src/gen/flopynet/policy/v1/policy.js";
import { policyToProto } from "../../src/transport/convert-policy.js";
import { documentToProto } from "../../src/transport/convert-policy-version.js";
import { policyDocumentFromProto } from "../../src/transport/convert-validation.js";
import { maskedFields, revisedDocument } from "../../src/transport/revise-policy.js";

const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom("a", "any", "x y"));
const rule = fc.record(
  {
    action: fc.constantFrom("deny", "ALLOW", "log", "configure"),
    description: fc.constantFrom("", "why"),
    match: fc.oneof(
      fc.constant(null),
      fc.dictionary(fc.constantFrom("k", "__proto__", "constructor"), scalar),
    ),
    condition: fc.constantFrom("x > 1", "k == 'a'"),
    parameters: fc.dictionary(fc.constantFrom("p", "q"), scalar),
    severity: fc.constantFrom("low", "high"),
    enabled: fc.boolean(),
    idle_timeout: fc.nat(9),
  },
  { requiredKeys: ["action"] },
);
const document = fc.record(
  {
    name: fc.constantFrom("", "n"),
    type: fc.constantFrom("t", "network_security"),
    priority: fc.integer({ min: -5, max: 5 }),
    enabled: fc.boolean(),
    combining: fc.constantFrom("deny_overrides", "FIRST_APPLICABLE"),
    default_effect: fc.constantFrom("deny", "PERMIT"),
    on_error: fc.constantFrom("skip", "DENY"),
    updated_at: fc.constant("today"),
    rules: fc.array(rule, { maxLength: 4 }),
  },
  { requiredKeys: ["type", "rules"] },
);

/** As a file with this policy is loaded. */
function loaded(policy: object): CatalogPolicy {
  const text = JSON.stringify({ policies: { p: policy } });
  const load = readPolicySet({ main: { name: "f", text } }, createConditionCompiler());
  if (!load.ok) throw new Error(JSON.stringify(load.issues));
  const [stored] = load.set.policies;
  if (!stored) throw new Error("there is a policy");
  return { ...stored, policyVersion: 1, updateTimeMs: 0 };
}

const wired = (message: Policy): Policy => Policy.decode(Policy.encode(message).finish());
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const ALL = maskedFields(undefined);

describe("a policy that goes over the wire and comes back", () => {
  it("leaves its document as its author wrote it", () => {
    fc.assert(
      fc.property(document, (written) => {
        const current = loaded(written);
        const message = wired(policyToProto(current));
        expect(plain(revisedDocument(current, message, ALL))).toEqual(plain(current.document));
      }),
    );
  });

  it("is the same policy when it is created anew", () => {
    fc.assert(
      fc.property(document, (written) => {
        const message = wired(policyToProto(loaded(written)));
        const created: ValueMap = policyDocumentFromProto(message);
        const { etag: _etag, ...again } = policyToProto(loaded(created));
        expect(plain(again)).toEqual(plain({ ...message, etag: undefined }));
      }),
    );
  });

  it("is the same message, made of its document alone", () => {
    fc.assert(
      fc.property(document, (written) => {
        const current = loaded(written);
        const {
          etag: _etag,
          updateTime: _time,
          source: _source,
          ...message
        } = policyToProto(current);
        expect(plain(documentToProto(current.document, 1))).toMatchObject(plain(message) as object);
      }),
    );
  });
});
