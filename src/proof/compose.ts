import { FLOOR, K, MAX_SEGMENTS, WORK_SOURCE, type WorkSourceId } from '../consensus';
import { compareSegments } from '../work/segment';
import type { Work } from '../work/source';
import type { Proof } from './codec';
import { estimateHashes } from './estimate';
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

/**
 * The shares of a proof that proves most: the K lowest on one segment, or on MAX_SEGMENTS of them.
 * @param bySegment the K lowest of each segment, by hash value ascending
 * @returns by hash value ascending
 */
export function mostProving(
  source: WorkSourceId,
  bySegment: readonly (readonly Share[])[],
): readonly Share[] {
  const mined = bySegment.filter((shares) => shares.length > 0);
  if (mined.length <= 1) return mined[0] ?? [];
  let best: { shares: readonly Share[]; hashes: bigint } | undefined;
  for (const chosen of choices(mined, MAX_SEGMENTS[source])) {
    const shares = chosen.reduce((some, more) => lowest(K[source], some, more));
    const highest = shares[shares.length - 1]!.hashValue;
    const hashes = estimateHashes(source, shares.length, highest, FLOOR);
    if (!best || hashes > best.hashes) best = { shares, hashes };
  }
  return best!.shares;
}

/** The lowest shares, so many at most, of two lists by hash value ascending. Sorting them takes four times as long (measured). */
function lowest(count: number, a: readonly Share[], b: readonly Share[]): readonly Share[] {
  const merged: Share[] = [];
  for (let i = 0, j = 0; merged.length < count && (i < a.length || j < b.length);) {
    const isOfA = j === b.length || (i < a.length && a[i]!.hashValue < b[j]!.hashValue);
    merged.push(isOfA ? a[i++]! : b[j++]!);
  }
  return merged;
}

/** All ways to choose so many of some things, or all where there are no more. @param count from 1 */
function choices<T>(from: readonly T[], count: number): T[][] {
  if (from.length <= count) return [[...from]];
  if (count === 1) return from.map((each) => [each]);
  return from
    .slice(0, from.length - count + 1)
    .flatMap((first, i) =>
      choices(from.slice(i + 1), count - 1).map((chosen) => [first, ...chosen]),
    );
}
