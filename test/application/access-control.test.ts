import { describe, expect, it } from "vitest";
import { ACCESS, createAccessControl } from "../../src/application/access-control.js";
import { PdpError } from "../../src/application/errors.js";
import { createDescriptorRegistry } from "../../src/transport/descriptors.js";

const READ = "EventService.ListEvents";
const CHANGE = "PolicyAdminService.ReloadPolicies";
const NO_ROW = "PolicyAdminService.FormatDisk";

const ALLOWED = "allowed";

function answer(rpc: string, peerIsLoopback: boolean, insecure: boolean): string {
  try {
    createAccessControl({ insecure }).check(rpc, { peerIsLoopback });
    return ALLOWED;
  } catch (error) {
    return error instanceof PdpError ? error.failure.reason : String(error);
  }
}

describe("who may call what while nobody can authenticate", () => {
  // prettier-ignore
  it.each<[says: string, rpc: string, peerIsLoopback: boolean, insecure: boolean, reason: string]>([
    ["everyone may read",                                      READ,   false, false, ALLOWED],
    ["this machine may change",                                CHANGE, true,  false, ALLOWED],
    ["another machine may not change",                         CHANGE, false, false, "UNAUTHENTICATED"],
    ["another machine may change with INSECURE=1",             CHANGE, false, true,  ALLOWED],
    ["an RPC that the table does not know counts as a change", NO_ROW, false, false, "UNAUTHENTICATED"],
  ])("%s", (_says, rpc, peerIsLoopback, insecure, reason) => {
    expect(answer(rpc, peerIsLoopback, insecure)).toBe(reason);
  });

  it("the refusal names the RPC and the setting", () => {
    const refuse = (): void => {
      createAccessControl({ insecure: false }).check(CHANGE, { peerIsLoopback: false });
    };
    expect(refuse).toThrow(/^PolicyAdminService.ReloadPolicies is refused.* INSECURE=1$/);
  });
});

it("every RPC of the API has a row, and every row has an RPC", () => {
  const rpcs = [...createDescriptorRegistry().files]
    .filter((file) => file.proto.package === "flopynet.policy.v1")
    .flatMap((file) => file.services)
    .flatMap(({ name, methods }) => methods.map((method) => `${name}.${method.name}`));
  expect([...ACCESS.keys()].sort()).toEqual(rpcs.sort());
});
