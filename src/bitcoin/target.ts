/** The target of difficulty 1, 0xffff * 2^208. */
export const DIFFICULTY_1_TARGET = 0xffffn << 208n;

/** One more than the highest hash value. */
export const HASH_SPACE = 1n << 256n;

/** A hash's value: its 32 bytes, as hashed, read as a little-endian integer. */
export function hashValue(hash: Uint8Array): bigint {
  if (hash.length !== 32) throw new RangeError(`hash: expected 32 bytes, got ${hash.length}`);
  const words = new DataView(hash.buffer, hash.byteOffset, hash.length);
  // Besides hashing, an audit does little else; going through hex digits takes more than twice as long.
  return (
    (words.getBigUint64(24, true) << 192n) |
    (words.getBigUint64(16, true) << 128n) |
    (words.getBigUint64(8, true) << 64n) |
    words.getBigUint64(0, true)
  );
}

/** The hash with this value, 0 <= value < 2^256, as Bitcoin shows it: 64 hex digits, most significant first. */
export function displayHash(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

/**
 * Expands the compact target of a header (Bitcoin Core's arith_uint256::SetCompact).
 * @throws RangeError when bits is negative or overflows 256 bits, which no header may have.
 */
export function bitsToTarget(bits: number): bigint {
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x007fffff);
  const target =
    exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  if ((bits & 0x00800000 && mantissa !== 0n) || target >= HASH_SPACE) {
    throw new RangeError(`bits: expected a compact target of 256 bits, got 0x${bits.toString(16)}`);
  }
  return target;
}

/** Bitcoin difficulty of a hash value or target (0 counts as 1), rounded to a double for display and JSON. */
export function difficultyOf(value: bigint): number {
  const scale = 1n << 64n;
  return Number((DIFFICULTY_1_TARGET * scale) / (value > 0n ? value : 1n)) / Number(scale);
}

/** The rounding error of a quotient computed in doubles, of numbers that were rounded to doubles. */
const DOUBLE_LOSS = 2 ** -50;

/**
 * Whether a hash value meets a difficulty that somebody computed, and that may be too high by 2^-50 from rounding.
 * @param difficulty from 0
 */
export function meetsDifficulty(value: bigint, difficulty: number): boolean {
  return difficulty <= (Number(DIFFICULTY_1_TARGET) / Number(value)) * (1 + DOUBLE_LOSS);
}

/** The value of the hash that has another's 32 bytes in reverse order. */
export function reversedHashValue(value: bigint): bigint {
  return hashValue(Buffer.from(displayHash(value), 'hex'));
}

/** Hashes to try, on average, to find one of at most `target`. */
export function expectedHashes(target: bigint): bigint {
  return HASH_SPACE / (target + 1n);
}

/** The target that one in `hashes` hashes meets, on average; hashes >= 1. */
export function targetForHashes(hashes: bigint): bigint {
  if (hashes < 1n) throw new RangeError(`hashes: expected at least 1, got ${hashes}`);
  return HASH_SPACE / hashes - 1n;
}
