import type { Value } from "./values.js";

/**
 * An IP protocol: its number where it has one (0 to 255), else its name in lower case (`arp`, and
 * names that nobody knows, which equal themselves only).
 */
export type Protocol = number | string;

/** Source: IANA, Assigned Internet Protocol Numbers; the keywords, with the names in common use. */
const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    hopopt: 0,
    icmp: 1,
    igmp: 2,
    ipip: 4,
    tcp: 6,
    egp: 8,
    igp: 9,
    udp: 17,
    dccp: 33,
    rsvp: 46,
    gre: 47,
    esp: 50,
    ah: 51,
    "ipv6-icmp": 58,
    icmpv6: 58,
    eigrp: 88,
    ospf: 89,
    ospfigp: 89,
    pim: 103,
    vrrp: 112,
    l2tp: 115,
    sctp: 132,
    udplite: 136,
  }),
);

/** The names of protocols that are known, in lower case; `arp` is none of IP. */
export const PROTOCOL_NAMES: readonly string[] = [...NUMBERS.keys(), "arp"];

const DECIMAL = /^(?:0|[1-9][0-9]{0,2})$/;
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,31}$/;

/**
 * Reads a protocol: a number from 0 to 255, its decimal text, or a name of 1 to 32 characters in any
 * case. `tcp`, `TCP`, 6 and `"6"` are the same protocol.
 *
 * @returns Undefined for any other value.
 */
export function parseProtocol(value: Value): Protocol | undefined {
  // Asked first: nearly every protocol is one of them, in lower case.
  const known = typeof value === "string" ? NUMBERS.get(value) : undefined;
  if (known !== undefined) return known;
  if (typeof value === "string" && NAME.test(value)) {
    const name = value.toLowerCase();
    return NUMBERS.get(name) ?? name;
  }
  const number = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
  const isNumber = typeof number === "number" && Number.isInteger(number);
  // Adding 0 makes negative zero the zero it equals.
  return isNumber && number >= 0 && number <= 255 ? number + 0 : undefined;
}

/** Whether it is a number of a protocol, or one of `PROTOCOL_NAMES` in any case. */
export function isKnownProtocol(value: Value): boolean {
  const protocol = parseProtocol(value);
  return (
    typeof protocol === "number" || (protocol !== undefined && PROTOCOL_NAMES.includes(protocol))
  );
}
