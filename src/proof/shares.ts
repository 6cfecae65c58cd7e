import { sha256d } from '../bitcoin/sha256';
import { hashValue, HASH_SPACE } from '../bitcoin/target';
import { FLOOR, K, type WorkSourceId } from '../consensus';
import type { Attempt } from '../work/attempt';
import { headerOf, type Template } from '../work/segment';

/** An attempt whose hash is low enough to count. */
export interface Share extends Attempt {
  /** Index of the work's segment it was mined on; always 0 with work source koii. */
  segment: number;
  hashValue: bigint;
}

/** Hashes an attempt on a segment's template. */
export function shareOf(template: Template, attempt: Attempt, segment = 0): Share {
  return { ...attempt, segment, hashValue: hashValue(sha256d(headerOf(template, attempt))) };
}

/** What became of a share: it is among the K best now, it is too high, or it was there already. */
export type Admission = 'best' | 'surpassed' | 'duplicate';

/** Collects the K lowest shares of a round. */
export class BestShares {
  /** By hash value, ascending; at most K. */
  private readonly shares: Share[] = [];

  /** @param k shares that a full proof of the round's work source has */
  constructor(
    private readonly k: number,
    private readonly floor: bigint = FLOOR,
  ) {}

  /** Takes a share in if it is among the K lowest so far. */
  add(share: Share): Admission {
    if (share.hashValue > this.entryTarget) return 'surpassed';
    const at = this.shares.findIndex((held) => held.hashValue >= share.hashValue);
    // A hash identifies its header, so an equal value is the same share again.
    if (at >= 0 && this.shares[at]!.hashValue === share.hashValue) return 'duplicate';
    this.shares.splice(at >= 0 ? at : this.shares.length, 0, share);
    this.shares.length = Math.min(this.shares.length, this.k);
    return 'best';
  }

  /** The highest hash value that could still enter: the floor, then the K-th best. */
  get entryTarget(): bigint {
    const last = this.shares[this.k - 1];
    return last ? last.hashValue : this.floor;
  }

  /** The K lowest, by hash value ascending. */
  list(): readonly Share[] {
    return this.shares;
  }
}

/**
 * Hashes that a proof proves (docs/PROTOCOL.md section 6), unbiased; relative standard error about
 * 1/sqrt(K-2) for a full proof.
 * @param count shares in the proof, 0..K
 * @param highest the highest of their hash values
 */
export function estimateHashes(
  source: WorkSourceId,
  count: number,
  highest: bigint,
  floor: bigint = FLOOR,
): bigint {
  if (count < K[source]) return (BigInt(count) * HASH_SPACE) / (floor + 1n);
  return (BigInt(K[source] - 1) * HASH_SPACE) / (highest + 1n);
}

/** Relative standard error of that estimate; `count` is 1..K. */
export function relativeError(source: WorkSourceId, count: number): number {
  return 1 / Math.sqrt(count < K[source] ? count : K[source] - 2);
}
