/**
 * The highest policy version there ever was, kept apart from the history: a history that was lost,
 * set aside or restored cannot lower it.
 */
export interface PolicyVersionMark {
  /**
   * A number that was never given before: `max(highest ever + 1, atLeast)`. Durable before it is
   * answered where the adapter stores durably.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  reserve(atLeast: number): Promise<number>;
  /**
   * Says which content a version has, so that the same content keeps it. A version below the newest
   * one is ignored.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  settle(version: { readonly policyVersion: number; readonly contentHash: string }): Promise<void>;
}
