import { z } from 'zod';
import type { Ledger, RoundLists } from '../distribution/ledger';
import { monotonicClock as clock } from '../process/clock';
import { callNode } from './calls';
import { submissionsOf, bountyPerRound, roundTimes, startSlotOf } from './chain';
import { namespaceWrapper } from './sdk';

const entries = <T extends z.ZodType>(entry: T) =>
  z.record(z.string(), z.record(z.string(), entry));

/** For a list that names no account: it can't be read. */
const NO_ACCOUNT = { submission_value: '', slot: Infinity };

/** Anyone who names a list decides what its entry says: a malformed one must not hide the others. */
const distributionInfoSchema = z.object({
  distribution_rewards_submission: entries(
    z.object({ submission_value: z.string(), slot: z.number() }).catch(NO_ACCOUNT),
  ),
  distributions_audit_trigger: entries(
    z
      .object({ votes: z.array(z.object({ is_valid: z.boolean(), voter: z.unknown() })) })
      .catch({ votes: [] }),
  ),
  distributions_audit_record: z.record(z.string(), z.string()).optional(),
});
type DistributionInfo = z.infer<typeof distributionInfoSchema>;

const OUTCOMES: Readonly<Record<string, RoundLists['outcome']>> = {
  PayoutSuccessful: 'paid',
  PayoutFailed: 'failed',
};

/** Putting a list on chain takes many transactions: about 113 for a thousand submitters. */
const HAND_IN_MS = 200_000;

/**
 * The chain as the list-keeper sees it, through the SDK. Retrying is left to the caller, who knows how long a call is
 * still of use.
 */
export const ledger: Ledger = {
  async windows() {
    const times = await roundTimes(undefined, () => clock.now());
    return {
      round: times.round,
      opensAt: times.startsAt,
      auditAt: times.submissionEndsAt,
      auditEndsAt: times.auditEndsAt,
      endsAt: times.endsAt,
    };
  },

  submissions: submissionsOf,

  bounty: bountyPerRound,

  async lists(round, dueIn) {
    const info = await callNode(
      'getTaskDistributionInfo',
      () => namespaceWrapper.getTaskDistributionInfo(round),
      (answer) => distributionInfoSchema.parse(answer),
    );
    return roundLists(info, round, await startSlotOf(dueIn));
  },

  contents(account, round) {
    return callNode(
      'getDistributionList',
      () => namespaceWrapper.getDistributionList(account, round),
      // Text from most versions of the node, bytes from some.
      (answer) => textOf(answer),
    );
  },

  async handIn(round, list) {
    await callNode(
      'uploadDistributionList',
      () => namespaceWrapper.uploadDistributionList(list as Record<string, number>, round),
      (answer) => {
        noError(answer);
        if (!answer) throw new Error('the node did not upload the list');
      },
      HAND_IN_MS,
    );
    await callNode(
      'distributionListSubmissionOnChain',
      () => namespaceWrapper.distributionListSubmissionOnChain(round),
      noError,
      HAND_IN_MS,
    );
  },

  async vote(round, maker, isValid) {
    type Arguments = Parameters<typeof namespaceWrapper.distributionListAuditSubmission>;
    // A PublicKey reaches the node as base58 text anyway; the node votes with its own key.
    const [candidate, voter] = [maker, undefined] as unknown as [Arguments[0], Arguments[2]];
    await callNode(
      'distributionListAuditSubmission',
      () => namespaceWrapper.distributionListAuditSubmission(candidate, isValid, voter, round),
      noError,
    );
  },

  async payOut(round) {
    await callNode('payloadTrigger', () => namespaceWrapper.payoutTrigger(round), noError);
  },
};

function roundLists(info: DistributionInfo, round: number, startSlot: number): RoundLists {
  const audits = info.distributions_audit_trigger[round] ?? {};
  const lists = Object.entries(info.distribution_rewards_submission[round] ?? {});
  return {
    lists: lists.map(([maker, { submission_value: account, slot }]) => ({
      maker,
      account,
      isOld: slot < startSlot,
      votes: (audits[maker]?.votes ?? []).map(({ is_valid: isValid, voter }) => ({
        isValid,
        voter: String(voter),
      })),
    })),
    outcome: OUTCOMES[info.distributions_audit_record?.[round] ?? ''] ?? 'open',
  };
}

function textOf(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (answer instanceof Uint8Array) return Buffer.from(answer).toString('utf8');
  throw new TypeError('expected the text of a list');
}

/** On success the SDK gives nothing, or what the node said. @throws when the node refused */
function noError(answer: unknown): void {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    throw new Error('the node refused', { cause: answer.error });
  }
}
