const HASHES = 1n << 256n;
/** Of Bitcoin's difficulty 1. */
const FIRST_TARGET = 0xffffn << 208n;

/** The target that a header's bits stand for; undefined where they stand for none. */
export function targetOf(bits: number): bigint | undefined {
  const size = bits >>> 24;
  const mantissa = BigInt(bits & 0x7fffff);
  const target =
    size <= 3 ? mantissa >> BigInt(8 * (3 - size)) : mantissa << BigInt(8 * (size - 3));
  return bits & 0x800000 || target === 0n || target >= HASHES ? undefined : target;
}

/** Hashes that a block of these bits takes, on average: its work. @throws RangeError where they stand for no target */
export function workOf(bits: number): bigint {
  const target = targetOf(bits);
  if (target === undefined) throw new RangeError(`no target: bits ${bits.toString(16)}`);
  return HASHES / (target + 1n);
}

/** The bits of a block that takes this many hashes, on average, within one part in 2^15. @param hashes from 1 */
export function bitsFor(hashes: number): number {
  const target = HASHES / BigInt(Math.max(1, Math.round(hashes))) - 1n;
  let size = Math.ceil(target.toString(16).length / 2);
  let mantissa = Number(target >> BigInt(8 * (size - 3)));
  // The top bit is the sign.
  if (mantissa > 0x7fffff) {
    mantissa >>>= 8;
    size++;
  }
  return size * 2 ** 24 + mantissa;
}

/** Bitcoin's difficulty, as its nodes show it. */
export function difficultyOf(bits: number): number {
  const scale = 2 ** 32;
  return Number((FIRST_TARGET * BigInt(scale)) / (targetOf(bits) ?? 1n)) / scale;
}
