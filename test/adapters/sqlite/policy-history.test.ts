import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anIntent, describePolicyHistory } from "../../contract/policy-history.contract.js";
import { anEvent } from "../../support/events.js";
import { aDataDir, aStore } from "../../support/sqlite.js";

describe("the policy history in SQLite", () => {
  describePolicyHistory(() => aStore());

  it("keeps versions and an open intent across a restart", async () => {
    const first = await aStore();
    await first.history.begin(anIntent(1));
    await first.history.commit("intent-1", [anEvent()]);
    await first.history.begin(anIntent(2));
    await first.storage.close();

    const { history } = await aStore(first.dataDir);
    expect((await history.newest())?.policyVersion).toBe(1);
    expect(await history.openIntent()).toEqual(anIntent(2));
    await history.commit("intent-2", []);
    expect((await history.newest())?.policyVersion).toBe(2);
  });

  it.each(["policy-engine.db", "policy-version"])(
    "never goes down when %s is lost",
    async (file) => {
      const first = await aStore();
      await first.history.begin(anIntent(7));
      await first.history.commit("intent-7", []);
      await first.storage.close();
      rmSync(join(first.dataDir, file));

      const { history } = await aStore(first.dataDir);
      expect(await history.nextVersion(1)).toBe(8);
    },
  );

  it("gives the content that was marked its number again", async () => {
    const { mark, history } = await aStore(aDataDir());
    await history.begin(anIntent(7));
    await history.commit("intent-7", []);
    expect(await mark.assign({ contentHash: "hash-7" })).toBe(7);
    expect(await mark.assign({ contentHash: "another" })).toBe(8);
  });

  it("says STORAGE_UNAVAILABLE once it is closed", async () => {
    const { history, storage } = await aStore();
    await storage.close();
    await expect(history.begin(anIntent(1))).rejects.toMatchObject({
      failure: { reason: "STORAGE_UNAVAILABLE" },
    });
  });
});
