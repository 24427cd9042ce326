/** To be raised whenever what snapshots hold changes: older ones are then folded anew. */
export const SNAPSHOT_LAYOUT = 2;

/** The state of a fold as plain data: numbers, texts, lists and typed arrays. */
export interface TrustSnapshot {
  readonly modelVersion: string;
  /** Of `state`, and of what the door's snapshot holds. */
  readonly layout: number;
  /** Rules that it refers to; whoever restores it has to know them. */
  readonly rulesHashes: readonly string[];
  readonly state: unknown;
}
