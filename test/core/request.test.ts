import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessRequest } from "../../src/core/request.js";
import { anyValueMap } from "../support/arbitrary-values.js";

const NOTHING = { srcIps: [], dstIps: [], srcPorts: [], dstPorts: [], protocols: [] };

describe("accessRequest", () => {
  it("parses the connection attributes once", () => {
    const attributes = {
      src_ip: "10.0.0.1",
      dst_ip: "::1",
      src_port: 1,
      dst_port: "2",
      protocol: "TCP",
    };
    expect(accessRequest("network_security", attributes)).toEqual({
      policyType: "network_security",
      attributes,
      srcIps: [{ family: 4, bits: 0x0a00_0001n }],
      dstIps: [{ family: 6, bits: 1n }],
      srcPorts: [1],
      dstPorts: [2],
      protocols: [6],
    });
  });

  it("keeps what of a list can be parsed", () => {
    const attributes = { src_ip: ["unknown", null, "::1"], dst_port: [0, 80, "81", [82]] };
    expect(accessRequest("t", attributes)).toMatchObject({
      srcIps: [{ family: 6, bits: 1n }],
      dstPorts: [80, 81],
    });
  });

  it("leaves out what is malformed", () => {
    const attributes = { src_ip: "unknown", dst_ip: 5, src_port: "x", dst_port: 0, protocol: "" };
    expect(accessRequest("t", attributes)).toEqual({ policyType: "t", attributes, ...NOTHING });
  });

  it("leaves out what is null or absent", () => {
    const attributes = { src_ip: null };
    expect(accessRequest("t", attributes)).toEqual({ policyType: "t", attributes, ...NOTHING });
  });

  it("takes any attributes", () => {
    fc.assert(
      fc.property(anyValueMap, (attributes) => {
        expect(accessRequest("t", attributes).attributes).toBe(attributes);
      }),
    );
  });
});
