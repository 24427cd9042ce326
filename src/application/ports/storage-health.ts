/** How the store is: what an operator has to know of it. */
export interface StorageHealth {
  /** Why writes fail, for a person; undefined while they work. */
  failure(): string | undefined;
  /** What the store takes on disk, in bytes; 0 in memory. */
  bytes(): Promise<number>;
}
