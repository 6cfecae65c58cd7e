/**
 * The consensus constants (docs/PROTOCOL.md section 2). Every node must use the same ones: nothing
 * here is configurable, and changing any of them is a new version of the task.
 */

/** Shares in a full proof. */
export const K = 28;

/** The highest hash value a share may have: one hash in 2^18 is a share. */
export const FLOOR = (1n << 238n) - 1n;

/** Marks the coinbase of this task. */
export const TAG = Buffer.from('orca', 'ascii');

/** Block header version with no rolled bits; bits 13..28 are free to roll (BIP 320). */
export const HEADER_VERSION = 0x20000000;

/** Where versionBits stand in the header version (BIP 320). */
export const VERSION_BITS_SHIFT = 13;

/** Templates one proof may span. */
export const MAX_SEGMENTS = 5;

/** First byte of a proof, with the work source in the low four bits. */
export const PROOF_VERSION = 0x10;

/** Where header templates come from. */
export const WORK_SOURCE = { koii: 0, bitcoin: 1 } as const;
export type WorkSourceId = (typeof WORK_SOURCE)[keyof typeof WORK_SOURCE];

/**
 * Rounds whose submissions K2 keeps, the current one included (allowed_failed_distributions in
 * config-task.yml). Older rounds look empty on chain, so no seed may be derived from them.
 */
export const KEPT_ROUNDS = 5;

/** Bytes of the extranonce: extranonce1 (who mines) and extranonce2 (rolled by the miner). */
export const EXTRANONCE1_SIZE = 2;
export const EXTRANONCE2_SIZE = 4;
export const EXTRANONCE_SIZE = EXTRANONCE1_SIZE + EXTRANONCE2_SIZE;

/** The two numbers a proof is judged by; tests judge cheaper proofs by easier ones. */
export interface ProofRules {
  k: number;
  floor: bigint;
}
export const PROOF_RULES: ProofRules = { k: K, floor: FLOOR };
