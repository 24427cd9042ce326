import { renameSync, symlinkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { protoClient } from "../support/proto-client.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

let engine: TestEngine;
afterEach(() => engine.stop());

/** Two sets whose rules answer alike only within one set: `left` and `right` say who decided. */
function setOf(side: "left" | "right"): string {
  const policy = (id: string, type: string) => ({
    id,
    type,
    rules: [
      { id: side, action: "configure", parameters: { side } },
      { id: `${side}-allow`, action: "allow" },
    ],
  });
  return JSON.stringify({ policies: [policy("a", "network_security"), policy("b", "fl")] });
}

const WITHIN_MS = 2000;

async function answeredBy(port: number): Promise<unknown> {
  const client = protoClient(port);
  const answer = await client.call("CheckConnection", {});
  client.close();
  return answer["rule_id"];
}

describe("editing the policy file", () => {
  // prettier-ignore
  it.each<[says: string, write: (path: string, text: string) => void]>([
    ["in place",                (path, text) => { writeFileSync(path, text); }],
    ["by an atomic rename",     (path, text) => { writeFileSync(`${path}.new`, text); renameSync(`${path}.new`, path); }],
    ["by deleting and writing", (path, text) => { rmSync(path); writeFileSync(path, text); }],
  ])("%s changes the answer within two seconds", async (_says, write) => {
    engine = await startTestEngine({ policies: setOf("left") });
    for (const side of ["right", "left", "right"] as const) {
      write(engine.policyFile, setOf(side));
      await waitFor(
        `${side} answers`,
        async () => (await answeredBy(engine.grpcPort)) === `${side}-allow`,
        WITHIN_MS,
      );
    }
  });

  it("by swapping a symbolic link, as a mounted ConfigMap does, changes the answer each time", async () => {
    engine = await startTestEngine({ policies: setOf("left") });
    const swap = (side: "left" | "right", name: string): void => {
      const data = join(engine.folder, name);
      mkdirSync(data);
      writeFileSync(join(data, "policies.json"), setOf(side));
      symlinkSync(name, join(engine.folder, "..data.new"));
      renameSync(join(engine.folder, "..data.new"), join(engine.folder, "..data"));
    };
    swap("left", "..first");
    rmSync(engine.policyFile);
    symlinkSync(join("..data", "policies.json"), engine.policyFile);
    for (const [side, name] of [
      ["right", "..second"],
      ["left", "..third"],
    ] as const) {
      swap(side, name);
      await waitFor(
        `${side} answers`,
        async () => (await answeredBy(engine.grpcPort)) === `${side}-allow`,
        WITHIN_MS,
      );
    }
  });

  it("so that it is broken changes nothing but /health, the log and the events", async () => {
    engine = await startTestEngine({ policies: setOf("left") });
    writeFileSync(engine.policyFile, setOf("right").replace('"configure"', '"configre"'));
    const health = await waitFor("degraded", async () => {
      const response = await fetch(`http://127.0.0.1:${engine.restPort}/health`);
      const body = (await response.json()) as { status: string; policy: { last_error: string } };
      return body.status === "degraded" && { status: response.status, body };
    });
    expect(health.status).toBe(200);
    expect(health.body.policy.last_error).toContain("unknown verb");
    expect(health.body.policy.last_error).toContain("configure");
    expect(await answeredBy(engine.grpcPort)).toBe("left-allow");
    const client = protoClient(engine.grpcPort);
    const { events } = await client.call("ListEvents", {
      filter: { event_types: ["POLICY_REJECTED"] },
    });
    expect(events).toHaveLength(1);
    expect(await client.health()).toBe("SERVING");
    client.close();

    writeFileSync(engine.policyFile, setOf("right"));
    await waitFor("healthy", () => engine.status().state === "healthy");
    expect(await answeredBy(engine.grpcPort)).toBe("right-allow");
  });
});

describe("while checks run", () => {
  it("200 swaps fail no check and mix no versions", async () => {
    engine = await startTestEngine({ policies: setOf("left") });
    const client = protoClient(engine.grpcPort);
    const run = { swapping: true };
    let checks = 0;
    const versions = new Map<unknown, unknown>();
    const check = async (): Promise<void> => {
      while (run.swapping) {
        const { results, policy_version } = await client.call("BatchCheckPolicies", {
          items: [{ policy_type: "fl" }, { policy_type: "network_security" }],
        });
        const [fl, network] = results as Record<string, unknown>[];
        expect([fl?.["rule_id"], network?.["allowed"]]).toEqual([network?.["rule_id"], true]);
        const side = String(fl?.["rule_id"]);
        expect(versions.get(policy_version) ?? side).toBe(side);
        versions.set(policy_version, side);
        checks += 2;
      }
    };
    const checking = [check(), check(), check()];
    for (let swap = 0; swap < 200; swap += 1) {
      const side = swap % 2 === 0 ? "right" : "left";
      writeFileSync(`${engine.policyFile}.new`, setOf(side));
      renameSync(`${engine.policyFile}.new`, engine.policyFile);
      await client.call("ReloadPolicies", {});
    }
    run.swapping = false;
    await Promise.all(checking);
    client.close();
    expect(versions.size).toBeGreaterThan(100);
    expect(checks).toBeGreaterThan(400);
    expect(engine.status().state).toBe("healthy");
  }, 60_000);
});
