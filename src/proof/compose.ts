import type { WorkSourceId } from '../consensus';
import type { SegmentRef } from '../template/work';
import type { Proof } from './codec';
import type { Share } from './share';

/**
 * The proof that holds exactly these shares, in canonical order.
 * @param shares in any order, at most k, no two equal
 * @param refs how the proof names each segment of the round, in order
 */
export function composeProof(
  source: WorkSourceId,
  refs: (SegmentRef | undefined)[],
  shares: readonly Share[],
): Proof {
  const ascending = [...shares].sort((a, b) => (a.hashValue < b.hashValue ? -1 : 1));
  const segments = refs
    .map((ref, index) => ({ ref, attempts: ascending.filter(({ segment }) => segment === index) }))
    .filter(({ attempts }) => attempts.length > 0);
  return { source, segments };
}
