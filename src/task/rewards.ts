import type { OwnList } from '../distribution/own-lists';
import { paidTo, type Recount } from '../distribution/recount';
import type { ComputedReward } from '../history/rewards';
import type { MiningNode } from '../node';
import type { Alarms } from '../notices/alarms';

// What a round was worth to this node, from its list to its payout: told to whoever has to know.

type Told = Pick<MiningNode, 'metrics' | 'history' | 'log'> & { alarms: Alarms };

/**
 * This node has made its list of a round.
 * @param self this node's key, base58
 * @param roundLengthMs how long a round lasts by the chain
 */
export async function listed(
  { metrics, history, log, alarms }: Told,
  self: string,
  own: OwnList,
  roundLengthMs: () => Promise<number>,
): Promise<void> {
  const { round, submissions } = own;
  if (!alarms.listed(round, submissions)) metrics.proofMissing(round);
  if (Object.keys(submissions).length === 0) return;
  const reward = rewardOf(own, self, await roundLengthMs().catch(() => null));
  log.info(`distribution of round ${round}: ${reward.valid} of ${reward.proofs} proofs are valid`);
  await history.rewards.follow();
  metrics.rewarded(history.rewarded(reward));
  alarms.rewarded(round, own.amounts[self] ?? 0);
}

/** The lists of a round are settled for good, or the chain has forgotten them. @param self this node's key, base58 */
export function ended({ metrics, history, alarms }: Told, self: string, recount: Recount): void {
  const { own, lists, outcome } = recount;
  const { round, submissions } = own;
  const paidRoe = outcome === 'failed' ? 0n : paidTo(recount, self);
  history.rewards.settled(round, outcome === 'open' ? 'unknown' : outcome, paidRoe);
  for (const { reading, votes } of lists) {
    if (reading === 'equal' && votes.some(({ isValid }) => !isValid)) {
      metrics.equalListVotedAgainst();
    }
  }
  if (paidRoe === undefined || !Object.hasOwn(submissions, self)) return;
  metrics.paid(paidRoe);
  alarms.paid(round, paidRoe);
}

/**
 * What this node's own list of a round says of its reward.
 * @param self this node's key, base58
 * @param roundMs how long a round lasts; null while that is not known
 */
export function rewardOf(own: OwnList, self: string, roundMs: number | null): ComputedReward {
  const { round, bounty, amounts, submissions, verdicts } = own;
  const proven = [...verdicts.values()].flatMap((verdict) =>
    verdict.valid ? [verdict.hashes] : [],
  );
  const mine = verdicts.get(self);
  return {
    round,
    bountyRoe: String(bounty),
    proofs: Object.keys(submissions).length,
    valid: proven.length,
    networkHashes: String(proven.reduce((sum, hashes) => sum + hashes, 0n)),
    roundMs: roundMs === null ? null : Math.round(roundMs),
    hashes: mine?.valid ? String(mine.hashes) : null,
    ...(mine?.valid === false && { reason: mine.reason }),
    listedRoe: String(amounts[self] ?? 0),
  };
}
