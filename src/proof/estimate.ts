import { HASH_SPACE } from '../bitcoin/target';
import { FLOOR, K, type WorkSourceId } from '../consensus';

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
