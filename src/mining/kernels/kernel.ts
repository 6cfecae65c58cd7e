/** The hash loops this task knows, by the names MINING_BACKEND takes. */
export const BACKENDS = ['native', 'wasm-simd', 'wasm', 'js'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a kernel hashes: one block header of which only the nonce (and the rolled version bits) move. */
export interface KernelJob {
  /**
   * The 80 header bytes as hashed, versionBits 0. Bytes 76..79, the nonce, are ignored. The kernel
   * copies what it needs; the caller keeps the buffer.
   */
  header: Uint8Array;
  /** The highest hash value wanted, 0 <= target < 2^256. */
  target: bigint;
}

/** A nonce whose header hashes to at most the target. */
export interface Hit {
  /** BIP 320 bits 13..28 of the header version, 0..kernel.versions-1. */
  versionBits: number;
  /** 0..2^32-1 */
  nonce: number;
}

/**
 * The inner loop of the miner. A kernel reports every hit and only hits: fast ones filter on the top
 * hash word and confirm the few survivors by hashing them in full.
 */
export interface Kernel {
  readonly backend: Backend;
  /** Which of the backend's hash loops it is, for people: native code has one for each instruction set. */
  readonly variant: string;
  /** versionBits 0..versions-1 are hashed for every nonce; 1 where the version is not rolled. */
  readonly versions: number;
  load(job: KernelJob): void;
  /**
   * Scans the half-open range [start, end) of nonces, 0 <= start <= end <= 2^32, which is
   * (end - start) * versions hashes. Hits come in ascending order of (nonce, versionBits).
   * @throws RangeError when the range is out of bounds, Error when no job is loaded.
   */
  scan(start: number, end: number): Hit[];
}
