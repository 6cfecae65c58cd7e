import { WORK_SOURCE } from '../consensus';
import { compareSegments } from '../work/segment';
import type { Work } from '../work/source';
import type { Proof } from './codec';
import type { Share } from './share';

/**
 * The proof that holds exactly these shares, in canonical order. Segments without a share are left out.
 * @param work its segments in any order, no two equal in height and prev
 * @param shares in any order, at most K on at most MAX_SEGMENTS segments, no two equal
 */
export function composeProof(work: Work, shares: readonly Share[]): Proof {
  const ascending = [...shares].sort((a, b) => (a.hashValue < b.hashValue ? -1 : 1));
  if (work.source === WORK_SOURCE.koii) return { work, attempts: [ascending] };
  const mined = work.segments
    .map((segment, i) => ({ segment, attempts: ascending.filter((share) => share.segment === i) }))
    .filter(({ attempts }) => attempts.length > 0)
    .sort((a, b) => compareSegments(a.segment, b.segment));
  return {
    work: { ...work, segments: mined.map(({ segment }) => segment) },
    attempts: mined.map(({ attempts }) => attempts),
  };
}
