import { sha256 } from '../bitcoin/sha256';
import { decodeKey } from './identity';

/** A round's submissions on chain: base58 public key to submitted value. */
export type Submissions = Readonly<Record<string, string>>;

/** A round of a task with its seed, to which its work is bound. */
export interface RoundSeed {
  /** raw 32 bytes; zeros in local test mode */
  taskId: Uint8Array;
  /** A whole number, 0..2^53-1. */
  round: number;
  /** 32 bytes as sha256 gives them */
  seed: Uint8Array;
}

const SEED_PREFIX = Buffer.from('orca-mining/seed/1', 'ascii');

/** A submission with its key as raw bytes. */
export interface DecodedSubmission {
  key: Uint8Array;
  value: Buffer;
}

/** Only these values count for a seed: others might reach two nodes as different bytes. */
const COUNTED_VALUE = /^[A-Za-z0-9_-]{1,496}$/;

/**
 * A submission decoded for the seed; undefined if it doesn't count.
 * @throws RangeError when the key is not base58 of 32 bytes.
 */
export function decodeSubmission(key: string, value: string): DecodedSubmission | undefined {
  const raw = decodeKey(key);
  return COUNTED_VALUE.test(value) ? { key: raw, value: Buffer.from(value, 'ascii') } : undefined;
}

/** D(q) of docs/PROTOCOL.md section 3: 32 bytes that commit to a round's submissions that count; zeros if none does. */
export function submissionsDigest(submissions: readonly DecodedSubmission[]): Buffer {
  if (submissions.length === 0) return Buffer.alloc(32);
  const inOrder = [...submissions].sort((a, b) => Buffer.compare(a.key, b.key));
  return sha256(
    Buffer.concat(
      inOrder.flatMap(({ key, value }) => {
        const length = Buffer.alloc(2);
        length.writeUInt16LE(value.length);
        return [key, length, value];
      }),
    ),
  );
}

/**
 * The seed of a round, 32 bytes as sha256 gives them.
 * @param taskId raw 32 bytes; zeros in local test mode
 * @param submissionsOfRoundMinus2 the submissions of round - 2; empty for rounds 0 and 1
 */
export function roundSeed(
  taskId: Uint8Array,
  round: number,
  submissionsOfRoundMinus2: Submissions,
): Buffer {
  const decoded = Object.entries(submissionsOfRoundMinus2).flatMap(
    (entry) => decodeSubmission(...entry) ?? [],
  );
  return seedFromDecoded(taskId, round, decoded);
}

/** As roundSeed, but from decoded submissions: with ten thousand of them the decoding takes longest. */
export function seedFromDecoded(
  taskId: Uint8Array,
  round: number,
  submissionsOfRoundMinus2: readonly DecodedSubmission[],
): Buffer {
  const roundLE = Buffer.alloc(8);
  roundLE.writeBigUInt64LE(BigInt(round));
  const digest = submissionsDigest(submissionsOfRoundMinus2);
  return sha256(Buffer.concat([SEED_PREFIX, taskId, roundLE, digest]));
}
