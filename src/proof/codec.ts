import {
  FLOOR,
  K,
  MAX_SEGMENTS,
  PROOF_VERSION,
  WORK_SOURCE,
  type WorkSourceId,
} from '../consensus';
import { ATTEMPT_SIZE, packAttempt, unpackAttempt, type Attempt } from '../work/attempt';
import { compareSegments, type Segment } from '../work/segment';
import { KOII_WORK, type Work } from '../work/source';
import { estimateHashes, type Share } from './shares';

/** A decoded proof of hashrate (docs/PROTOCOL.md section 5). */
export interface Proof {
  work: Work;
  /** For each segment, in its order, at least one attempt, by hash value ascending; at most K in all. */
  attempts: Attempt[][];
}

export type Decoded = { proof: Proof } | { reason: string };

const MAX_PROOF_LENGTH = 496;
const MAX_HEIGHT = 2 ** 31 - 1;
const PAYOUT_SIZE = 20;
/** height (4), prev (32), time (4), bits (4) */
const SEGMENT_SIZE = 44;

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
 * The shares of the proof that proves most: the K lowest on one segment, or on MAX_SEGMENTS of them.
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

/** The lowest `count` shares of two ascending lists. Sorting them takes four times as long (measured). */
function lowest(count: number, a: readonly Share[], b: readonly Share[]): readonly Share[] {
  const merged: Share[] = [];
  for (let i = 0, j = 0; merged.length < count && (i < a.length || j < b.length);) {
    const isOfA = j === b.length || (i < a.length && a[i]!.hashValue < b[j]!.hashValue);
    merged.push(isOfA ? a[i++]! : b[j++]!);
  }
  return merged;
}

/** All ways to choose `count` items, or just all of them if there are no more. @param count from 1 */
function choices<T>(from: readonly T[], count: number): T[][] {
  if (from.length <= count) return [[...from]];
  if (count === 1) return from.map((each) => [each]);
  return from
    .slice(0, from.length - count + 1)
    .flatMap((first, i) =>
      choices(from.slice(i + 1), count - 1).map((chosen) => [first, ...chosen]),
    );
}

/** Encodes a proof to the base64url string that goes on chain. The proof must be well-formed. */
export function encodeProof({ work, attempts }: Proof): string {
  const isBitcoin = work.source === WORK_SOURCE.bitcoin;
  return Buffer.concat([
    Buffer.of(PROOF_VERSION | work.source, attempts.length),
    ...(isBitcoin ? [work.payout] : []),
    ...attempts.flatMap(({ length }, i) => [
      ...(isBitcoin ? [packSegment(work.segments[i]!)] : []),
      Buffer.of(length),
    ]),
    ...attempts.flat().map(packAttempt),
  ]).toString('base64url');
}

/** Decodes text from the chain; anything but the one valid encoding gives a reason. Never throws. */
export function decodeProof(text: string): Decoded {
  if (text.length > MAX_PROOF_LENGTH) {
    return { reason: `the proof is longer than ${MAX_PROOF_LENGTH} characters` };
  }
  const bytes = Buffer.from(text, 'base64url');
  // Node's decoder skips unknown characters: only text that comes back unchanged is canonical.
  if (bytes.toString('base64url') !== text) return { reason: 'not canonical base64url' };
  if (bytes.length < 2) return { reason: 'the proof is too short' };

  const source = bytes[0]! ^ PROOF_VERSION;
  if (source !== WORK_SOURCE.koii && source !== WORK_SOURCE.bitcoin) {
    return { reason: `unknown version or work source 0x${bytes[0]!.toString(16)}` };
  }
  const segmentCount = bytes[1]!;
  const maxSegments = MAX_SEGMENTS[source];
  if (segmentCount < 1 || segmentCount > maxSegments) {
    return { reason: `expected 1 to ${maxSegments} segments, got ${segmentCount}` };
  }
  return decodeWork(bytes, source, segmentCount);
}

/** Decodes what follows the first two bytes. */
function decodeWork(bytes: Buffer, source: WorkSourceId, segmentCount: number): Decoded {
  const isBitcoin = source === WORK_SOURCE.bitcoin;
  const segmentsAt = 2 + (isBitcoin ? PAYOUT_SIZE : 0);
  const segmentSize = isBitcoin ? SEGMENT_SIZE : 0;
  const attemptsAt = segmentsAt + segmentCount * (segmentSize + 1);
  if (bytes.length < attemptsAt) return { reason: 'the proof is too short' };

  const segments: Segment[] = [];
  const counts: number[] = [];
  for (let at = segmentsAt; at < attemptsAt; at += segmentSize + 1) {
    if (isBitcoin) segments.push(unpackSegment(bytes, at));
    counts.push(bytes[at + segmentSize]!);
  }
  if (counts.includes(0)) return { reason: 'a segment without shares' };
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > K[source]) return { reason: `expected at most ${K[source]} shares, got ${total}` };
  if (bytes.length !== attemptsAt + total * ATTEMPT_SIZE) {
    return { reason: `${total} shares don't fit a proof of ${bytes.length} bytes` };
  }
  for (const [i, segment] of segments.entries()) {
    if (segment.height < 1 || segment.height > MAX_HEIGHT) {
      return { reason: `expected a height of 1 to ${MAX_HEIGHT}, got ${segment.height}` };
    }
    if (i > 0 && compareSegments(segments[i - 1]!, segment) >= 0) {
      return { reason: 'segments are out of order or equal' };
    }
  }

  let at = attemptsAt;
  const attempts = counts.map((count) =>
    Array.from({ length: count }, () => {
      const end = at + ATTEMPT_SIZE;
      const attempt = unpackAttempt(bytes.subarray(at, end));
      at = end;
      return attempt;
    }),
  );
  const payout = bytes.subarray(2, segmentsAt);
  const work: Work = isBitcoin ? { source: WORK_SOURCE.bitcoin, payout, segments } : KOII_WORK;
  return { proof: { work, attempts } };
}

function packSegment({ height, prev, time, bits }: Segment): Buffer {
  const bytes = Buffer.alloc(SEGMENT_SIZE);
  bytes.writeUInt32LE(height, 0);
  bytes.set(prev, 4);
  bytes.writeUInt32LE(time, 36);
  bytes.writeUInt32LE(bits, 40);
  return bytes;
}

function unpackSegment(bytes: Buffer, at: number): Segment {
  return {
    height: bytes.readUInt32LE(at),
    prev: bytes.subarray(at + 4, at + 36),
    time: bytes.readUInt32LE(at + 36),
    bits: bytes.readUInt32LE(at + 40),
  };
}
