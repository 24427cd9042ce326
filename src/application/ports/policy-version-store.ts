/** Gives every content of the policy set its number. The number never goes down. */
export interface PolicyVersionStore {
  /**
   * The version of the set with this content: the newest stored one if the content is the same, else
   * `max(stored + 1, fileVersion)`; with nothing stored, `fileVersion` (at least 1). Durable before it
   * is answered where the adapter stores durably.
   * @throws {PdpError} `STORAGE_UNAVAILABLE`.
   */
  assign(content: { readonly contentHash: string; readonly fileVersion?: number }): Promise<number>;
}
