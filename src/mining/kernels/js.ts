import { runRounds, INITIAL_HASH, ROUND_CONSTANTS } from '../../bitcoin/sha256';
import type { Hit, Kernel } from './kernel';
import { checkRange, PreparedHeader, swapBytes } from './prepared-header';

/**
 * Rolled versions hashed for every nonce: they differ only in the midstate, so they share hash 1's message schedule.
 */
const VERSIONS = 8;

/** Rounds 0..2 don't see the nonce, which is word 3. */
const NONCE_WORD = 3;
/** The digest's last word is settled by round 60: rounds 61..63 only move it from e to h. */
const LAST_ROUND = 61;

// The hash loop works on arrays at module scope, whose addresses and lengths V8 knows, with masked or bounded indices,
// and cuts every sum to 32 bits: V8 then needs neither bounds checks nor wider additions (docs/ENGINE.md). Kernels share
// the arrays: a scan is never interrupted.

const K = Int32Array.from(ROUND_CONSTANTS);
const H0 = Int32Array.from(INITIAL_HASH);

/** The working variables a..h. */
const state = new Int32Array(8);
/** The message schedules of hash 1 and hash 2. */
const words1 = new Int32Array(64);
const words2 = new Int32Array(64);
words2[8] = 0x80000000;
words2[15] = 256;
/** The same words plus their round constants, as the rounds need them: hash 1's first, hash 2's from HASH_2 on. */
const scheduled = new Int32Array(128);
const MASK = 127;
const HASH_2 = 64;
for (let t = 0; t < 16; t++) scheduled[HASH_2 + t] = words2[t]! + K[t]!;

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));
const sigma0 = (x: number): number => rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
const sigma1 = (x: number): number => rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10);
const ch = (e: number, f: number, g: number): number => ((f ^ g) & e) ^ g;
const maj = (a: number, b: number, c: number): number => (a & b) ^ (c & (a ^ b));

function setWord1(t: number, word: number): void {
  words1[t] = word;
  scheduled[t] = (word + K[t]!) | 0;
}

/** Hash 1's words from 16 on. */
function expandSchedule1(): void {
  for (let t = 16; t < 64; t++) {
    const word =
      (((((words1[t - 16]! + sigma0(words1[t - 15]!)) | 0) + words1[t - 7]!) | 0) +
        sigma1(words1[t - 2]!)) |
      0;
    words1[t] = word;
    scheduled[t] = (word + K[t]!) | 0;
  }
}

/** Hash 2's words from 16 on. */
function expandSchedule2(): void {
  for (let t = 16; t < LAST_ROUND; t++) {
    const word =
      (((((words2[t - 16]! + sigma0(words2[t - 15]!)) | 0) + words2[t - 7]!) | 0) +
        sigma1(words2[t - 2]!)) |
      0;
    words2[t] = word;
    scheduled[HASH_2 + t] = (word + K[t]!) | 0;
  }
}

