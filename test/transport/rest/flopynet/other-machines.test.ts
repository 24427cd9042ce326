import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const RULES = [{ action: "deny", match: { operation: "x" } }];

/** As another machine does: from an address that is not loopback. */
function ask(engine: TestEngine, line: string, body?: object): Promise<number> {
  const [method = "", path = ""] = line.split(" ");
  return new Promise((resolve, reject) => {
    const options = { host: OWN_ADDRESS, localAddress: OWN_ADDRESS, port: engine.restPort };
    const headers = { "content-type": "application/json" };
    const sent = request({ ...options, method, path, headers }, (response) => {
      response.resume().on("end", () => {
        resolve(response.statusCode ?? 0);
      });
    });
    sent.on("error", reject);
    sent.end(body && JSON.stringify(body));
  });
}

// prettier-ignore
const CHANGES: readonly (readonly [line: string, body: object | undefined])[] = [
  ["POST /policies",                       { id: "a", type: "t", rules: RULES }],
  ["PUT /policies/kept",                   { priority: 1 }],
  ["DELETE /policies/kept", undefined],
  ["POST /api/v1/policies",                { type: "t", data: { id: "a", rules: RULES } }],
  ["PUT /api/v1/policies/kept",            { priority: 1 }],
  ["DELETE /api/v1/policies/kept", undefined],
  ["POST /api/v1/policies/kept/disable", undefined],
  ["POST /api/v1/policies/kept/revert",    { version: 1 }],
  ["POST /policies/reload", undefined],
  ["POST /events",                         { event_type: "X" }],
  ["POST /api/v1/notify_policy_update",    {}],
  ["POST /api/v1/functions",               { name: "f", expression: "true" }],
];

describe.skipIf(OWN_ADDRESS === undefined)("from another machine", () => {
  let engine: TestEngine;
  let insecure: TestEngine;
  const policies = { policies: { kept: { type: "t", rules: RULES } } };
  beforeAll(async () => {
    engine = await startTestEngine({ policies, settings: { HOST: "0.0.0.0" } });
    insecure = await startTestEngine({ policies, settings: { HOST: "0.0.0.0", INSECURE: "1" } });
  });
  afterAll(async () => {
    await engine.stop();
    await insecure.stop();
  });

  it.each(CHANGES)("%s is refused, and changes nothing", async (line, body) => {
    const { policyVersion } = engine.status();
    expect(await ask(engine, line, body)).toBe(401);
    expect(engine.status().policyVersion).toBe(policyVersion);
  });

  it("checks and reads are answered", async () => {
    const check = { policy_type: "t", context: {} };
    expect(await ask(engine, "POST /api/v1/check", check)).toBe(200);
    expect(await ask(engine, "GET /api/v1/policies")).toBe(200);
    expect(await ask(engine, "POST /api/v1/policies/validate", { data: { type: "t" } })).toBe(200);
  });

  it("with INSECURE=1 changes are made, as FLOPY-NET's dashboard needs it", async () => {
    expect(await ask(insecure, "PUT /api/v1/policies/kept", { priority: 7 })).toBe(200);
    expect(insecure.status().policyVersion).toBe(2);
  });
});
