import type { Parsed } from "./parsed.js";
import { quoted } from "./quoted.js";

/** An IP address. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is read as the IPv4 address it stands for. */
export interface Address {
  readonly family: 4 | 6;
  /** 32 or 128 bits, unsigned. */
  readonly bits: bigint;
}

/** All addresses of one family that share the first `length` bits. */
export interface Prefix {
  readonly family: 4 | 6;
  /** Host bits are zero. */
  readonly network: bigint;
  /** The highest address: host bits are one. */
  readonly last: bigint;
  /** 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** Addresses of one family from `first` to `last`, both inclusive. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const MAPPED_PREFIX_BITS = 96;
/** The longest text of an address: six groups and an embedded IPv4 address. */
const LONGEST_TEXT = 45;

/*
 * Addresses that were read lately. A check reads each of its own several times, and the same few ask
 * again and again. One that comes to the place of another puts it out.
 */
const PLACES = 1024;
const lately = new Array<{ readonly text: string; readonly address: Address } | undefined>(PLACES);

/**
 * Reads an IPv4 or IPv6 address exactly as `net.isIP` accepts it, but without zone. Leading zeros in
 * IPv4 are refused, because some systems read them as octal.
 *
 * @returns Undefined for any other text. Total, and cheap for texts of any length.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const place = placeOf(text);
  const known = lately[place];
  if (known?.text === text) return known.address;
  const address = text.includes(":") ? parseIpv6(text) : parseIpv4Address(text);
  if (address) lately[place] = { text, address };
  return address;
}

/** Neighbours differ in their last digits. */
function placeOf(text: string): number {
  const end = text.length;
  const last = text.charCodeAt(end - 1) + 10 * text.charCodeAt(end - 2);
  return (last + 100 * text.charCodeAt(end - 3) + 7 * text.charCodeAt(end - 5)) & (PLACES - 1);
}

function parseIpv4Address(text: string): Address | undefined {
  const bits = parseIpv4(text);
  return bits === undefined ? undefined : { family: 4, bits: BigInt(bits) };
}

/** @returns The 32 bits as an unsigned number. */
function parseIpv4(text: string): number | undefined {
  let bits = 0;
  let octets = 0;
  let octet = -1; // -1: no digit yet
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : DOT;
    if (code === DOT) {
      if (octet < 0 || ++octets > 4) return undefined;
      bits = bits * 256 + octet;
      octet = -1;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return octets === 4 ? bits : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;

function parseIpv6(text: string): Address | undefined {
  const halves = text.split("::");
  const [left = "", right] = halves;
  if (halves.length > 2) return undefined;
  const head = parseGroups(left, right === undefined);
  const tail = right === undefined ? [] : parseGroups(right, true);
  if (head === undefined || tail === undefined) return undefined;

  const omitted = 8 - head.length - tail.length;
  if (right === undefined ? omitted !== 0 : omitted < 1) return undefined;
  const groups = [...head, ...new Array<number>(omitted).fill(0), ...tail];
  const bits = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  return bits >> 32n === 0xffffn ? { family: 4, bits: bits & 0xffff_ffffn } : { family: 6, bits };
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      const ipv4 = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      groups.push(Math.floor(ipv4 / 0x1_0000), ipv4 % 0x1_0000);
    }
  }
  return groups;
}

/** The canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zeros as `::`). */
export function formatAddress(address: Address): string {
  const { family, bits } = address;
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(16 * (7 - index))) & 0xffffn).toString(16),
  ).join(":");
  // Source: RFC 5952, 4.2: at least two groups, and the first of the longest runs.
  const runs = groups.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return longest === "" ? groups : groups.replace(new RegExp(`\\b:?${longest}\\b:?`), "::");
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress({ family: prefix.family, bits: prefix.network })}/${prefix.length}`;
}

export function formatAddressRange({ family, first, last }: AddressRange): string {
  return `${formatAddress({ family, bits: first })}-${formatAddress({ family, bits: last })}`;
}

/**
 * Reads an address (all its bits count) or a CIDR. Host bits are ignored, with a warning.
 * `::ffff:a.b.c.d/n` means the IPv4 prefix of length n - 96, so n is at least 96.
 */
export function parsePrefix(text: string): Parsed<Prefix> {
  const [host = "", lengthText, ...more] = text.split("/", 3);
  const address = parseAddress(host);
  if (address === undefined || more.length > 0) {
    return {
      ok: false,
      problem: `${quoted(text)} is not an IPv4 or IPv6 address or CIDR${hint(text)}`,
    };
  }
  const width = address.family === 4 ? IPV4_BITS : IPV6_BITS;
  if (lengthText === undefined) {
    const [network, last] = [address.bits, address.bits];
    return { ok: true, value: { family: address.family, network, last, length: width } };
  }

  const mappedBits = address.family === 4 && host.includes(":") ? MAPPED_PREFIX_BITS : 0;
  const length = /^(?:0|[1-9][0-9]{0,2})$/.test(lengthText) ? Number(lengthText) - mappedBits : -1;
  if (length < 0 || length > width) {
    const least = String(mappedBits);
    const most = String(mappedBits + width);
    return {
      ok: false,
      problem: `the prefix length of ${quoted(text)} must be a number from ${least} to ${most}, without leading zeros`,
    };
  }
  const hostBits = BigInt(width - length);
  const network = (address.bits >> hostBits) << hostBits;
  const last = network + (1n << hostBits) - 1n;
  const value: Prefix = { family: address.family, network, last, length };
  if (network === address.bits) return { ok: true, value };
  const warning = `${quoted(text)} has host bits, which are ignored: it means ${formatPrefix(value)}`;
  return { ok: true, value, warning };
}

function hint(text: string): string {
  if (text.includes("%")) return ": leave out the zone";
  if (text.includes("-")) return ": write a range under src_ip_range or dst_ip_range";
  if (/(?:^|\.)0[0-9]/.test(text)) return ": leave out leading zeros";
  if (text.trim() !== text) return ": leave out the blanks";
  return "";
}

/** Reads `a-b`, both inclusive and of one family; blanks around the parts are accepted. */
export function parseAddressRange(text: string): Parsed<AddressRange> {
  const parts = text.split("-", 3);
  const [first, last] = parts.map((part) => parseAddress(part.trim()));
  if (parts.length !== 2 || first === undefined || last === undefined) {
    return {
      ok: false,
      problem: `${quoted(text)} is not a range of addresses: write it as 10.0.0.1-10.0.0.9`,
    };
  }
  if (first.family !== last.family) {
    return { ok: false, problem: `the range ${quoted(text)} mixes IPv4 and IPv6` };
  }
  if (first.bits > last.bits) {
    return {
      ok: false,
      problem: `the range ${quoted(text)} is reversed: write the lower end first`,
    };
  }
  return { ok: true, value: { family: first.family, first: first.bits, last: last.bits } };
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  // Why comparisons: every other operation makes a new bigint.
  return (
    prefix.family === address.family &&
    prefix.network <= address.bits &&
    address.bits <= prefix.last
  );
}

export function rangeContains(range: AddressRange, address: Address): boolean {
  return (
    range.family === address.family && range.first <= address.bits && address.bits <= range.last
  );
}
