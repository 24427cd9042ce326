/** A closed round, or something else that happened between two of them. */
export interface KeptItem {
  readonly closed?: { readonly runId: string; readonly round: number; readonly size: number };
}

/** An observation is taken up to so many closed rounds of its run later. */
const LATE_ROUNDS = 2;
/** What is kept for late observations, whatever the number of runs. */
export const MOST_KEPT_ROUNDS = 64;
const MOST_CLIENTS = 1_000_000;

/**
 * The closed rounds that a late observation may still reach, in the order in which they were closed.
 * A round leaves when its run has closed one that is more than two rounds later, or when so much was
 * closed since in other runs that memory would grow.
 */
export class LatenessWindow<Item extends KeptItem> {
  /** The oldest first. */
  readonly items: Item[];
  private clients = 0;
  private rounds = 0;

  /** @param lastClosed - By run: its highest round that was ever closed. */
  constructor(
    items: Iterable<Item> = [],
    readonly lastClosed: Map<string, number> = new Map(),
  ) {
    this.items = [...items];
    for (const item of this.items) this.count(item, 1);
  }

  push(item: Item): void {
    this.items.push(item);
    this.count(item, 1);
    if (!item.closed) return;
    const { runId, round } = item.closed;
    this.lastClosed.set(runId, Math.max(round, this.lastClosed.get(runId) ?? 0));
  }

  /** Takes the oldest item out if it has left; undefined: it has not, or there is none. */
  takeLeft(): Item | undefined {
    const [oldest] = this.items;
    if (!oldest || !this.hasLeft(oldest)) return undefined;
    this.items.shift();
    this.count(oldest, -1);
    return oldest;
  }

  /** Whether a round's time is over, whatever is known of it. */
  isTooLate(runId: string, round: number): boolean {
    return (this.lastClosed.get(runId) ?? 0) > round + LATE_ROUNDS;
  }

  find(runId: string, round: number): Item | undefined {
    return this.items.find(({ closed }) => closed?.runId === runId && closed.round === round);
  }

  private hasLeft({ closed }: Item): boolean {
    if (!closed) return true;
    if (this.isTooLate(closed.runId, closed.round)) return true;
    return this.rounds > 1 && (this.rounds > MOST_KEPT_ROUNDS || this.clients > MOST_CLIENTS);
  }

  private count({ closed }: Item, sign: 1 | -1): void {
    if (!closed) return;
    this.rounds += sign;
    this.clients += sign * closed.size;
  }
}
