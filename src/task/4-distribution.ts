import { setImmediate as nextTurn } from 'node:timers/promises';
import bs58 from 'bs58';
import type { DistributionList, Submitter } from '@_koii/task-manager';
import { sharePayouts } from '../distribution/payouts';
import { submissionsOf } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import type { Verdict } from '../proof/verify';
import { severalReadable, type SubmittedProof } from '../rounds/auditor';
import { taskContext } from './context';
import { watchLists } from './list-watch';
import { patiently } from './patience';
import { checkRound } from './round-time';

/**
 * Makes the distribution list of a round. Every proof is verified: votes decide only whether an
 * invalid one is punished. Throws, which makes no list, when this node lacks what it needs.
 */
export async function distribution(
  submitters: Submitter[],
  bounty: number,
  roundNumber: number,
): Promise<DistributionList> {
  checkRound(roundNumber);
  const { miner, metrics, history, log } = await taskContext();
  const keys = submitters.map(({ publicKey }) => publicKey);
  const self = bs58.encode(miner.identity.submitter);
  const what = `the distribution list of round ${roundNumber}`;
  const verdicts = await patiently(what, log, () => judgeAll(keys, roundNumber, self));
  const judged = submitters.map((submitter, i) => ({ ...submitter, verdict: verdicts[i]! }));
  const proofs = verdicts.length;
  const valid = verdicts.filter((verdict) => verdict.valid).length;
  log.info(`distribution of round ${roundNumber}: ${valid} of ${proofs} proofs are valid`);
  await nextTurn();
  const list = sharePayouts(judged, bounty);
  // Of ten thousand entries, on which the SDK goes on.
  await nextTurn();
  const roe = list[self] ?? 0;
  metrics.rewarded(roundNumber, roe);
  history.rewarded({ round: roundNumber, roe, proofs, valid });
  if (!localTestMode) watchLists(roundNumber, list, self);
  return list;
}

/** The verdicts on the proofs of all submitters, in their order. */
async function judgeAll(keys: readonly string[], round: number, self: string): Promise<Verdict[]> {
  const { auditor } = await taskContext();
  const submissions = await submissionsOf(round);
  // The SDK asked before: what it saw and what is seen now must be the same round, all of it.
  if (Object.keys(submissions).length !== keys.length) {
    throw new Error(`the node shows other submitters of round ${round} than before`);
  }
  const submitted = keys.map((submitter) => {
    const proof = submissions[submitter];
    if (proof === undefined) throw new Error(`the chain shows no submission of ${submitter}`);
    return { submitter, proof };
  });
  const verdicts = await auditor.auditAll(round, submitted);
  if (allOthersFail(submitted, verdicts, self)) {
    throw new Error(`no proof of another node for round ${round} is valid by this node's seed`);
  }
  return verdicts;
}

/** Whether two or more proofs of others can be read and all are invalid: then it is the seed that is wrong. */
function allOthersFail(
  submitted: readonly SubmittedProof[],
  verdicts: readonly Verdict[],
  self: string,
): boolean {
  const someOtherIsValid = submitted.some(
    ({ submitter }, i) => submitter !== self && verdicts[i]!.valid,
  );
  return !someOtherIsValid && severalReadable(submitted, self);
}
