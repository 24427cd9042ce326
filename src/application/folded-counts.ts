/** What happens too often to be told one by one: counted per key, told when the window ends. */
export interface FoldedCounts<Facts> {
  /**
   * Counts one occurrence in this window.
   *
   * @param facts - Kept from the first occurrence that is counted.
   * @param timeMs - When it occurred; not always after what came before.
   * @returns True when the caller is to tell of it now instead (`tellsFirst`): it is not counted.
   */
  add(key: string, facts: Facts, timeMs: number): boolean;
  /** Ends the window now. */
  flush(): void;
}

export interface FoldedCount<Facts> {
  /** At least 1. */
  readonly count: number;
  /** Absent for occurrences beyond `maxKeys` different keys, which are counted together. */
  readonly facts?: Facts;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Counted in place: it happens for nearly every decision. */
interface GrowingCount<Facts> extends FoldedCount<Facts> {
  count: number;
  firstMs: number;
  lastMs: number;
}

interface Window<Facts> {
  /** Undefined: told of in this window, and not seen again. */
  readonly counts: Map<string, GrowingCount<Facts> | undefined>;
  overflow?: GrowingCount<Facts>;
  readonly timer: NodeJS.Timeout;
}

/**
 * The window begins with the first occurrence. Every key is told of at most once in it: at its end,
 * or with `tellsFirst` at the first occurrence, and then at the end of a window for the rest.
 * `onEnd` gets the counts in order of first occurrence. Timers do not keep the process alive.
 */
export function createFoldedCounts<Facts>(options: {
  readonly windowMs: number;
  readonly maxKeys: number;
  readonly tellsFirst: boolean;
  readonly onEnd: (counts: readonly FoldedCount<Facts>[]) => void;
}): FoldedCounts<Facts> {
  const { windowMs, maxKeys, tellsFirst, onEnd } = options;
  let window: Window<Facts> | undefined;

  function open(toldKeys: readonly string[]): Window<Facts> {
    const counts = new Map(toldKeys.map((key) => [key, undefined]));
    return { counts, timer: setTimeout(end, windowMs).unref() };
  }

  function end(): void {
    if (!window) return;
    const { counts, overflow, timer } = window;
    clearTimeout(timer);
    const toldKeys: string[] = [];
    const ended: FoldedCount<Facts>[] = [];
    for (const [key, counted] of counts) {
      if (!counted) continue;
      toldKeys.push(key);
      ended.push(counted);
    }
    if (overflow) ended.push(overflow);
    window = tellsFirst && toldKeys.length > 0 ? open(toldKeys) : undefined;
    if (ended.length > 0) onEnd(ended);
  }

  function countAgain(counted: GrowingCount<Facts>, timeMs: number): void {
    counted.count += 1;
    if (timeMs < counted.firstMs) counted.firstMs = timeMs;
    if (timeMs > counted.lastMs) counted.lastMs = timeMs;
  }

  function firstCount(timeMs: number): GrowingCount<Facts> {
    return { count: 1, firstMs: timeMs, lastMs: timeMs };
  }

  return {
    add(key, facts, timeMs) {
      window ??= open([]);
      const { counts, overflow } = window;
      const counted = counts.get(key);
      if (counted) {
        countAgain(counted, timeMs);
        return false;
      }
      if (counts.has(key)) {
        counts.set(key, { ...firstCount(timeMs), facts });
        return false;
      }
      if (counts.size >= maxKeys) {
        if (overflow) countAgain(overflow, timeMs);
        else window.overflow = firstCount(timeMs);
        return false;
      }
      counts.set(key, tellsFirst ? undefined : { ...firstCount(timeMs), facts });
      return tellsFirst;
    },
    flush: end,
  };
}
