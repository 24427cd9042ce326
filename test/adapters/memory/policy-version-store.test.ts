import { describe } from "vitest";
import { createMemoryPolicyVersionStore } from "../../../src/adapters/memory/policy-version-store.js";
import { describePolicyVersionStore } from "../../contract/policy-version-store.contract.js";

describe("the policy versions in memory", () => {
  describePolicyVersionStore(createMemoryPolicyVersionStore);
});
