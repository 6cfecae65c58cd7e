import type { Measure, Sample } from './samples';

/** How far a measure may rise from the first half of the samples to the second, and how high it may get. */
interface Bounds {
  readonly rise: number;
  readonly most: number;
}

/**
 * A rise below these is noise: garbage collection moves resident memory by this much, and LevelDB writes up
 * to 4 MB before it compacts. `most` of the store is the deployment's `space`, of memory the task's own limit.
 */
const BOUNDS: Readonly<Record<Measure, Bounds>> = {
  residentMB: { rise: 8, most: 512 },
  handles: { rise: 3, most: 200 },
  storeMB: { rise: 4.5, most: 10 },
  files: { rise: 4, most: 40 },
};
export const MEASURES = Object.keys(BOUNDS) as Measure[];

/** A process grows while it warms up: this part of a run is ignored. */
const WARM_UP = 1 / 3;
const FEWEST_SAMPLES = 8;

export interface Flatness {
  readonly from: number;
  readonly to: number;
  readonly most: number;
  readonly perMinute: number;
  readonly isFlat: boolean;
}

/**
 * Whether a measure stays flat once it is warm: medians of two halves are compared, so that no single
 * sample decides.
 * @throws RangeError if there are too few samples to tell
 */
export function flatness(samples: readonly Sample[], measure: Measure): Flatness {
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP));
  if (warm.length < FEWEST_SAMPLES) {
    throw new RangeError(`${warm.length} samples are too few to tell, run for longer`);
  }
  const middle = Math.floor(warm.length / 2);
  const [from, to] = [warm.slice(0, middle), warm.slice(middle)].map((half) =>
    median(half.map((sample) => sample[measure])),
  ) as [number, number];
  const minutes = (warm.at(-1)!.atMin - warm[0]!.atMin) / 2;
  const most = Math.max(...samples.map((sample) => sample[measure]));
  const bounds = BOUNDS[measure];
  return {
    from,
    to,
    most,
    perMinute: (to - from) / minutes,
    isFlat: to - from <= bounds.rise && most <= bounds.most,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
