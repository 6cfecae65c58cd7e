import { taskContext } from './context';

/**
 * Closes a round and gives its proof, at most 511 characters; undefined when there is nothing to
 * submit. A proof that others would reject is not submitted: it would cost the stake.
 */
export async function submission(roundNumber: number): Promise<string | void> {
  const { log, miner, seeds, metrics } = await taskContext();
  const round = await miner.close(roundNumber);
  const proof = round?.proof();
  if (!round || !proof) {
    metrics.roundEnded(false);
    log.warn(`nothing to submit for round ${roundNumber}`);
    return;
  }
  if (!(await seeds.confirm(roundNumber)).equals(round.seed)) {
    metrics.roundEnded(false);
    log.error(`round ${roundNumber} was mined on a seed the chain does not confirm: not submitted`);
    return;
  }
  metrics.roundEnded(true);
  log.info(`submitting ${round.estimatedHashes} hashes for round ${roundNumber}`);
  return proof;
}
