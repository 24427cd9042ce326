/** Names that follow from what they name: the same text always has the same. */
export interface Digests {
  /** SHA-256 in hex. */
  sha256(text: string): string;
  /** UUID, version 5, in a name space of this engine. */
  uuidOf(text: string): string;
}
