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
  type PolicyWorkshop,
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

const AUTHOR = { actor: "10.0.0.9", reason: "for a test" };
const document = { id: "n", type: "t", rules: [] };
const createPolicy = ({ changes }: PolicyWorkshop): Promise<unknown> =>
  changes.create({ document, validateOnly: false }, AUTHOR);

/** Stores in which making a version out of an intent fails: the engine ended before. */
async function endedBeforeCommit(change = createPolicy): Promise<PolicyStores> {
  const stores = createPolicyStores();
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  const commit = () => Promise.reject(new Error("ended"));
  const ending = openPolicyWorkshop(file, {
    ...stores,
    history: { ...stores.history, commit },
  });
  await ending.activation.reload();
  await expect(change(ending)).rejects.toThrow("ended");
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

it("so is a change of a function, with the event that it would have had", async () => {
  const stores = await endedBeforeCommit(({ functions }) =>
    functions.create({ name: "late", params: ["round"], expression: "round > 5" }, AUTHOR),
  );
  const { activation } = openPolicyWorkshop(file, stores);
  await activation.reload();
  expect(await stores.history.newest()).toMatchObject({
    ...{ policyVersion: 4, source: "api", ...AUTHOR },
  });
  const events = await stores.eventLog.read(0, 1000);
  const told = events.filter(({ policyVersion }) => policyVersion === 4);
  expect(told).toMatchObject([{ eventType: "POLICY_LOADED", details: { count: 0, ...AUTHOR } }]);
});

it("a change that did not reach the file is dropped, and its number is given to nobody", async () => {
  const stores = await endedBeforeCommit();
  writeFileSync(file, BEFORE);
  const engine = openPolicyWorkshop(file, stores);
  await engine.activation.reload();
  expect(engine.activation.status().policyVersion).toBe(3);
  expect(await stores.history.openIntent()).toBeUndefined();
  expect(await eventTypes(stores)).not.toContain("POLICY_CREATED");
  const other = { ...document, id: "m" };
  const made = await engine.changes.create({ document: other, validateOnly: false }, BY);
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
