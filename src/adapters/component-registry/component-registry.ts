import type { ComponentRegistry } from "../../application/ports/component-registry.js";
import { type Address, parseAddress } from "../../core/address.js";
import type { Parsed } from "../../core/parsed.js";

export interface RegistrySettings {
  /** `NODE_IP_FL_SERVER` -> address as text; an empty address is "not set". */
  readonly nodeIps: Readonly<Record<string, string>>;
  /** `100-255`: last octets of FL clients, both inclusive. Needs `subnetPrefix`. */
  readonly clientIpRange?: string;
  /** `192.168.100`: the first three octets that `clientIpRange` goes on from. */
  readonly subnetPrefix?: string;
}

interface ClientRange {
  readonly first: bigint;
  readonly last: bigint;
}

// The number of an FL client is not part of its type: NODE_IP_FL_CLIENT_7 is an fl-client.
const NODE_IP_NAME = /^NODE_IP_([A-Z][A-Z0-9_]*?)(?:_[0-9]+)?$/;
const LAST_OCTETS = /^([0-9]{1,3})-([0-9]{1,3})$/;

/**
 * The registry that settings describe: `NODE_IP_FL_SERVER` makes its address an `fl-server`, and
 * likewise for any component. An exact address wins over the range of FL clients.
 * A `problem` names the setting: nobody is taken for a component by mistake.
 */
export function createComponentRegistry(settings: RegistrySettings): Parsed<ComponentRegistry> {
  const nodes = new Map<string, { readonly setting: string; readonly componentType: string }>();
  for (const [setting, text] of Object.entries(settings.nodeIps)) {
    if (text.trim() === "") continue;
    const componentType = componentTypeOfSetting(setting);
    if (componentType === undefined) {
      return problem(`${setting} names no component: write NODE_IP_FL_SERVER or the like`);
    }
    const address = parseAddress(text.trim());
    if (!address) return problem(`${setting} must be an IPv4 or IPv6 address, got \`${text}\``);
    const taken = nodes.get(keyOf(address));
    if (taken && taken.componentType !== componentType) {
      return problem(`${setting} has the address of ${taken.setting}, \`${text}\`: change one`);
    }
    nodes.set(keyOf(address), { setting, componentType });
  }

  const clients = clientRange(settings);
  if (!clients.ok) return clients;
  const { value: range } = clients;
  const isClient = (address: Address): boolean =>
    range !== undefined &&
    address.family === 4 &&
    address.bits >= range.first &&
    address.bits <= range.last;

  return {
    ok: true,
    value: {
      componentTypeOf: (address) =>
        nodes.get(keyOf(address))?.componentType ?? (isClient(address) ? "fl-client" : undefined),
    },
  };
}

function clientRange(settings: RegistrySettings): Parsed<ClientRange | undefined> {
  const rangeText = settings.clientIpRange?.trim() ?? "";
  const prefix = settings.subnetPrefix?.trim() ?? "";
  const start = prefix === "" ? undefined : parseAddress(`${prefix}.0`);
  if (prefix !== "" && start?.family !== 4) {
    return problem(`SUBNET_PREFIX must be three octets such as 192.168.100, got \`${prefix}\``);
  }
  if (rangeText === "") return { ok: true, value: undefined };

  const octets = lastOctets(rangeText);
  if (!octets) {
    return problem(
      `CLIENT_IP_RANGE must be two last octets from 0 to 255 such as 100-255, got \`${rangeText}\``,
    );
  }
  if (!start) {
    return problem("CLIENT_IP_RANGE needs SUBNET_PREFIX: set it to the first three octets");
  }
  const { from, to } = octets;
  return { ok: true, value: { first: start.bits + from, last: start.bits + to } };
}

function lastOctets(text: string): { readonly from: bigint; readonly to: bigint } | undefined {
  const [, from, to] = LAST_OCTETS.exec(text) ?? [];
  if (from === undefined || to === undefined) return undefined;
  if (Number(from) > Number(to) || Number(to) > 255) return undefined;
  return { from: BigInt(from), to: BigInt(to) };
}

function componentTypeOfSetting(setting: string): string | undefined {
  return NODE_IP_NAME.exec(setting.toUpperCase())?.[1]?.toLowerCase().replaceAll("_", "-");
}

function keyOf({ family, bits }: Address): string {
  return `${family}/${bits.toString(16)}`;
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}
