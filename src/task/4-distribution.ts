import type { DistributionList, Submitter } from '@_koii/task-manager';
import { checkRound } from '../koii/chain';
import { IS_SHARED_REHEARSAL } from '../koii/rehearsal';
import { localTestMode } from '../koii/sdk';
import { taskContext } from './context';

/**
 * The list of a round, if the SDK is to make it: this node's own, in the round's submission window. When the SDK only
 * compares the lists of others, this never settles: the SDK would take an error or an empty list for approval, and cast
 * this node's only vote after one look. The list-keeper alone votes (docs/PROTOCOL.md section 8).
 */
export async function distribution(
  submitters: Submitter[],
  bounty: number,
  roundNumber: number,
): Promise<DistributionList> {
  checkRound(roundNumber);
  const { lists, localList, log } = await taskContext();
  if (localTestMode) return { ...(await localList(roundNumber, BigInt(bounty))) };
  if (IS_SHARED_REHEARSAL) return neverSettles();
  const keys = submitters.map(({ publicKey }) => publicKey);
  const list = await lists.listForSdk(roundNumber, keys).catch((error: unknown) => {
    log.warn({ error }, `the SDK is given no list of round ${roundNumber}`);
  });
  return list ? { ...list } : neverSettles();
}

/** Nothing keeps such a promise alive, so it is garbage-collected with all that waits for it. */
function neverSettles(): Promise<never> {
  return new Promise(() => undefined);
}
