import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAS_PYTHON, type PythonClient, startPythonClient } from "../support/python.js";
import { askJson } from "../support/rest.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const shipped = (name: string): string =>
  readFileSync(new URL(`../../policies/${name}`, import.meta.url), "utf8");
const urlOf = ({ restPort }: TestEngine): string => `http://127.0.0.1:${restPort}`;

describe.skipIf(!HAS_PYTHON)("the clients of the documentation", () => {
  const found = async (engine: TestEngine): Promise<Readonly<Record<string, unknown>>> => {
    const client = startPythonClient("sample_clients.py", [urlOf(engine)]);
    await client.stop();
    return client.heard()[0] ?? {};
  };

  it("find what the shipped policies allow, and the events of the start", async () => {
    const engine = await startTestEngine({
      policies: shipped("policies.json"),
      defaults: shipped("default_policies.json"),
    });
    try {
      const told = await found(engine);
      expect(told).toMatchObject({ client_accepted: true, traffic: { 8080: true, 22: false } });
      expect((told["policies"] as string[])[0]).toBe("default-net-sec-001");
      expect((told["event_types"] as string[])[0]).toBe("ENGINE_START");
      await askJson(engine, "POST /api/v1/policies/default-net-sec-001/disable");
      expect(await found(engine)).toMatchObject({
        ...{ client_accepted: false, traffic: { 8080: false } },
      });
    } finally {
      await engine.stop();
    }
  });

  it("let nobody in while there is no good policy set", async () => {
    const engine = await startTestEngine({ policies: "{ broken" });
    try {
      expect(await found(engine)).toMatchObject({
        ...{ client_accepted: false, policies: [], traffic: { 8080: false, 22: false } },
      });
    } finally {
      await engine.stop();
    }
  });
});

describe.skipIf(!HAS_PYTHON)("clients that poll across restarts", () => {
  const RULES = [{ action: "deny", match: { operation: "x" } }];
  const policies = { version: 2, policies: { a: { type: "t", rules: RULES } } };
  let clients: PythonClient;
  let engine: TestEngine;
  const dataDir = mkdtempSync(join(tmpdir(), "flopynet-polling-"));
  let port = "0";
  const start = () =>
    startTestEngine({
      policies,
      settings: { STORAGE: "sqlite", DATA_DIR: dataDir, POLICY_PORT: port },
    });

  beforeAll(async () => {
    engine = await start();
    port = String(engine.restPort);
    clients = startPythonClient("polling_clients.py", [urlOf(engine)]);
  });
  afterAll(async () => {
    await clients.stop();
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("see the version grow and every event once, in order", async () => {
    const heardOf = (name: "sequence" | "policy_version"): number[] =>
      clients.heard().flatMap((one) => (name in one ? [one[name] as number] : []));
    const newest = async (): Promise<number> => {
      const { json } = await askJson(engine, "GET /events");
      return (json["events"] as { sequence: number }[]).at(-1)?.sequence ?? 0;
    };
    for (let restart = 0; restart < 3; restart += 1) {
      await askJson(engine, "PUT /policies/a", { priority: restart + 10 });
      const { policyVersion } = engine.status();
      const last = await newest();
      await waitFor(
        "they have heard of it",
        () =>
          heardOf("policy_version").includes(policyVersion) && heardOf("sequence").includes(last),
      );
      await engine.stop();
      engine = await start();
    }
    const last = await newest();
    await waitFor("they have caught up", () => heardOf("sequence").includes(last));
    const heard = heardOf("sequence");
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, index) => index + 1));
    const seen = heardOf("policy_version");
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(new Set(seen).size).toBe(seen.length);
  });
});
