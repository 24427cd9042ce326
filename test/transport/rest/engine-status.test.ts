import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { startTestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

it("conditions can tell that the last load failed, with the set that serves", async () => {
  const condition = "policy_engine.status == 'degraded'";
  const fl = { id: "fl", type: "fl", rules: [{ id: "ill", action: "deny", condition }] };
  const engine = await startTestEngine({ policies: { version: 2, policies: [fl] } });
  const allowed = async () => {
    const response = await fetch(`http://127.0.0.1:${engine.restPort}/v1/policies:check`, {
      ...{ method: "POST", body: JSON.stringify({ policyType: "fl" }) },
      headers: { "content-type": "application/json" },
    });
    return ((await response.json()) as { readonly allowed: boolean }).allowed;
  };
  try {
    expect(await allowed()).toBe(true);
    writeFileSync(engine.policyFile, "{ broken");
    await waitFor("degraded", () => engine.status().state === "degraded");
    expect(await allowed()).toBe(false);
  } finally {
    await engine.stop();
  }
});
