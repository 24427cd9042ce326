/**
 * Runs work, in order, once the event loop has read what has arrived, instead of at once. What comes
 * together is done together: a check that stands alone between two runs of the network's code finds
 * its own code and data gone from the processor's caches, and takes several times as long as the
 * second of two checks. A single one waits for no timer: nothing else has to arrive.
 *
 * @returns Takes work, which must not throw.
 */
export function createTurnQueue(): (work: () => void) => void {
  let waiting: (() => void)[] = [];

  function runAll(): void {
    const arrived = waiting;
    waiting = [];
    for (const work of arrived) work();
  }

  return (work) => {
    if (waiting.push(work) === 1) setImmediate(runAll);
  };
}
