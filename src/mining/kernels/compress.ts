import { INITIAL_STATE, ROUND_CONSTANTS } from './sha256-constants';

/**
 * SHA-256's compression in plain TypeScript, cut where a miner cuts it: the message schedule apart
 * from the rounds, the rounds startable and stoppable anywhere. All words are signed 32-bit, because
 * V8 keeps those in registers (FIPS 180-4 section 6.2.2).
 */
const K = Int32Array.from(ROUND_CONSTANTS);

/** SHA-256's initial hash value H(0). */
export const INITIAL_HASH = Int32Array.from(INITIAL_STATE);

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

/**
 * Fills words[from..to) of the message schedule, 16 <= from <= to <= 64, from the words before them,
 * and scheduled[from..to) with the same words plus their round constants.
 */
export function expandSchedule(
  words: Int32Array,
  scheduled: Int32Array,
  from: number,
  to: number,
): void {
  for (let t = from; t < to; t++) {
    const w15 = words[t - 15]!;
    const w2 = words[t - 2]!;
    const sigma0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const sigma1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    const word = (words[t - 16]! + sigma0 + words[t - 7]! + sigma1) | 0;
    words[t] = word;
    scheduled[t] = (word + K[t]!) | 0;
  }
}

/** Puts words[from..to), 0 <= from <= to <= 16, plus their round constants into scheduled. */
export function addRoundConstants(
  words: Int32Array,
  scheduled: Int32Array,
  from: number,
  to: number,
): void {
  for (let t = from; t < to; t++) scheduled[t] = (words[t]! + K[t]!) | 0;
}

/**
 * Runs rounds [from, to) on state (a..h, changed in place); scheduled[t] is W[t] + K[t]. Single
 * rounds first until eights are left: in those the variables take turns in being a..h, so that no
 * round has to move them.
 */
export function runRounds(
  state: Int32Array,
  scheduled: Int32Array,
  from: number,
  to: number,
): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  let t = from;
  for (const eights = to - ((to - from) & ~7); t < eights; t++) {
    const t1 =
      (h + scheduled[t]! + ((rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (((f ^ g) & e) ^ g))) | 0;
    const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (c & (a ^ b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (; t < to; t += 8) {
    h = (h + scheduled[t]! + ((rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (((f ^ g) & e) ^ g))) | 0;
    d = (d + h) | 0;
    h = (h + ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (c & (a ^ b))))) | 0;

    g =
      (g + scheduled[t + 1]! + ((rotr(d, 6) ^ rotr(d, 11) ^ rotr(d, 25)) + (((e ^ f) & d) ^ f))) |
      0;
    c = (c + g) | 0;
    g = (g + ((rotr(h, 2) ^ rotr(h, 13) ^ rotr(h, 22)) + ((h & a) ^ (b & (h ^ a))))) | 0;

    f =
      (f + scheduled[t + 2]! + ((rotr(c, 6) ^ rotr(c, 11) ^ rotr(c, 25)) + (((d ^ e) & c) ^ e))) |
      0;
    b = (b + f) | 0;
    f = (f + ((rotr(g, 2) ^ rotr(g, 13) ^ rotr(g, 22)) + ((g & h) ^ (a & (g ^ h))))) | 0;

    e =
      (e + scheduled[t + 3]! + ((rotr(b, 6) ^ rotr(b, 11) ^ rotr(b, 25)) + (((c ^ d) & b) ^ d))) |
      0;
    a = (a + e) | 0;
    e = (e + ((rotr(f, 2) ^ rotr(f, 13) ^ rotr(f, 22)) + ((f & g) ^ (h & (f ^ g))))) | 0;

    d =
      (d + scheduled[t + 4]! + ((rotr(a, 6) ^ rotr(a, 11) ^ rotr(a, 25)) + (((b ^ c) & a) ^ c))) |
      0;
    h = (h + d) | 0;
    d = (d + ((rotr(e, 2) ^ rotr(e, 13) ^ rotr(e, 22)) + ((e & f) ^ (g & (e ^ f))))) | 0;

    c =
      (c + scheduled[t + 5]! + ((rotr(h, 6) ^ rotr(h, 11) ^ rotr(h, 25)) + (((a ^ b) & h) ^ b))) |
      0;
    g = (g + c) | 0;
    c = (c + ((rotr(d, 2) ^ rotr(d, 13) ^ rotr(d, 22)) + ((d & e) ^ (f & (d ^ e))))) | 0;

    b =
      (b + scheduled[t + 6]! + ((rotr(g, 6) ^ rotr(g, 11) ^ rotr(g, 25)) + (((h ^ a) & g) ^ a))) |
      0;
    f = (f + b) | 0;
    b = (b + ((rotr(c, 2) ^ rotr(c, 13) ^ rotr(c, 22)) + ((c & d) ^ (e & (c ^ d))))) | 0;

    a =
      (a + scheduled[t + 7]! + ((rotr(f, 6) ^ rotr(f, 11) ^ rotr(f, 25)) + (((g ^ h) & f) ^ h))) |
      0;
    e = (e + a) | 0;
    a = (a + ((rotr(b, 2) ^ rotr(b, 13) ^ rotr(b, 22)) + ((b & c) ^ (d & (b ^ c))))) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
  state[5] = f;
  state[6] = g;
  state[7] = h;
}

/** The hash value after one block: sha256's compression of the 16 big-endian words of `block`. */
export function compress(hash: Int32Array, block: ArrayLike<number>): Int32Array {
  const words = new Int32Array(64);
  const scheduled = new Int32Array(64);
  words.set(block);
  addRoundConstants(words, scheduled, 0, 16);
  expandSchedule(words, scheduled, 16, 64);
  const state = Int32Array.from(hash);
  runRounds(state, scheduled, 0, 64);
  return state.map((word, i) => word + hash[i]!);
}
