import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createComponentRegistry,
  type RegistrySettings,
} from "../../../src/adapters/component-registry/component-registry.js";
import { parseAddress } from "../../../src/core/address.js";

const FLOPYNET: RegistrySettings = {
  nodeIps: {
    NODE_IP_FL_SERVER: "192.168.100.10",
    NODE_IP_POLICY_ENGINE: "192.168.100.20",
    NODE_IP_COLLECTOR: "192.168.100.40",
    NODE_IP_SDN_CONTROLLER: "192.168.100.41",
    NODE_IP_OPENVSWITCH: "192.168.100.60",
    NODE_IP_FL_CLIENT_1: "192.168.100.101",
    NODE_IP_FL_CLIENT_2: "10.9.9.9",
    NODE_IP_NORTHBOUND: "fd00::50",
    NODE_IP_SPARE: "",
  },
  clientIpRange: "100-255",
  subnetPrefix: "192.168.100",
};

function typeOf(settings: RegistrySettings, text: string): string | undefined {
  const registry = createComponentRegistry(settings);
  if (!registry.ok) throw new Error(registry.problem);
  const address = parseAddress(text);
  if (!address) throw new Error(`\`${text}\` is no address`);
  return registry.value.componentTypeOf(address);
}

describe("the component registry", () => {
  it.each<[says: string, address: string, componentType: string | undefined]>([
    ["NODE_IP_FL_SERVER is an fl-server", "192.168.100.10", "fl-server"],
    ["NODE_IP_POLICY_ENGINE is a policy-engine", "192.168.100.20", "policy-engine"],
    ["NODE_IP_COLLECTOR is a collector", "192.168.100.40", "collector"],
    ["NODE_IP_SDN_CONTROLLER is an sdn-controller", "192.168.100.41", "sdn-controller"],
    ["NODE_IP_OPENVSWITCH is an openvswitch", "192.168.100.60", "openvswitch"],
    ["NODE_IP_FL_CLIENT_1 is an fl-client", "192.168.100.101", "fl-client"],
    ["NODE_IP_FL_CLIENT_2 may be outside the subnet", "10.9.9.9", "fl-client"],
    ["any other NODE_IP_ names its type, in IPv6 too", "fd00:0::50", "northbound"],
    ["an IPv4-mapped address is the IPv4 address", "::ffff:192.168.100.10", "fl-server"],
    ["the range begins with its first octet", "192.168.100.100", "fl-client"],
    ["the range ends with its last octet", "192.168.100.255", "fl-client"],
    ["an address below the range is nobody", "192.168.100.99", undefined],
    ["an address of another subnet is nobody", "192.168.101.100", undefined],
    ["IPv6 with the same bits is nobody", "::c0a8:6464", undefined],
  ])("%s", (_says, address, componentType) => {
    expect(typeOf(FLOPYNET, address)).toBe(componentType);
  });

  it("prefers an exact address to the range of clients", () => {
    const nodeIps = { NODE_IP_COLLECTOR: "192.168.100.150" };
    expect(typeOf({ ...FLOPYNET, nodeIps }, "192.168.100.150")).toBe("collector");
    expect(typeOf({ ...FLOPYNET, nodeIps }, "192.168.100.151")).toBe("fl-client");
  });

  it("knows nobody when nothing is set", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(typeOf({ nodeIps: {}, clientIpRange: "", subnetPrefix: "" }, address)).toBe(
          undefined,
        );
      }),
    );
  });

  it.each<[says: string, settings: Partial<RegistrySettings>, problem: RegExp]>([
    [
      "a name is not an address",
      { nodeIps: { NODE_IP_FL_SERVER: "fl-server" } },
      /^NODE_IP_FL_SERVER must be an IPv4 or IPv6 address, got `fl-server`$/,
    ],
    [
      "an octal-looking address is refused",
      { nodeIps: { NODE_IP_COLLECTOR: "010.0.0.1" } },
      /^NODE_IP_COLLECTOR must be/,
    ],
    [
      "two components at one address",
      { nodeIps: { NODE_IP_COLLECTOR: "10.0.0.1", NODE_IP_FL_SERVER: "10.0.0.1" } },
      /^NODE_IP_FL_SERVER has the address of NODE_IP_COLLECTOR/,
    ],
    ["a setting without a component", { nodeIps: { NODE_IP_: "10.0.0.1" } }, /^NODE_IP_ names no/],
    ["a range without its subnet", { clientIpRange: "100-255" }, /^CLIENT_IP_RANGE needs SUBNET_/],
    ["a reversed range", { ...FLOPYNET, clientIpRange: "255-100" }, /^CLIENT_IP_RANGE must be/],
    ["a range beyond 255", { ...FLOPYNET, clientIpRange: "100-256" }, /^CLIENT_IP_RANGE must be/],
    ["a range of words", { ...FLOPYNET, clientIpRange: "all" }, /^CLIENT_IP_RANGE must be/],
    ["a whole subnet", { subnetPrefix: "192.168.100.0/24" }, /^SUBNET_PREFIX must be three octets/],
    ["two octets", { subnetPrefix: "192.168" }, /^SUBNET_PREFIX must be three octets/],
  ])("refuses %s, naming the setting", (_says, settings, problem) => {
    expect(createComponentRegistry({ nodeIps: {}, ...settings })).toEqual({
      ok: false,
      problem: expect.stringMatching(problem) as string,
    });
  });
});
