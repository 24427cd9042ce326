import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

let engine: TestEngine;
afterEach(() => engine.stop());

const LATE = { name: "late", params: ["round"], expression: "round > 5" };
const RULE = { id: "late", action: "deny", condition: "late(round)" };

async function deniesRound(round: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${engine.restPort}/v1/policies:check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ policy_type: "fl", context: { round } }),
  });
  const answer = (await response.json()) as { readonly allowed: boolean };
  return !answer.allowed;
}

async function newestEvent(): Promise<unknown> {
  const url = `http://127.0.0.1:${engine.restPort}/v1/events?newestFirst=true&pageSize=1`;
  const page = (await (await fetch(url)).json()) as { readonly events: readonly unknown[] };
  return page.events[0];
}

it("a function is part of the policy version: an edit is one, a broken edit changes nothing", async () => {
  engine = await startTestEngine({
    policies: { policies: [{ id: "p", type: "fl", rules: [RULE] }] },
    functions: [LATE],
  });
  const file = join(engine.functionsFolder, "0.json");
  expect([await deniesRound(5), await deniesRound(6)]).toEqual([false, true]);
  const { policyVersion } = engine.status();

  writeFileSync(file, readFileSync(file, "utf8").replace("> 5", "> 7"));
  await waitFor("the next version", () => engine.status().policyVersion === policyVersion + 1);
  expect(await newestEvent()).toMatchObject({
    ...{ eventType: "POLICY_LOADED", policyVersion: String(policyVersion + 1) },
    details: { count: 1 },
  });
  expect([await deniesRound(7), await deniesRound(8)]).toEqual([false, true]);

  writeFileSync(file, readFileSync(file, "utf8").replace("> 7", "> matches(7)"));
  await waitFor("degraded", () => engine.status().state === "degraded");
  expect(engine.status().lastError).toContain("`matches` is not supported");
  expect(engine.status().policyVersion).toBe(policyVersion + 1);
  expect([await deniesRound(7), await deniesRound(8)]).toEqual([false, true]);

  writeFileSync(file, JSON.stringify(LATE));
  await waitFor("healthy", () => engine.status().state === "healthy");
  expect(engine.status().policyVersion).toBe(policyVersion + 2);
  expect([await deniesRound(5), await deniesRound(6)]).toEqual([false, true]);
});
