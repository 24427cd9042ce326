import type { Address } from "./address.js";
import type { IndexField } from "./index-entry.js";
import type { EqualityKey, KeyedAttribute } from "./index-keys.js";
import { type OrdinalSet, ordinalSets } from "./ordinal-set.js";
import { type Block, blocksOfRange, prefixTableBuilder } from "./prefix-table.js";
import type { AccessRequest } from "./request.js";
import type { PortSet } from "./port-set.js";
import type { TargetField } from "./target.js";

/** What of a request a lookup reads; the keys of an attribute are computed once per request. */
export interface IndexQuery {
  readonly request: AccessRequest;
  keysOf(attribute: KeyedAttribute): readonly EqualityKey[];
}

/** One key of `match` across all rules of a bucket. */
export interface Dimension {
  /** Rules without this key: they hold whatever the request has. */
  readonly free: OrdinalSet;
  /** Adds the sets whose union is every rule whose field holds. */
  collect(query: IndexQuery, found: OrdinalSet[]): void;
}

export interface DimensionBuilder {
  /**
   * Ordinals come in ascending order.
   * @returns False for a field that is not worth it: the rule is asked by its definition instead.
   */
  add(field: IndexField, ordinal: number): boolean;
  /** Yields now and then, so that a caller can let others have their turn. */
  build(free: OrdinalSet, universe: number): Generator<void, Dimension>;
}

/** A field of more blocks or keys than this would cost more memory than it saves time. */
const MOST_PARTS = 64;

const IPV4_BITS = 32;
const PORT_BITS = 16;

export function dimensionBuilder({ field, attribute, keys }: IndexField): DimensionBuilder {
  if (keys) return equalityDimension(attribute);
  return field.kind === "port" ? portDimension(field.attribute) : addressDimension(field);
}

function equalityDimension(attribute: KeyedAttribute): DimensionBuilder {
  const ordinalsByKey = new Map<EqualityKey, number[]>();
  return {
    add({ keys }, ordinal) {
      if (!keys || keys.length > MOST_PARTS) return false;
      for (const key of keys) {
        const ordinals = ordinalsByKey.get(key);
        if (ordinals) ordinals.push(ordinal);
        else ordinalsByKey.set(key, [ordinal]);
      }
      return true;
    },
    *build(free, universe) {
      const sets = yield* ordinalSets(ordinalsByKey, universe);
      return {
        free,
        collect(query, found) {
          for (const key of query.keysOf(attribute)) {
            const set = sets.get(key);
            if (set) found.push(set);
          }
        },
      };
    },
  };
}

function portDimension(attribute: "src_port" | "dst_port"): DimensionBuilder {
  const table = prefixTableBuilder(numberBits(PORT_BITS));
  return {
    add({ field }, ordinal) {
      const blocks = field.kind === "port" ? blocksOfPorts(field.ports) : [];
      if (blocks.length === 0 || blocks.length > MOST_PARTS) return false;
      for (const block of blocks) table.add(block, ordinal);
      return true;
    },
    *build(free, universe) {
      const built = yield* table.build(universe);
      return {
        free,
        collect({ request }, found) {
          const ports = attribute === "src_port" ? request.srcPorts : request.dstPorts;
          for (const port of ports) built.collect(port, found);
        },
      };
    },
  };
}

function addressDimension(sample: TargetField): DimensionBuilder {
  const isSource = "attribute" in sample && sample.attribute === "src_ip";
  const ipv4 = prefixTableBuilder(numberBits(IPV4_BITS));
  const ipv6 = prefixTableBuilder<bigint>((bits, length) => bits >> BigInt(128 - length));
  return {
    add({ field }, ordinal) {
      const blocks = blocksOfAddresses(field);
      if (!blocks || blocks.length > MOST_PARTS) return false;
      for (const { family, block } of blocks) {
        if (family === 4) ipv4.add(block, ordinal);
        else ipv6.add(block, ordinal);
      }
      return true;
    },
    *build(free, universe) {
      const table4 = yield* ipv4.build(universe);
      const table6 = yield* ipv6.build(universe);
      const collectAddress = ({ family, bits }: Address, found: OrdinalSet[]): void => {
        if (family === 4) table4.collect(Number(bits), found);
        else table6.collect(bits, found);
      };
      return {
        free,
        collect({ request }, found) {
          const addresses = isSource ? request.srcIps : request.dstIps;
          for (const address of addresses) collectAddress(address, found);
        },
      };
    },
  };
}

function numberBits(width: number): (point: number, length: number) => number {
  return (point, length) => Math.floor(point / 2 ** (width - length));
}

function blocksOfPorts(ports: PortSet): Block<number>[] {
  return ports.flatMap(({ first, last }) => blocksOfRange(first, last, PORT_BITS));
}

type AddressBlock =
  | { readonly family: 4; readonly block: Block<number> }
  | { readonly family: 6; readonly block: Block<bigint> };

/** Undefined for ranges of IPv6: their blocks would be many, and nobody writes them. */
function blocksOfAddresses(field: TargetField): AddressBlock[] | undefined {
  if (field.kind === "address") {
    return field.prefixes.map(({ family, network, length }): AddressBlock =>
      family === 4
        ? { family, block: { length, key: Number(network >> BigInt(IPV4_BITS - length)) } }
        : { family, block: { length, key: network >> BigInt(128 - length) } },
    );
  }
  if (field.kind !== "address-range" || field.ranges.some(({ family }) => family === 6)) {
    return undefined;
  }
  return field.ranges.flatMap(({ first, last }) =>
    blocksOfRange(Number(first), Number(last), IPV4_BITS).map((block): AddressBlock => ({
      family: 4,
      block,
    })),
  );
}
