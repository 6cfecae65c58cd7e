import { PROOF_RULES, type ProofRules, type WorkSourceId } from '../consensus';
import type { RoundSeed } from '../work/seed';
import { templatesOf } from '../work/source';
import { decodeProof } from './codec';
import { estimateHashes, shareOf } from './shares';

/** The result of an audit. */
export type Verdict =
  | { valid: true; source: WorkSourceId; shares: number; hashes: bigint }
  | { valid: false; reason: string };

/**
 * Audits a proof (docs/PROTOCOL.md section 7): rebuilds every header with the submitter's key and
 * hashes it. A bad proof gives a verdict, never an exception.
 * @param submitter the raw public key, 32 bytes, of whoever put the proof on chain
 */
export function verifyProof(
  text: string,
  submitter: Uint8Array,
  of: RoundSeed,
  rules: ProofRules = PROOF_RULES,
): Verdict {
  const decoded = decodeProof(text);
  if ('reason' in decoded) return { valid: false, ...decoded };
  const { work, attempts } = decoded.proof;

  let count = 0;
  let highest = 0n;
  for (const [segment, template] of templatesOf(work, of, submitter, rules).entries()) {
    let previous = -1n;
    for (const attempt of attempts[segment]!) {
      const value = shareOf(template, attempt).hashValue;
      if (value > rules.floor) return { valid: false, reason: `share ${count} is above the floor` };
      if (value === previous) return { valid: false, reason: `share ${count} stands there twice` };
      if (value < previous) return { valid: false, reason: `share ${count} is out of order` };
      if (value > highest) highest = value;
      previous = value;
      count++;
    }
  }
  const { source } = work;
  const hashes = estimateHashes(source, count, highest, rules.floor);
  return { valid: true, source, shares: count, hashes };
}
