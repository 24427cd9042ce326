import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isLoopbackPeer } from "../../src/transport/peer.js";

describe("a peer is on this machine", () => {
  // prettier-ignore
  it.each([
    ["127.0.0.1",        true],
    ["127.9.8.7",        true],
    ["::1",              true],
    ["::ffff:127.0.0.1", true],
    ["128.0.0.1",        false],
    ["10.0.0.1",         false],
    ["::2",              false],
    ["::ffff:10.0.0.1",  false],
    ["localhost",        false],
    ["127.1",            false],
    ["",                 false],
    ["unknown",          false],
  ])("%s: %s", (address, loopback) => {
    expect(isLoopbackAddress(address)).toBe(loopback);
    expect(isLoopbackPeer(`${address}:4711`)).toBe(loopback);
  });

  it("a peer without a port is not known to be on this machine", () => {
    expect(isLoopbackPeer("127.0.0.1")).toBe(false);
  });
});
