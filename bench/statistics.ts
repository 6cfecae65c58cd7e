/** The median and the extremes of a set of samples. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @throws RangeError when there are no samples. */
export function spreadOf(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new RangeError('samples: expected at least one, got none');
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1]!;
  const lower = sorted[(sorted.length - 1) >> 1]!;
  return { median: (lower + upper) / 2, min: sorted[0]!, max: sorted[sorted.length - 1]! };
}

/**
 * The p-quantile of the samples, p in 0..1.
 * @throws RangeError when there are no samples.
 */
export function percentileOf(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new RangeError('samples: expected at least one, got none');
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]!;
}
