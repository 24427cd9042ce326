import { expect, it } from "vitest";
import { editPolicySteps } from "../../../src/adapters/policy-files/edit-policy-text.js";
import { finish } from "../../../src/core/finish.js";

// In quadratic time this takes minutes.
it.each(["first", "last"])("edits one policy of a minified file of 10,000 rules, %s", (place) => {
  const small = { type: "t", priority: 1, rules: [{ action: "deny", match: { operation: "x" } }] };
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    action: "allow",
    match: { src_type: `type-${index}`, dst_port: 1 + index },
    parameters: { least: index },
  }));
  const big = { type: "t", rules };
  const policies = place === "first" ? { small, big } : { big, small };

  const document = { ...small, id: "small", priority: 2 };
  const edit = { kind: "put", document } as const;
  const text = finish(editPolicySteps(JSON.stringify({ policies }), edit, new Map()));

  expect(JSON.parse(text)).toEqual({ policies: { big, small: { ...small, priority: 2 } } });
  expect(text.split("\n").length).toBeGreaterThan(10_000);
});
