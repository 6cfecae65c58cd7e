import * as crypto from 'node:crypto';

// SHA-256 (FIPS 180-4): whole, as node:crypto computes it, and step by step for what mining does once per header, in
// signed 32-bit words.

type OneShot = (algorithm: string, data: Uint8Array, outputEncoding: 'buffer') => Buffer;
type Eight = [number, number, number, number, number, number, number, number];

/** Since Node 20.12; on a header about 1.5 times as fast as creating a hash object. */
const oneShot = (crypto as { hash?: OneShot }).hash;

/**
 * FIPS 180-4 section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first
 * 64 primes. A test recomputes both tables from the primes.
 */
export const ROUND_CONSTANTS: readonly number[] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/**
 * FIPS 180-4 section 5.3.3, the initial hash value H(0): the first 32 bits of the fractional parts of the
 * square roots of the first 8 primes.
 */
export const INITIAL_HASH: readonly number[] = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** SHA-256 of `data` (FIPS 180-4), 32 bytes as the function outputs them. */
export function sha256(data: Uint8Array): Buffer {
  if (oneShot) return oneShot('sha256', data, 'buffer');
  return crypto.createHash('sha256').update(data).digest();
}

/** SHA-256 twice, Bitcoin's hash of headers and transactions; 32 bytes as hashed. */
export function sha256d(data: Uint8Array): Buffer {
  return sha256(sha256(data));
}

/** The hash value after one block: sha256's compression of the 16 big-endian words of `block`. */
export function compress(hash: ArrayLike<number>, block: ArrayLike<number>): Int32Array {
  const words = new Int32Array(64);
  words.set(block);
  expandSchedule(words);
  return runRounds(hash, words, 0, 64).map((word, i) => word + hash[i]!);
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
    const t1 =
      (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ch + ROUND_CONSTANTS[t]! + words[t]!) | 0;
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + maj;
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  return Int32Array.of(a, b, c, d, e, f, g, h);
}

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

function rotr(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}
