import { INITIAL_STATE, ROUND_CONSTANTS } from './sha256-constants';

/**
 * SHA-256's compression as FIPS 180-4 section 6.2.2 writes it, for what is done once a job. Words are
 * signed 32-bit.
 */
const K = Int32Array.from(ROUND_CONSTANTS);

/** SHA-256's initial hash value H(0). */
export const INITIAL_HASH = Int32Array.from(INITIAL_STATE);

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

/** The message schedule: words[16..64) from the sixteen before them. */
function expandSchedule(words: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    const w15 = words[t - 15]!;
    const w2 = words[t - 2]!;
    const sigma0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const sigma1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    words[t] = words[t - 16]! + sigma0 + words[t - 7]! + sigma1;
  }
}

/** The state (a..h) after rounds [from, to) on `words`, the message schedule. */
export function runRounds(
  state: ArrayLike<number>,
  words: Int32Array,
  from: number,
  to: number,
): Int32Array {
  let [a, b, c, d, e, f, g, h] = Int32Array.from(state) as unknown as Eight;
  for (let t = from; t < to; t++) {
    const ch = (e & f) ^ (~e & g);
    const maj = (a & b) ^ (a & c) ^ (b & c);
    const t1 = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ch + K[t]! + words[t]!) | 0;
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + maj;
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  return Int32Array.of(a, b, c, d, e, f, g, h);
}

type Eight = [number, number, number, number, number, number, number, number];

/** The hash value after one block: sha256's compression of the 16 big-endian words of `block`. */
export function compress(hash: Int32Array, block: ArrayLike<number>): Int32Array {
  const words = new Int32Array(64);
  words.set(block);
  expandSchedule(words);
  return runRounds(hash, words, 0, 64).map((word, i) => word + hash[i]!);
}
