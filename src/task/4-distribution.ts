import bs58 from 'bs58';
import type { DistributionList, Submitter } from '@_koii/task-manager';
import { sharePayouts } from '../distribution/payouts';
import { submissionsOf } from '../koii/chain';
import { taskContext } from './context';

/**
 * Makes the distribution list of a round. Every proof is verified: votes decide only whether an
 * invalid one is punished. Throws, which makes no list, when this node lacks what it needs.
 */
export async function distribution(
  submitters: Submitter[],
  bounty: number,
  roundNumber: number,
): Promise<DistributionList> {
  const { auditor, miner, metrics, log } = await taskContext();
  const submissions = await submissionsOf(roundNumber);
  const submitted = submitters.map(({ publicKey }) => {
    const proof = submissions[publicKey];
    if (proof === undefined) throw new Error(`the chain shows no submission of ${publicKey}`);
    return { submitter: publicKey, proof };
  });
  const verdicts = await auditor.auditAll(roundNumber, submitted);
  const judged = submitters.map((submitter, i) => ({ ...submitter, verdict: verdicts[i]! }));
  log.info(
    `distribution of round ${roundNumber}: ${verdicts.filter(({ valid }) => valid).length} of ${verdicts.length} proofs are valid`,
  );
  const list = sharePayouts(judged, bounty);
  metrics.rewarded(roundNumber, list[bs58.encode(miner.identity.submitter)] ?? 0);
  return list;
}
