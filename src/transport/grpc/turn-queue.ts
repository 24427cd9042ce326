/**
 * Runs work, in order, once the event loop has read what has arrived, instead of at once. What comes
 * together is done together: a check that stands alone between two runs of the network's code finds
 * its own code and data gone from the processor's caches, and takes several times as long as the
 * second of two checks. A single one waits for no timer: nothing else has to arrive.
 *
 * @param onThrow - Told of work that throws; what came with it is done all the same.
 */
export function createTurnQueue(onThrow: (error: unknown) => void): (work: () => void) => void {
  let waiting: (() => void)[] = [];

  function runAll(): void {
    const arrived = waiting;
    waiting = [];
    for (const work of arrived) {
      try {
        work();
      } catch (error) {
        onThrow(error);
      }
    }
  }

  return (work) => {
    if (waiting.push(work) === 1) setImmediate(runAll);
  };
}
