import { z } from 'zod';

/** What the node did at one moment. */
export interface Sample {
  /** ms since 1970, a multiple of SAMPLE_MS */
  at: number;
  /** The round being mined, or the last one; undefined before the first. */
  round: number | undefined;
  /** Hashes this node's threads did in that round, hashes its proof proves, and the shares in it. */
  hashesDone: number;
  hashesProven: number;
  shares: number;
  hashrateHps: number;
  /** The rate of each thread; empty where there are too many to be told apart. */
  threadsHps: number[];
}

export const SAMPLE_MS = 2_000;

/** Threads that have a line of their own. */
const MAX_THREADS_APART = 16;

const whole = z.number().int().nonnegative();

/**
 * [seconds since 1970, round or -1, hashes done, proven, shares, kH/s in all, kH/s of each thread ...];
 * short, for the store and the page both hold an hour of them.
 */
export const sampleTupleSchema = z
  .tuple([whole, z.number().int().min(-1), whole, whole, whole, whole])
  .rest(whole);
export type SampleTuple = z.infer<typeof sampleTupleSchema>;

export function toTuple(sample: Sample): SampleTuple {
  const { at, round, hashesDone, hashesProven, shares, hashrateHps, threadsHps } = sample;
  const kilo = (rate: number): number => Math.round(rate / 1000);
  const threads = threadsHps.length > MAX_THREADS_APART ? [] : threadsHps.map(kilo);
  return [
    ...([at / 1000, round ?? -1, hashesDone, hashesProven, shares, kilo(hashrateHps)] as const),
    ...threads,
  ];
}

/** The time of a sample, in ms since 1970. */
export function timeOf([seconds]: SampleTuple): number {
  return seconds * 1000;
}
