import type { DistributionList, Submitter } from '@_koii/task-manager';
import { proofsOf } from '../audit/auditor';
import { sharePayouts } from '../distribution/payouts';
import { localTestMode } from '../koii/account';
import { submissionsOf, checkRound } from '../koii/chain';
import { taskContext } from './context';

/**
 * The list of a round, where the SDK is to make it: this node's own, in the round's submission window. Where the SDK
 * only compares the lists of others it never settles: an error or an empty list would be taken for approval, and its
 * one look binds this node's only vote. The list-keeper alone votes (docs/PROTOCOL.md section 8).
 */
export async function distribution(
  submitters: Submitter[],
  bounty: number,
  roundNumber: number,
): Promise<DistributionList> {
  checkRound(roundNumber);
  if (localTestMode) return localList(roundNumber, bounty);
  const { lists, log } = await taskContext();
  const keys = submitters.map(({ publicKey }) => publicKey);
  const list = await lists.listForSdk(roundNumber, keys).catch((error: unknown) => {
    log.warn({ error }, `the SDK is given no list of round ${roundNumber}`);
  });
  return list ? { ...list } : neverSettles();
}

/** In the SDK's local test mode nobody else makes lists, and nobody votes on them. */
async function localList(round: number, bounty: number): Promise<DistributionList> {
  const { auditor } = await taskContext();
  const proofs = proofsOf(await submissionsOf(round));
  const verdicts = await auditor.auditAll(round, proofs);
  const judged = proofs.map(({ submitter }, i) => ({
    publicKey: submitter,
    verdict: verdicts[i]!,
  }));
  return { ...sharePayouts(judged, BigInt(bounty)) };
}

/** Nobody holds such a promise, so that it is collected with all that waits for it. */
function neverSettles(): Promise<never> {
  return new Promise(() => undefined);
}
