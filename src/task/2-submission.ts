import { localTestMode } from '../koii/identity';
import { taskContext } from './context';
import { patiently } from './patience';
import { checkRound, roundsUntil } from './round-time';

/**
 * Closes a round and gives its proof, at most 511 characters; undefined when there is nothing to
 * submit. What was mined is handed in whatever the chain shows now: at worst it earns nothing.
 * @throws when the chain does not say that the round is over.
 */
export async function submission(roundNumber: number): Promise<string | void> {
  checkRound(roundNumber);
  const { log, metrics, alarms } = await taskContext();
  try {
    const what = `the submission of round ${roundNumber}`;
    const proof = await patiently(what, log, () => finalProof(roundNumber));
    metrics.roundEnded(proof !== undefined);
    if (proof === undefined) log.warn(`nothing to submit for round ${roundNumber}`);
    else alarms.submitted(roundNumber);
    return proof;
  } catch (error) {
    metrics.roundEnded(false);
    throw error;
  }
}

async function finalProof(roundNumber: number): Promise<string | undefined> {
  const { log, miner } = await taskContext();
  if (!localTestMode) {
    const wait = await roundsUntil(roundNumber);
    // A round that still runs must not be closed.
    if (wait >= 0) throw new Error(`by the chain's clock round ${roundNumber} is not over`);
    if (wait < -1) return undefined;
  }
  const round = await miner.close(roundNumber);
  const proof = round?.proof();
  if (!round || proof === undefined) return undefined;
  void tellOfAnotherSeed(roundNumber, round.seed);
  log.info(`submitting ${round.estimatedHashes} hashes for round ${roundNumber}`);
  return proof;
}

/** A late submission two rounds before, or a view that lags, now or then: other nodes may have mined on either. */
async function tellOfAnotherSeed(round: number, mined: Uint8Array): Promise<void> {
  const { log, seeds } = await taskContext();
  try {
    if ((await seeds.shown(round)).equals(mined)) return;
    log.warn(
      `round ${round} was mined on another seed than the chain shows now: submitted all the same`,
    );
  } catch (error) {
    log.debug({ error }, `the seed of round ${round} can't be looked at now`);
  }
}
