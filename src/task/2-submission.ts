import { NotYetError } from '../audit/seeds';
import { localTestMode } from '../koii/account';
import { LONG_MS, SHORT_MS } from '../koii/calls';
import { checkRound, roundThatRuns } from '../koii/chain';
import { taskContext } from './context';

/**
 * Closes a round and gives its proof, at most 496 characters; undefined when there is nothing to
 * submit. What was mined is handed in whatever the chain shows now: at worst it earns nothing. Under
 * another account than it was mined for it is not: that would be an invalid proof of that account.
 * @throws when the chain does not say that the round is over.
 */
export async function submission(roundNumber: number): Promise<string | void> {
  checkRound(roundNumber);
  const { log, metrics, alarms, patience } = await taskContext();
  try {
    const what = `the submission of round ${roundNumber}`;
    const attempt = (): Promise<string | undefined> => finalProof(roundNumber);
    const proof = await patience.patiently(what, attempt, { forMs: LONG_MS });
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
  const { account, log, miner } = await taskContext();
  if (!localTestMode) {
    const current = await roundThatRuns(roundNumber);
    // A round that still runs must not be closed.
    if (current <= roundNumber) {
      throw new NotYetError(`by the chain's clock round ${roundNumber} is not over`);
    }
    if (current > roundNumber + 1) return undefined;
    if (!(await account.isKept())) return undefined;
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
  const { log, patience, seeds } = await taskContext();
  try {
    const what = `a look at the seed of round ${round}`;
    const attempt = (): Promise<Buffer> => seeds.shown(round);
    const shown = await patience.patiently(what, attempt, { forMs: SHORT_MS });
    if (shown.equals(mined)) return;
    log.warn(
      `round ${round} was mined on another seed than the chain shows now: submitted all the same`,
    );
  } catch (error) {
    log.debug({ error }, `the seed of round ${round} can't be looked at now`);
  }
}
