/** Identifiers that never repeat. */
export interface Ids {
  /** UUID v7: sorts by time. */
  decisionId(): string;
  /** UUID v4. */
  eventId(): string;
}
