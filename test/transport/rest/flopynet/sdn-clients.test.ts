import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, startFlopynet } from "../../../support/rest.js";
import type { TestEngine } from "../../../support/start-engine.js";

// One test for each client of FLOPY-NET: what it sends, and what it reads of the answer.

let engine: TestEngine;
beforeAll(async () => {
  engine = await startFlopynet();
});
afterAll(() => engine.stop());

const ask = (line: string, body?: unknown) => askJson(engine, line, body);
const check = async (policyType: string, context: object, path = "/api/v1/check") =>
  (await ask(`POST ${path}`, { policy_type: policyType, context })).json;
const isText = expect.any(String) as string;

describe("the SDN side", () => {
  it("J lists policies that have a type, and creates one", async () => {
    for (const path of ["/api/v1/policies", "/api/policies"]) {
      const { list } = await ask(`GET ${path}`);
      expect(list[0]).toMatchObject({ id: isText, type: "network_security", enabled: true });
    }
    const data = { rules: [{ action: "allow", match: { protocol: "udp" } }] };
    const created = await ask("POST /api/v1/policies", { type: "network", data });
    expect([created.status, created.json]).toEqual([201, expect.objectContaining({ id: isText })]);
    await ask(`DELETE /api/v1/policies/${String(created.json["id"])}`);
  });

  // prettier-ignore
  it.each<[says: string, path: string, body: object, status: string]>([
    ["a good policy",              "/api/v1/validate_policy", { type: "t", data: { rules: [{ action: "deny", match: { a: 1 } }] } }, "approved"],
    ["a policy in the older form", "/api/validate_policy",    { type: "t", rules: [{ action: "deny", match: { a: 1 } }] },           "approved"],
    ["a misspelt verb",            "/api/v1/validate_policy", { type: "t", data: { rules: [{ action: "dney" }] } },                  "denied"],
    ["a request that nothing forbids", "/api/validate_policy", { type: "bandwidth", client_id: "c", max_mbps: 100 },                 "approved"],
  ])("J validates %s", async (_says, path, body, status) => {
    const answer = await ask(`POST ${path}`, body);
    expect(answer.json).toMatchObject({ status, message: isText });
    expect(answer.status).toBe(200);
  });

  it("J adjusts a request where a policy gives parameters", async () => {
    const rules = [
      { action: "limit", match: { client_id: "c" }, parameters: { max_mbps: 50 } },
      { action: "deny", match: { client_id: "d" } },
    ];
    await ask("POST /policies", { id: "limits", type: "bandwidth", rules });
    const of = async (client: string) =>
      (
        await ask("POST /api/validate_policy", {
          type: "bandwidth",
          client_id: client,
          max_mbps: 80,
        })
      ).json;
    expect(await of("c")).toMatchObject({ status: "adjusted", policy: { max_mbps: 50 } });
    expect(await of("d")).toMatchObject({ status: "denied" });
    await ask("DELETE /policies/limits");
  });

  // prettier-ignore
  it.each<[says: string, flow: object, authorized: boolean]>([
    ["that clients need",           { src_ip: "192.168.100.101", dst_ip: "192.168.100.10", protocol: "tcp", port: 8080 },  true],
    ["to another port",             { src_ip: "192.168.100.101", dst_ip: "192.168.100.10", protocol: "tcp", port: 22 },    false],
    ["from outside",                { src_ip: "5.6.7.8", dst_ip: "192.168.100.10", protocol: "tcp", port: 8080 },          false],
    ["with the port as text",       { src_ip: "192.168.100.101", dst_ip: "192.168.100.10", protocol: "tcp", port: "8080" }, true],
    ["with an address that is none", { src_ip: "here", dst_ip: "192.168.100.10", protocol: "tcp", port: 8080 },            false],
  ])("J authorizes a flow %s: %j", async (_says, flow, authorized) => {
    const { status, json } = await ask("POST /api/authorize_flow", flow);
    expect(json).toMatchObject({ authorized, reason: isText });
    expect(status).toBe(200);
  });

  it("J asks for a client's priority: low, unless a policy gives one", async () => {
    const priority = async (client: string) =>
      (await ask(`GET /api/client_priority/${client}`)).json["priority"];
    expect(await priority("client1")).toBe("low");
    const rules = [
      { action: "prioritize", match: { client_id: "client1" }, parameters: { priority: "high" } },
    ];
    await ask("POST /policies", { id: "priorities", type: "network_qos", rules });
    expect([await priority("client1"), await priority("client2")]).toEqual(["high", "low"]);
    await ask("DELETE /policies/priorities");
  });

  it("K polls a list with network_security first, and rules in it", async () => {
    const { list } = await ask("GET /api/v1/policies");
    expect(list.map(({ type }) => type).indexOf("network_security")).toBe(0);
    const priorities = list.slice(1).map(({ priority }) => priority as number);
    expect(priorities).toEqual(priorities.toSorted((left, right) => right - left));
    expect(list[0]).toMatchObject({ name: isText, enabled: true, rules: expect.any(Array) as [] });
  });

  it("L asks whether it may optimize", async () => {
    expect(await check("network_qos", { operation: "optimize_network" })).toMatchObject({
      ...{ allowed: true, reason: isText },
    });
  });
});
