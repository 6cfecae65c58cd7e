/** The hash loops this task knows, by the names MINING_BACKEND takes. */
export const BACKENDS = ['native', 'wasm-simd', 'wasm', 'js'] as const;
export type Backend = (typeof BACKENDS)[number];

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
  /** Which of the backend's hash loops this is, for display: native code has one per instruction set. */
  readonly variant: string;
  /** versionBits 0..versions-1 are hashed for every nonce; 1 if the version is not rolled. */
  readonly versions: number;
  /**
   * Sets what is hashed: one block header of which only the nonce and the rolled version bits move.
   * @param header the 80 header bytes as hashed, versionBits 0; bytes 76..79, the nonce, are ignored; copied
   * @param target the highest hash value wanted, 0 <= target < 2^256
   * @throws RangeError when the header is not 80 bytes or the target is out of bounds.
   */
  load(header: Uint8Array, target: bigint): void;
  /**
   * Scans the half-open range [start, end) of nonces, 0 <= start <= end <= 2^32, which is
   * (end - start) * versions hashes. Hits come in ascending order of (nonce, versionBits).
   * @throws RangeError when the range is out of bounds, Error when no header is loaded.
   */
  scan(start: number, end: number): Hit[];
}
