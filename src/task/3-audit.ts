import { LONG_MS } from '../koii/calls';
import { auditChain, checkRound } from '../koii/chain';
import { IS_SHARED_REHEARSAL } from '../koii/rehearsal';
import type { Verdict } from '../proof/verify';
import { taskContext } from './context';

/**
 * Judges another node's proof.
 * @throws when this node lacks the round's seed or doubts it, and in a rehearsal on a shared sandbox: then it casts no
 *   vote, while returning nothing would be a vote for the proof.
 */
export async function audit(
  submission: string,
  roundNumber: number,
  submitterKey: string,
): Promise<boolean> {
  checkRound(roundNumber);
  const { auditor, metrics, history, log, patience } = await taskContext();
  const what = `the audit of ${submitterKey} for round ${roundNumber}`;
  const submitted = { submitter: submitterKey, proof: submission };
  const attempt = (): Promise<Verdict> => auditor.audit(roundNumber, submitted, auditChain);
  const judged = patience.patiently(what, attempt, { forMs: LONG_MS });
  const verdict = await metrics.audited(history.audited(roundNumber, submitterKey, judged));
  const found = verdict.valid ? `proves ${verdict.hashes} hashes` : `is invalid: ${verdict.reason}`;
  log.info(`the proof of ${submitterKey} for round ${roundNumber} ${found}`);
  if (IS_SHARED_REHEARSAL) throw new Error('a rehearsal casts no vote');
  return verdict.valid;
}
