/** A ratio measured as interleaved pairs: both sides see the same noise of a shared machine. */
export interface Ratio {
  readonly name: string;
  readonly baseline: string;
  readonly pairs: number;
  /** Of `subject / baseline`, pair by pair. */
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  /** Medians of both sides, per second. */
  readonly subjectPerS: number;
  readonly baselinePerS: number;
}

/** Measures `subject` and `baseline` alternately, the order swapped every other pair. */
export async function interleavedPairs(options: {
  readonly name: string;
  readonly baselineName: string;
  readonly pairs: number;
  readonly subject: () => Promise<number>;
  readonly baseline: () => Promise<number>;
}): Promise<Ratio> {
  const subjects: number[] = [];
  const baselines: number[] = [];
  for (let pair = 0; pair < options.pairs; pair += 1) {
    if (pair % 2 === 0) {
      baselines.push(await options.baseline());
      subjects.push(await options.subject());
    } else {
      subjects.push(await options.subject());
      baselines.push(await options.baseline());
    }
  }
  const ratios = subjects.map((subject, index) => subject / (baselines[index] ?? Number.NaN));
  return {
    name: options.name,
    baseline: options.baselineName,
    pairs: options.pairs,
    median: rounded(median(ratios)),
    lowest: rounded(Math.min(...ratios)),
    highest: rounded(Math.max(...ratios)),
    subjectPerS: Math.round(median(subjects)),
    baselinePerS: Math.round(median(baselines)),
  };
}

/** A ratio as one line for a person. */
export function ratioLine(ratio: Ratio): string {
  return (
    `${ratio.name} / ${ratio.baseline}: ${ratio.median} (${ratio.lowest} to ${ratio.highest}, ` +
    `${ratio.pairs} pairs; ${ratio.subjectPerS} against ${ratio.baselinePerS} per second)`
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