/** Five rounds from scheduled[from] on. */
function fiveRounds(from: number): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 5; t++) {
    const t1 =
      (((((h + scheduled[(from + t) & MASK]!) | 0) + ch(e, f, g)) | 0) +
        (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25))) |
      0;
    const t2 = (maj(a, b, c) + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
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

/**
 * Fifty-six rounds from scheduled[from] on, in passes of eight, within which the variables take turns being a..h so
 * that no round has to move them.
 */
function sevenTimesEightRounds(from: number): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 56; i += 8) {
    const t = (from + i) | 0;

    h =
      (((((h + scheduled[t & MASK]!) | 0) + ch(e, f, g)) | 0) +
        (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25))) |
      0;
    d = (d + h) | 0;
    h = (((h + maj(a, b, c)) | 0) + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22))) | 0;

    g =
      (((((g + scheduled[(t + 1) & MASK]!) | 0) + ch(d, e, f)) | 0) +
        (rotr(d, 6) ^ rotr(d, 11) ^ rotr(d, 25))) |
      0;
    c = (c + g) | 0;
    g = (((g + maj(h, a, b)) | 0) + (rotr(h, 2) ^ rotr(h, 13) ^ rotr(h, 22))) | 0;

    f =
      (((((f + scheduled[(t + 2) & MASK]!) | 0) + ch(c, d, e)) | 0) +
        (rotr(c, 6) ^ rotr(c, 11) ^ rotr(c, 25))) |
      0;
    b = (b + f) | 0;
    f = (((f + maj(g, h, a)) | 0) + (rotr(g, 2) ^ rotr(g, 13) ^ rotr(g, 22))) | 0;

    e =
      (((((e + scheduled[(t + 3) & MASK]!) | 0) + ch(b, c, d)) | 0) +
        (rotr(b, 6) ^ rotr(b, 11) ^ rotr(b, 25))) |
      0;
    a = (a + e) | 0;
    e = (((e + maj(f, g, h)) | 0) + (rotr(f, 2) ^ rotr(f, 13) ^ rotr(f, 22))) | 0;

    d =
      (((((d + scheduled[(t + 4) & MASK]!) | 0) + ch(a, b, c)) | 0) +
        (rotr(a, 6) ^ rotr(a, 11) ^ rotr(a, 25))) |
      0;
    h = (h + d) | 0;
    d = (((d + maj(e, f, g)) | 0) + (rotr(e, 2) ^ rotr(e, 13) ^ rotr(e, 22))) | 0;

    c =
      (((((c + scheduled[(t + 5) & MASK]!) | 0) + ch(h, a, b)) | 0) +
        (rotr(h, 6) ^ rotr(h, 11) ^ rotr(h, 25))) |
      0;
    g = (g + c) | 0;
    c = (((c + maj(d, e, f)) | 0) + (rotr(d, 2) ^ rotr(d, 13) ^ rotr(d, 22))) | 0;

    b =
      (((((b + scheduled[(t + 6) & MASK]!) | 0) + ch(g, h, a)) | 0) +
        (rotr(g, 6) ^ rotr(g, 11) ^ rotr(g, 25))) |
      0;
    f = (f + b) | 0;
    b = (((b + maj(c, d, e)) | 0) + (rotr(c, 2) ^ rotr(c, 13) ^ rotr(c, 22))) | 0;

    a =
      (((((a + scheduled[(t + 7) & MASK]!) | 0) + ch(f, g, h)) | 0) +
        (rotr(f, 6) ^ rotr(f, 11) ^ rotr(f, 25))) |
      0;
    e = (e + a) | 0;
    a = (((a + maj(b, c, d)) | 0) + (rotr(b, 2) ^ rotr(b, 13) ^ rotr(b, 22))) | 0;
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

/** The digest's last word for the scheduled nonce, given a midstate and the state that rounds 0..2 make of it. */
function lastWord(midstate: Int32Array, afterRound2: Int32Array): number {
  for (let i = 0; i < 8; i++) state[i] = afterRound2[i]!;
  fiveRounds(NONCE_WORD);
  sevenTimesEightRounds(8);

  for (let i = 0; i < 8; i++) {
    const word = (state[i]! + midstate[i]!) | 0;
    words2[i] = word;
    scheduled[HASH_2 + i] = (word + K[i]!) | 0;
    state[i] = H0[i]!;
  }
  expandSchedule2();
  sevenTimesEightRounds(HASH_2);
  fiveRounds(HASH_2 + 56);
  return (state[4]! + H0[7]!) | 0;
}

/** The hash loop in plain TypeScript: runs everywhere, allocates nothing. */
class JsKernel implements Kernel {
  readonly backend = 'js';
  readonly variant = '';
  readonly versions = VERSIONS;

  #header: PreparedHeader | undefined;
  /** State after round 2, by versionBits. */
  #states: readonly Int32Array[] = [];

  load(header: Uint8Array, target: bigint): void {
    const prepared = new PreparedHeader(header, target, VERSIONS);
    this.#states = prepared.midstates.map((midstate) =>
      runRounds(midstate, prepared.words, 0, NONCE_WORD),
    );
    this.#header = prepared;
  }

  scan(start: number, end: number): Hit[] {
    checkRange(start, end);
    const header = this.#header;
    if (!header) throw new Error('no header is loaded');
    header.words.forEach((word, t) => setWord1(t, word));
    const hits: Hit[] = [];
    for (let nonce = start; nonce < end; nonce++) {
      setWord1(NONCE_WORD, swapBytes(nonce));
      expandSchedule1();
      for (let versionBits = 0; versionBits < VERSIONS; versionBits++) {
        const word = lastWord(header.midstates[versionBits]!, this.#states[versionBits]!);
        if ((word & header.mask) !== 0) continue;
        const hit = { versionBits, nonce };
        if (header.isHit(hit)) hits.push(hit);
      }
    }
    return hits;
  }
}

export function createJsKernel(): Kernel {
  return new JsKernel();
}
