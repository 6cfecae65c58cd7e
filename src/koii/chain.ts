import { taskNodeAdministered } from '@_koii/namespace-wrapper';
import { z } from 'zod';
import { KEPT_ROUNDS } from '../consensus';
import { NotKeptError, NotYetError, type Chain } from '../rounds/seeds';
import type { Submissions } from '../work/seed';
import { shareInFlight } from './in-flight';
import { callNode, TRY_TIMEOUT_MS } from './node-call';
import { namespaceWrapper } from './sdk';

const roundSchema = z.number().int().nonnegative();

const submissionInfoSchema = z.object({
  submissions: z.record(
    z.string(),
    z.record(
      z.string(),
      z
        .object({ submission_value: z.string() })
        .transform((submission) => submission.submission_value),
    ),
  ),
});

/** The round that runs now. @throws NodeCallError */
export function currentRound(): Promise<number> {
  return callNode(
    'getRound',
    () => namespaceWrapper.getRound(),
    (answer) => roundSchema.parse(answer),
  );
}

/**
 * What a round submitted, from any round the chain holds.
 * @throws NodeCallError
 */
export const submissionsOf = shareInFlight(
  (round: number): Promise<Submissions> =>
    callNode(
      'getTaskSubmissionInfo',
      () => namespaceWrapper.getTaskSubmissionInfo(round),
      (answer) => submissionInfoSchema.parse(answer).submissions[round] ?? {},
    ),
  TRY_TIMEOUT_MS,
);

/** The chain as seeds are derived from it. */
export const chain: Chain = {
  isCertain: !taskNodeAdministered,
  async submissions(round) {
    // The local test mode has one round number, always 1, and forgets nothing.
    if (taskNodeAdministered) {
      const current = await currentRound();
      // Submitted during the round after, so final only in the one after that. Asked for too early,
      // or the node is behind: no reason to do with what is stored.
      if (round > current - 2)
        throw new NotYetError(
          `the submissions of round ${round} are not final in round ${current}`,
        );
      // A forgotten round looks like one without submissions.
      if (round <= current - KEPT_ROUNDS)
        throw new NotKeptError(
          `in round ${current} the chain has forgotten the submissions of round ${round}`,
        );
    }
    return submissionsOf(round);
  },
};
