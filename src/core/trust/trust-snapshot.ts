/** The state of a fold as plain data: numbers, texts, lists and typed arrays. */
export interface TrustSnapshot {
  readonly modelVersion: string;
  /** Rules that it refers to; whoever restores it has to know them. */
  readonly rulesHashes: readonly string[];
  readonly state: unknown;
}
