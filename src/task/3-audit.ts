import { taskContext } from './context';

/**
 * Judges another node's proof. Throws, which is no vote, when this node lacks the round's seed;
 * returning nothing would be a vote for.
 */
export async function audit(
  submission: string,
  roundNumber: number,
  submitterKey: string,
): Promise<boolean> {
  const { auditor, metrics, log } = await taskContext();
  const verdict = await metrics.audited(
    auditor.audit(roundNumber, { submitter: submitterKey, proof: submission }),
  );
  const found = verdict.valid ? `proves ${verdict.hashes} hashes` : `is invalid: ${verdict.reason}`;
  log.info(`the proof of ${submitterKey} for round ${roundNumber} ${found}`);
  return verdict.valid;
}
