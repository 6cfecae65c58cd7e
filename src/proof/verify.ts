import { PROOF_RULES, type ProofRules } from '../consensus';
import { templateFor } from '../template/segment';
import type { RoundWork } from '../template/work';
import { decodeProof } from './codec';
import { estimateHashes } from './estimate';
import { shareOf } from './share';

/** What an audit finds. */
export type Verdict =
  { valid: true; shares: number; hashes: bigint } | { valid: false; reason: string };

/**
 * Audits a proof (docs/PROTOCOL.md section 7): rebuilds every header with the submitter's key and
 * hashes it. Bad proofs give a verdict, never an exception.
 * @param submitter the raw public key, 32 bytes, of who put the proof on chain
 * @throws only what `work.resolve` throws, when this node lacks what it needs to decide.
 */
export function verifyProof(
  text: string,
  submitter: Uint8Array,
  work: RoundWork,
  rules: ProofRules = PROOF_RULES,
): Verdict {
  const decoded = decodeProof(text, rules);
  if ('reason' in decoded) return { valid: false, ...decoded };
  const { proof } = decoded;
  if (proof.source !== work.source) {
    return { valid: false, reason: `work source ${proof.source} is not this task's` };
  }
  const resolution = work.resolve(proof.segments.map(({ ref }) => ref));
  if ('reason' in resolution) return { valid: false, ...resolution };

  let count = 0;
  let highest = 0n;
  for (const [index, { attempts }] of proof.segments.entries()) {
    const template = templateFor(resolution.segments[index]!, submitter);
    let previous = -1n;
    for (const attempt of attempts) {
      const value = shareOf(template, attempt).hashValue;
      if (value > rules.floor) return { valid: false, reason: `share ${count} is above the floor` };
      if (value === previous) return { valid: false, reason: `share ${count} stands there twice` };
      if (value < previous) return { valid: false, reason: `share ${count} is out of order` };
      if (value > highest) highest = value;
      previous = value;
      count++;
    }
  }
  return { valid: true, shares: count, hashes: estimateHashes(count, highest, rules) };
}
