import type { Hit, Kernel, KernelJob } from '../kernel';
import { addRoundConstants, expandSchedule, INITIAL_HASH, runRounds } from './compress';
import { checkRange, PreparedJob } from './job';

/**
 * Rolled versions hashed for every nonce: they differ in the midstate alone, so they share hash 1's
 * message schedule.
 */
const VERSIONS = 8;

/** Rounds 0..2 don't see the nonce, which is word 3. */
const NONCE_WORD = 3;
/** The digest's last word is settled by round 60: rounds 61..63 only move it from e to h. */
const LAST_ROUND = 61;

const INITIAL_H = INITIAL_HASH[7]!;

// Scratch for hash 2. Kernels share it, since a scan is never interrupted: at module scope V8 knows its
// address and length, which makes the kernel 1.13 times as fast (measured).
const state = new Int32Array(8);
const words2 = new Int32Array(64);
const scheduled2 = new Int32Array(64);
words2[8] = 0x80000000;
words2[15] = 256;
addRoundConstants(words2, scheduled2, 8, 16);

/** The hash loop in plain TypeScript: runs everywhere, allocates nothing. */
class JsKernel implements Kernel {
  readonly backend = 'js';
  readonly variant = '';
  readonly versions = VERSIONS;

  #job: PreparedJob | undefined;
  /** State after round 2, by versionBits. */
  #states: Int32Array[] = [];

  readonly #words1 = new Int32Array(64);
  readonly #scheduled1 = new Int32Array(64);
  load(job: KernelJob): void {
    const prepared = new PreparedJob(job, VERSIONS);
    this.#words1.set(prepared.words);
    addRoundConstants(this.#words1, this.#scheduled1, 0, 16);
    // Words 16 and 17 don't see the nonce either.
    expandSchedule(this.#words1, this.#scheduled1, 16, 18);
    this.#states = prepared.midstates.map((midstate) => {
      const afterRound2 = Int32Array.from(midstate);
      runRounds(afterRound2, this.#scheduled1, 0, NONCE_WORD);
      return afterRound2;
    });
    this.#job = prepared;
  }

  scan(start: number, end: number): Hit[] {
    checkRange(start, end);
    const job = this.#job;
    if (!job) throw new Error('no job is loaded');
    const hits: Hit[] = [];
    for (let nonce = start; nonce < end; nonce++) {
      this.#scheduleNonce(nonce);
      for (let versionBits = 0; versionBits < VERSIONS; versionBits++) {
        if (
          (this.#lastWord(job.midstates[versionBits]!, this.#states[versionBits]!) & job.mask) !==
          0
        )
          continue;
        const hit = { versionBits, nonce };
        if (job.isHit(hit)) hits.push(hit);
      }
    }
    return hits;
  }

  #scheduleNonce(nonce: number): void {
    this.#words1[NONCE_WORD] =
      (nonce << 24) | ((nonce & 0xff00) << 8) | ((nonce >>> 8) & 0xff00) | (nonce >>> 24);
    addRoundConstants(this.#words1, this.#scheduled1, NONCE_WORD, NONCE_WORD + 1);
    expandSchedule(this.#words1, this.#scheduled1, 18, 64);
  }

  /** The last word of the digest, for the scheduled nonce. */
  #lastWord(midstate: Int32Array, afterRound2: Int32Array): number {
    for (let i = 0; i < 8; i++) state[i] = afterRound2[i]!;
    runRounds(state, this.#scheduled1, NONCE_WORD, 64);

    for (let i = 0; i < 8; i++) {
      words2[i] = state[i]! + midstate[i]!;
      state[i] = INITIAL_HASH[i]!;
    }
    addRoundConstants(words2, scheduled2, 0, 8);
    expandSchedule(words2, scheduled2, 16, LAST_ROUND);
    runRounds(state, scheduled2, 0, LAST_ROUND);
    return (state[4]! + INITIAL_H) | 0;
  }
}

/** A kernel in plain TypeScript, which runs on every machine. */
export function createJsKernel(): Kernel {
  return new JsKernel();
}
