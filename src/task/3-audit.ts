import bs58 from 'bs58';
import { submissionsOf } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import { decodeProof } from '../proof/codec';
import type { Verdict } from '../proof/verify';
import { severalReadable } from '../rounds/auditor';
import { taskContext } from './context';
import { patiently } from './patience';
import { checkRound } from './round-time';

/**
 * Judges another node's proof. Throws, which is no vote, when this node lacks the round's seed or has
 * to doubt it; returning nothing would be a vote for.
 */
export async function audit(
  submission: string,
  roundNumber: number,
  submitterKey: string,
): Promise<boolean> {
  checkRound(roundNumber);
  const { metrics, history, log } = await taskContext();
  const what = `the audit of ${submitterKey} for round ${roundNumber}`;
  const judged = patiently(what, log, () => judge(submission, roundNumber, submitterKey));
  const verdict = await metrics.audited(history.audited(roundNumber, submitterKey, judged));
  const found = verdict.valid ? `proves ${verdict.hashes} hashes` : `is invalid: ${verdict.reason}`;
  log.info(`the proof of ${submitterKey} for round ${roundNumber} ${found}`);
  return verdict.valid;
}

/**
 * A wrong seed makes the proofs of all other nodes invalid. So where two or more can be read, a vote
 * against needs one that is valid under this node's seed. What isn't a proof at all is none under any.
 */
async function judge(proof: string, round: number, submitter: string): Promise<Verdict> {
  const { auditor, miner } = await taskContext();
  const verdict = await auditor.audit(round, { submitter, proof });
  if (verdict.valid || localTestMode || 'reason' in decodeProof(proof)) return verdict;
  const self = bs58.encode(miner.identity.submitter);
  const others = Object.entries(await submissionsOf(round))
    .map(([key, value]) => ({ submitter: key, proof: value }))
    .filter((other) => other.submitter !== self);
  if (severalReadable(others, self) && !(await auditor.provesSeed(round, others))) {
    throw new Error(`no proof of another node for round ${round} is valid by this node's seed`);
  }
  return verdict;
}
