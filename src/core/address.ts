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
  /** 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** Addresses of one family from `first` to `last`, both inclusive. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}
