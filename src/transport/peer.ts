import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addSubnet("::ffff:127.0.0.0", 104, "ipv6");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an address is this machine's own. Anything that is not an address is not. */
export function isLoopbackAddress(address: string): boolean {
  if (address === "127.0.0.1" || address === "::1") return true; // Nearly always, and at no cost.
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** The same for `address:port` as grpc-js names a peer (`127.0.0.1:4711`, `::1:4711`). */
export function isLoopbackPeer(peer: string): boolean {
  return isLoopbackAddress(addressOfPeer(peer));
}

/** The address of `address:port`; empty where there is no port. */
export function addressOfPeer(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(":")));
}
