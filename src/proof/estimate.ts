import { HASH_SPACE } from '../bitcoin/target';
import { PROOF_RULES, type ProofRules } from '../consensus';

/**
 * Hashes that a proof proves (docs/PROTOCOL.md section 6), unbiased; relative standard error about
 * 1/sqrt(K-2) for a full proof.
 * @param count shares in the proof, 0..k
 * @param highest the highest of their hash values
 */
export function estimateHashes(
  count: number,
  highest: bigint,
  rules: ProofRules = PROOF_RULES,
): bigint {
  if (count < rules.k) return (BigInt(count) * HASH_SPACE) / (rules.floor + 1n);
  return (BigInt(rules.k - 1) * HASH_SPACE) / (highest + 1n);
}

/** Relative standard error of that estimate; `count` is 1..k. */
export function relativeError(count: number, { k }: ProofRules = PROOF_RULES): number {
  return 1 / Math.sqrt(count < k ? count : k - 2);
}
