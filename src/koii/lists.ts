import { namespaceWrapper } from '@_koii/namespace-wrapper';
import type { DistributionList } from '@_koii/task-manager';
import { z } from 'zod';
import type { ListOnTrial } from '../distribution/list-defence';
import { callNode } from './node-call';

const distributionInfoSchema = z.object({
  distribution_rewards_submission: z.record(z.string(), z.record(z.string(), z.unknown())),
  distributions_audit_trigger: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ votes: z.array(z.object({ is_valid: z.boolean(), voter: z.unknown() })) }),
    ),
  ),
});

const amountsSchema = z.record(z.string(), z.number());

/**
 * The distribution lists handed in for a round, with the votes on them.
 * @throws NodeCallError
 */
export function listsOnTrial(round: number): Promise<ListOnTrial[]> {
  return callNode(
    'getTaskDistributionInfo',
    () => namespaceWrapper.getTaskDistributionInfo(round),
    (answer) => {
      const info = distributionInfoSchema.parse(answer);
      const audits = info.distributions_audit_trigger[round] ?? {};
      return Object.keys(info.distribution_rewards_submission[round] ?? {}).map((maker) => ({
        maker,
        votes: (audits[maker]?.votes ?? []).map(({ is_valid: isValid, voter }) => ({
          isValid,
          voter: String(voter),
        })),
      }));
    },
  );
}

/**
 * The list that a node made of a round.
 * @param maker base58 public key
 * @throws NodeCallError
 */
export function listMadeBy(maker: string, round: number): Promise<DistributionList> {
  return callNode(
    'getDistributionList',
    () => namespaceWrapper.getDistributionList(maker, round),
    (answer) => amountsSchema.parse(JSON.parse(String(answer))),
  );
}

/** Votes for the list that a node made of a round. The SDK swallows what the ledger says of it. */
export async function voteForList(maker: string, round: number): Promise<void> {
  const voter = await namespaceWrapper.getSubmitterAccount();
  if (!voter) throw new Error('the node has no submitter account to vote with');
  // A PublicKey goes to the node as its base58 text in any case.
  const candidate = maker as unknown as typeof voter.publicKey;
  await namespaceWrapper.distributionListAuditSubmission(candidate, true, voter, round);
}
