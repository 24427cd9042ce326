/** Identifiers that never repeat. */
export interface Ids {
  /** UUID v7 of that time, in milliseconds since the epoch: sorts by it. */
  decisionId(timeMs: number): string;
  /** UUID v4. */
  eventId(): string;
}
