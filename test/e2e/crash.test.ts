import Database from "libsql";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crashCampaign } from "../crash/crash-campaign.js";

/** `npm run crash` kills as often as one likes. */
const KILLS = 8;
const SEED = 4;
const TIMEOUT_MS = 180_000;

describe("an engine that is killed while it writes", () => {
  it(
    "loses nothing that was acknowledged, makes nothing by half, and its events go on without gap or repetition",
    async () => {
      const { problems, kills, found } = await crashCampaign({ kills: KILLS, seed: SEED });
      expect([...problems, kills]).toEqual([KILLS]);
      expect(Math.min(found.versions, found.events, found.decisions)).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe("the crash harness finds", () => {
  // prettier-ignore
  it.each<[says: string, sql: string, problem: RegExp]>([
    ["an event that is gone",      "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)",                      /gap|was acknowledged as/],
    ["an event that is another",   "UPDATE events SET body = json_set(body, '$.eventType', 'x') WHERE sequence = 1",               /event 1 was seen and is not stored so/],
    ["a decision that is gone",    "DELETE FROM decision_chunks",                                                                 /decision is missing/],
    ["a version that is gone",     "DELETE FROM policy_versions WHERE policy_version = (SELECT max(policy_version) FROM policy_versions)", /version (of event )?is missing/],
    ["a version nobody was told",  "INSERT INTO policy_versions SELECT policy_version + 1, create_time_ms, actor, reason, 'api', content_hash, documents, origins FROM policy_versions ORDER BY policy_version DESC LIMIT 1", /event of stored version is missing/],
    ["a database that is damaged", "PRAGMA writable_schema = 1; UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'events'", /was damaged|gap|did not get/],
  ])("%s", async (_says, sql, problem) => {
    const { problems } = await crashCampaign({
      ...{ kills: 8, seed: SEED }, // It ends with the first problem.
      afterKill(dataDir) {
        const db = new Database(join(dataDir, "policy-engine.db"));
        db.exec(sql);
        db.close();
      },
    });
    expect(problems.join("\n")).toMatch(problem);
  }, TIMEOUT_MS);
});
