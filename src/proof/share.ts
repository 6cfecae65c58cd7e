import { hashValue } from '../bitcoin/target';
import { sha256d } from '../bitcoin/sha256';
import type { Attempt } from '../work/attempt';
import { headerOf, type Template } from '../work/segment';

/** An attempt whose hash is low enough to be worth something. */
export interface Share extends Attempt {
  /** Which of the work's segments it was mined on; work source koii has only 0. */
  segment: number;
  hashValue: bigint;
}

/** Hashes an attempt on a segment's template. */
export function shareOf(template: Template, attempt: Attempt, segment = 0): Share {
  return { ...attempt, segment, hashValue: hashValue(sha256d(headerOf(template, attempt))) };
}
