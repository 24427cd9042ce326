const LEAST_CPU_MS = 150;
const MOST_CALLS_BETWEEN_LOOKS = 4_096;

/**
 * Calls per second of processor time, so that other programs on the machine do not count. `call` gets
 * the number of the call; it runs for 150 ms at least.
 */
export async function cpuRate(call: (index: number) => unknown): Promise<number> {
  const start = process.cpuUsage();
  let calls = 0;
  let between = 1;
  for (;;) {
    for (let left = between; left > 0; left -= 1) {
      const result = call(calls);
      if (result instanceof Promise) await result;
      calls += 1;
    }
    const usedMs = cpuMs(start);
    if (usedMs >= LEAST_CPU_MS) return (calls / usedMs) * 1_000;
    between = Math.min(between * 2, MOST_CALLS_BETWEEN_LOOKS);
  }
}

/** Processor time since `start`, of all threads. */
export function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
