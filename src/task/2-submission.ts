import bs58 from 'bs58';
import { noteHandedIn } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import { taskContext } from './context';
import { patiently } from './patience';
import { checkRound, roundsUntil } from './round-time';

/**
 * Closes a round and gives its proof, at most 511 characters; undefined when there is nothing to
 * submit. A proof that others would reject is not submitted: it would cost the stake.
 * @throws when the chain does not say that the round is over, or does not confirm its seed.
 */
export async function submission(roundNumber: number): Promise<string | void> {
  checkRound(roundNumber);
  const { log, miner, metrics } = await taskContext();
  try {
    const what = `the submission of round ${roundNumber}`;
    const proof = await patiently(what, log, () => finalProof(roundNumber));
    metrics.roundEnded(proof !== undefined);
    if (proof === undefined) log.warn(`nothing to submit for round ${roundNumber}`);
    else noteHandedIn(roundNumber, bs58.encode(miner.identity.submitter));
    return proof;
  } catch (error) {
    metrics.roundEnded(false);
    throw error;
  }
}

async function finalProof(roundNumber: number): Promise<string | undefined> {
  const { log, miner, seeds } = await taskContext();
  if (!localTestMode) {
    const wait = await roundsUntil(roundNumber);
    // A round that still runs must not be closed.
    if (wait >= 0) throw new Error(`by the chain's clock round ${roundNumber} is not over`);
    if (wait < -1) return undefined;
  }
  const round = await miner.close(roundNumber);
  const proof = round?.proof();
  if (!round || proof === undefined) return undefined;
  if (!(await seeds.confirm(roundNumber)).equals(round.seed)) {
    throw new Error(`round ${roundNumber} was mined on a seed that the chain does not confirm`);
  }
  log.info(`submitting ${round.estimatedHashes} hashes for round ${roundNumber}`);
  return proof;
}
