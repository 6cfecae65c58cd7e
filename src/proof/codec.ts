import {
  EXTRANONCE_SIZE,
  MAX_SEGMENTS,
  PROOF_RULES,
  PROOF_VERSION,
  WORK_SOURCE,
  type ProofRules,
  type WorkSourceId,
} from '../consensus';
import type { Attempt } from '../template/segment';
import type { SegmentRef } from '../template/work';

/** The attempts of one segment, by hash value ascending. */
export interface ProofSegment {
  /** Undefined for work source koii, whose segment the round implies. */
  ref: SegmentRef | undefined;
  attempts: Attempt[];
}

/** A proof of hashrate, taken apart (docs/PROTOCOL.md section 5). */
export interface Proof {
  source: WorkSourceId;
  segments: ProofSegment[];
}

export type Decoded = { proof: Proof } | { reason: string };

const ATTEMPT_SIZE = EXTRANONCE_SIZE + 2 + 4;
const MAX_PROOF_LENGTH = 511;

/** Encodes a proof to the base64url string that goes on chain. The proof must be well-formed. */
export function encodeProof(proof: Proof): string {
  const chunks: Uint8Array[] = [Buffer.of(PROOF_VERSION | proof.source, proof.segments.length)];
  for (const { ref, attempts } of proof.segments) {
    const descriptor = Buffer.alloc(ref ? 9 : 1);
    if (ref) {
      descriptor.writeUInt32LE(ref.height, 0);
      descriptor.writeUInt32LE(ref.time, 4);
    }
    descriptor.writeUInt8(attempts.length, descriptor.length - 1);
    chunks.push(descriptor);
  }
  for (const { attempts } of proof.segments) {
    for (const { extranonce, versionBits, nonce } of attempts) {
      const bytes = Buffer.alloc(ATTEMPT_SIZE);
      bytes.set(extranonce, 0);
      bytes.writeUInt16LE(versionBits, EXTRANONCE_SIZE);
      bytes.writeUInt32LE(nonce, EXTRANONCE_SIZE + 2);
      chunks.push(bytes);
    }
  }
  return Buffer.concat(chunks).toString('base64url');
}

/** Decodes what stands on chain; anything but the one valid encoding gives a reason. Never throws. */
export function decodeProof(text: string, rules: ProofRules = PROOF_RULES): Decoded {
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
  const maxSegments = source === WORK_SOURCE.koii ? 1 : MAX_SEGMENTS;
  if (segmentCount < 1 || segmentCount > maxSegments) {
    return { reason: `expected 1 to ${maxSegments} segments, got ${segmentCount}` };
  }

  const descriptorSize = source === WORK_SOURCE.koii ? 1 : 9;
  const attemptsAt = 2 + segmentCount * descriptorSize;
  if (bytes.length < attemptsAt) return { reason: 'the proof is too short' };
  const counts: number[] = [];
  const refs: (SegmentRef | undefined)[] = [];
  for (let at = 2; at < attemptsAt; at += descriptorSize) {
    counts.push(bytes[at + descriptorSize - 1]!);
    const isBitcoin = source === WORK_SOURCE.bitcoin;
    refs.push(
      isBitcoin ? { height: bytes.readUInt32LE(at), time: bytes.readUInt32LE(at + 4) } : undefined,
    );
  }
  if (counts.includes(0)) return { reason: 'a segment without shares' };
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > rules.k) return { reason: `expected at most ${rules.k} shares, got ${total}` };
  if (bytes.length !== attemptsAt + total * ATTEMPT_SIZE) {
    return { reason: `${total} shares don't fit a proof of ${bytes.length} bytes` };
  }

  let at = attemptsAt;
  const segments = counts.map((count, index) => {
    const attempts = Array.from({ length: count }, () => {
      const attempt = {
        extranonce: bytes.subarray(at, at + EXTRANONCE_SIZE),
        versionBits: bytes.readUInt16LE(at + EXTRANONCE_SIZE),
        nonce: bytes.readUInt32LE(at + EXTRANONCE_SIZE + 2),
      };
      at += ATTEMPT_SIZE;
      return attempt;
    });
    return { ref: refs[index], attempts };
  });
  return { proof: { source, segments } };
}
