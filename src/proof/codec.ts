import { K, MAX_SEGMENTS, PROOF_VERSION, WORK_SOURCE, type WorkSourceId } from '../consensus';
import { ATTEMPT_SIZE, packAttempt, unpackAttempt, type Attempt } from '../work/attempt';
import { compareSegments, type Segment } from '../work/segment';
import { KOII_WORK, type Work } from '../work/source';

/** A proof of hashrate, taken apart (docs/PROTOCOL.md section 5). */
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

/** Decodes what stands on chain; anything but the one valid encoding gives a reason. Never throws. */
export function decodeProof(text: string): Decoded {
  if (text.length > MAX_PROOF_LENGTH) {
    return { reason: `the proof is longer than ${MAX_PROOF_LENGTH} characters` };
  }
  const bytes = Buffer.from(text, 'base64url');
  // Node's decoder skips what it doesn't know: only text that comes back unchanged is canonical.
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

/** Decodes what stands behind the first two bytes. */
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
