import Database from "libsql";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGrpcClient, type Message } from "../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../support/small-policy-set.js";
import { aDataDir } from "../support/sqlite.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";

const ADMIN = "flopynet.policy.v1.PolicyAdminService/";

/** An engine whose policies are asked for and changed, and which is started again. */
async function anEngine() {
  const settings = { STORAGE: "sqlite", DATA_DIR: aDataDir() };
  const start = (policies: string | object) => startTestEngine({ policies, settings });
  let engine: TestEngine = await start(SMALL_POLICY_SET);
  let client = createGrpcClient(engine.grpcPort);
  const stop = async (): Promise<void> => {
    client.close();
    await engine.stop();
  };
  onTestFinished(() => stop());
  return {
    dataDir: settings.DATA_DIR,
    call: (method: string, request: Message) => client.unary(ADMIN + method, request),
    /** When and by whom each policy came to be what it is. */
    async origins(): Promise<unknown> {
      const { policies } = await client.unary(`${ADMIN}ListPolicies`, {});
      return (policies as Record<string, unknown>[]).map((policy) =>
        ["id", "policy_version", "update_time", "create_time", "source", "etag"].map(
          (name) => policy[name],
        ),
      );
    },
    /** @param between - Done while it is stopped, to the text of its policy file. */
    async restart(between: (policyFile: string) => string = (text) => text): Promise<void> {
      const text = readFileSync(engine.policyFile, "utf8");
      await stop();
      engine = await start(between(text));
      client = createGrpcClient(engine.grpcPort);
    },
  };
}

const POLICY = { id: "made", type: "network_security", rules: [] };

describe("when and by whom a policy came to be what it is", () => {
  it("is known after a restart, however many versions there were since", async () => {
    const engine = await anEngine();
    await engine.call("CreatePolicy", { policy: POLICY });
    for (let n = 0; n < 30; n += 1) {
      await engine.call("DisablePolicy", { policy_id: "rounds" });
      await engine.call("EnablePolicy", { policy_id: "rounds" });
    }
    const before = await engine.origins();
    await engine.restart();
    expect(await engine.origins()).toEqual(before);
    expect(before).toEqual([
      ["net", "3", expect.anything(), undefined, "POLICY_SOURCE_FILE", expect.anything()],
      ["made", "4", expect.anything(), expect.anything(), "POLICY_SOURCE_API", expect.anything()],
      ["rounds", "64", expect.anything(), undefined, "POLICY_SOURCE_API", expect.anything()],
    ]);
  });

  it("is known of what was not edited while the engine was stopped", async () => {
    const engine = await anEngine();
    await engine.call("CreatePolicy", { policy: POLICY });
    const [, made] = (await engine.origins()) as unknown[];
    await engine.restart((text) => text.replace('"priority": 10', '"priority": 11'));
    expect(await engine.origins()).toEqual([
      ["net", "5", expect.anything(), undefined, "POLICY_SOURCE_FILE", expect.anything()],
      made,
      expect.arrayContaining(["rounds", "3"]),
    ]);
  });

  it("is found in the versions that an older engine made", async () => {
    const engine = await anEngine();
    await engine.call("CreatePolicy", { policy: POLICY });
    await engine.call("DisablePolicy", { policy_id: "rounds" });
    const before = await engine.origins();
    await engine.restart((text) => {
      const db = new Database(join(engine.dataDir, "policy-engine.db"));
      db.exec("UPDATE policy_versions SET origins = NULL");
      db.close();
      return text;
    });
    expect(await engine.origins()).toEqual(before);
    await engine.call("EnablePolicy", { policy_id: "rounds" });
    const after = await engine.origins();
    await engine.restart();
    expect(await engine.origins()).toEqual(after);
  });
});
