import type { Amounts, RoundReport, RunReport, SubmissionReport } from '../../simulator/index';
import { SLASH } from '../../src/consensus';

// The one right distribution list of a round, from the report of a run alone: docs/PROTOCOL.md section 8 a second time,
// so that a mistake of the task's own code would show.

/** Whether a submission's proof is valid, as the inspector found; undefined when it didn't look. */
export function isValid(submission: SubmissionReport): boolean | undefined {
  const { valid } = submission;
  return typeof valid === 'boolean' ? valid : undefined;
}

/** Hashes that a submission proves; 0 where the proof is invalid. */
export function provenHashes({ estimatedHashes }: SubmissionReport): bigint {
  return typeof estimatedHashes === 'string' ? BigInt(estimatedHashes) : 0n;
}

/** The sum of the votes on a submission, +1 each for and -1 against; +1 when nobody raised an audit. */
export function votesOn({ auditVotes }: RoundReport, publicKey: string): number {
  const votes = auditVotes.filter(({ candidate }) => candidate === publicKey);
  return votes.length === 0 ? 1 : votes.reduce((sum, vote) => sum + (vote.isValid ? 1 : -1), 0);
}

/**
 * The list that is to be made of a round.
 * @param inRound in whose windows: stakes may have shrunk since the round
 * @returns ROE by public key; undefined when not every proof of the round was judged
 */
export function fairList(
  report: RunReport,
  round: RoundReport,
  inRound: number,
): Amounts | undefined {
  if (round.submissions.some((submission) => isValid(submission) === undefined)) return undefined;
  const total = round.submissions.reduce((sum, submission) => sum + provenHashes(submission), 0n);
  const bounty = BigInt(report.bountyPerRound);
  return Object.fromEntries(
    round.submissions.map((submission) => {
      const { publicKey } = submission;
      if (isValid(submission)) {
        return [publicKey, Number((bounty * provenHashes(submission)) / total)];
      }
      if (votesOn(round, publicKey) >= 0) return [publicKey, 0];
      const stake = BigInt(stakeIn(report, publicKey, inRound));
      return [publicKey, -Number((stake * SLASH.numerator) / SLASH.denominator)];
    }),
  );
}

/** A stake as it stood in the windows of a round: less what lists paid out in the rounds before had taken. */
function stakeIn(report: RunReport, publicKey: string, inRound: number): number {
  const before = report.nodes.find((node) => node.publicKey === publicKey)?.stakeBefore ?? 0;
  return report.rounds.reduce((stake, { distributionLists, payouts }) => {
    const paid = distributionLists.find(({ accepted }) => accepted);
    const counts = paid !== undefined && paid.submittedInRound < inRound;
    return counts ? stake + Math.min(0, payouts[publicKey] ?? 0) : stake;
  }, before);
}
