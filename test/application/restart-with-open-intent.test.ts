import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  BY,
  createPolicyStores,
  openPolicyWorkshop,
  outcomeOf,
  type PolicyStores,
} from "../support/policy-workshop.js";

const BEFORE = JSON.stringify({ version: 3, policies: {} });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-intent-"));
  file = join(folder, "policies.json");
  writeFileSync(file, BEFORE);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Stores in which making a version out of an intent fails: the engine ended before. */
async function endedBeforeCommit(): Promise<PolicyStores> {
  const stores = createPolicyStores();
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  const commit = () => Promise.reject(new Error("ended"));
  const { changes, activation } = openPolicyWorkshop(file, {
    ...stores,
    history: { ...stores.history, commit },
  });
  await activation.reload();
  const document = { id: "n", type: "t", rules: [] };
  const by = { actor: "10.0.0.9", reason: "for a test" };
  await expect(changes.create({ document, validateOnly: false }, by)).rejects.toThrow("ended");
  return stores;
}

const eventTypes = async ({ eventLog }: PolicyStores): Promise<string[]> =>
  (await eventLog.read(0, 1000)).map(({ eventType }) => eventType);

it("a change that reached the file is completed under its author, and told once", async () => {
  const stores = await endedBeforeCommit();
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  expect(engine.activation.status()).toMatchObject({ policyVersion: 4, state: "healthy" });
  expect(await stores.history.newest()).toMatchObject({
    ...{ policyVersion: 4, actor: "10.0.0.9", reason: "for a test", source: "api" },
  });
  expect(await stores.history.openIntent()).toBeUndefined();
  const told = (await eventTypes(stores)).filter((type) => type === "POLICY_CREATED");
  expect(told).toHaveLength(1);
});

it("a change that did not reach the file is dropped, and its number is given to nobody", async () => {
  const stores = await endedBeforeCommit();
  writeFileSync(file, BEFORE);
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  expect(engine.activation.status().policyVersion).toBe(3);
  expect(await stores.history.openIntent()).toBeUndefined();
  expect(await eventTypes(stores)).not.toContain("POLICY_CREATED");
  const document = { id: "m", type: "t", rules: [] };
  const made = await engine.changes.create({ document, validateOnly: false }, BY);
  expect(made.policyVersion).toBe(5);
});

it("an edit made while the engine was down is a version of its own", async () => {
  const stores = await endedBeforeCommit();
  writeFileSync(file, readFileSync(file, "utf8").replace('"t"', '"u"'));
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  expect(await stores.history.newest()).toMatchObject({ policyVersion: 5, source: "file" });
});

it("who changed a policy, and when, is known after a restart", async () => {
  const stores = createPolicyStores();
  const { activation, changes } = openPolicyWorkshop(file, stores);
  await activation.reload();
  for (const id of ["a", "b"]) {
    await changes.create({ document: { id, type: "t", rules: [] }, validateOnly: false }, BY);
  }
  const known = activation.active()?.policies;
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  const facts = engine.activation
    .active()
    ?.policies.map(({ policyVersion, source, createTimeMs, updateTimeMs }) => ({
      ...{ policyVersion, source, createTimeMs, updateTimeMs },
    }));
  expect(facts).toMatchObject([
    { policyVersion: 4, source: "api" },
    { policyVersion: 5, source: "api" },
  ]);
  expect(known).toMatchObject(facts ?? []);
});

it("the last good set is put back from the history, where the engine started with broken files", async () => {
  const stores = createPolicyStores();
  const before = openPolicyWorkshop(file, stores);
  await before.activation.reload();
  await before.changes.create(
    { document: { id: "a", type: "t", rules: [] }, validateOnly: false },
    BY,
  );
  writeFileSync(file, "broken");
  const { activation, changes } = openPolicyWorkshop(file, stores);
  expect(await outcomeOf(activation.reload())).toBe("POLICY_INVALID");
  expect(await outcomeOf(changes.remove({ policyId: "a", etag: "" }, BY))).toBe("NO_ACTIVE_POLICY");
  expect(await activation.reload({ discardFileChanges: true })).toMatchObject({
    policyVersion: 4,
  });
  expect(activation.active()?.policies.map(({ policy }) => policy.id)).toEqual(["a"]);
});
