import type { OwnList } from '../distribution/own-lists';
import type { ComputedReward } from '../history/rewards';

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
