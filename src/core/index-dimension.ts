import type { Address } from "./address.js";
import type { IndexField } from "./index-entry.js";
import type { EqualityKey, IndexQuery, KeyedAttribute } from "./index-keys.js";
import { addOrdinal, type OrdinalSet, ordinalSets } from "./ordinal-set.js";
import { blocksOfRange, prefixTableBuilder, type PrefixTableBuilder } from "./prefix-table.js";
import type { TargetField } from "./target.js";

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
  const lists = new Map<EqualityKey, number[]>();
  return {
    add({ keys }, ordinal) {
      if (!keys || keys.length > MOST_PARTS) return false;
      for (const key of keys) addOrdinal(lists, key, ordinal);
      return true;
    },
    *build(free, universe) {
      const sets = yield* ordinalSets(lists, universe);
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
      return field.kind === "port" && addRanges(field.ports, PORT_BITS, table, ordinal);
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
  const ipv4BitsOf = numberBits(IPV4_BITS);
  const ipv4 = prefixTableBuilder(ipv4BitsOf);
  const ipv6 = prefixTableBuilder<bigint>((bits, length) => bits >> BigInt(128 - length));
  return {
    add({ field }, ordinal) {
      if (field.kind === "address-range") {
        // The blocks of a range of IPv6 would be many, and nobody writes one.
        if (field.ranges.some(({ family }) => family === 6)) return false;
        return addRanges(field.ranges, IPV4_BITS, ipv4, ordinal);
      }
      if (field.kind !== "address" || field.prefixes.length > MOST_PARTS) return false;
      for (const { family, network, length } of field.prefixes) {
        if (family === 6) ipv6.add(length, network >> BigInt(128 - length), ordinal);
        else ipv4.add(length, ipv4BitsOf(Number(network), length), ordinal);
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
  // A shift by all 32 bits would be none.
  return (point, length) => (length === 0 ? 0 : point >>> (width - length));
}

/** @returns False, and adds nothing, where the blocks would be too many. */
function addRanges(
  ranges: readonly { readonly first: number | bigint; readonly last: number | bigint }[],
  width: number,
  table: PrefixTableBuilder<number>,
  ordinal: number,
): boolean {
  const blocks = ranges.flatMap(({ first, last }) =>
    blocksOfRange(Number(first), Number(last), width),
  );
  if (blocks.length > MOST_PARTS) return false;
  for (const { length, key } of blocks) table.add(length, key, ordinal);
  return true;
}
