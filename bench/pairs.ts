/** A ratio measured as interleaved pairs: both sides see the same noise of a shared machine. */
export interface Ratio {
  readonly name: string;
  readonly baseline: string;
  readonly pairs: number;
  /** Of `subject / baseline`, pair by pair. */
  readonly median: number;
  readonly lowest: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
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
    lowerQuartile: rounded(quantile(ratios, 0.25)),
    upperQuartile: rounded(quantile(ratios, 0.75)),
    highest: rounded(Math.max(...ratios)),
    subjectPerS: Math.round(median(subjects)),
    baselinePerS: Math.round(median(baselines)),
  };
}

/** A ratio as one line for a person. */
export function ratioLine(ratio: Ratio): string {
  return (
    `${ratio.name} / ${ratio.baseline}: ${ratio.median} (half of the pairs ` +
    `${ratio.lowerQuartile} to ${ratio.upperQuartile}, all ${ratio.lowest} to ${ratio.highest}, ` +
    `${ratio.pairs} pairs; ${ratio.subjectPerS} against ${ratio.baselinePerS} per second)`
  );
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between the two nearest values where none is exactly there. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
