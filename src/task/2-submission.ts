import { LONG_MS } from '../koii/calls';
import { checkRound } from '../koii/chain';
import { taskContext } from './context';

/**
 * Closes a round and gives its proof, at most 496 characters; undefined if there is nothing to submit.
 * @throws when the chain doesn't say in time that the round is over.
 */
export async function submission(roundNumber: number): Promise<string | void> {
  checkRound(roundNumber);
  const { finalProofs, log, metrics, alarms, patience } = await taskContext();
  try {
    const what = `the submission of round ${roundNumber}`;
    const attempt = (): Promise<string | undefined> => finalProofs.of(roundNumber);
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
