import type {
  Amounts,
  ListReport,
  RoundReport,
  RunReport,
  SubmissionReport,
} from '../../simulator';
import { WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { isSameList } from '../../src/distribution/payouts';

// The one right distribution list of a round, from the report of a run alone: docs/PROTOCOL.md section 8 a second time,
// so that a mistake of the task's own code would show.

/** Whether the inspector found a submission's proof valid; undefined if it wasn't inspected. */
export function isValid(submission: SubmissionReport): boolean | undefined {
  const { valid } = submission;
  return typeof valid === 'boolean' ? valid : undefined;
}

/** The hashes that a submission proves; 0 if the proof is invalid. */
export function provenHashes({ estimatedHashes }: SubmissionReport): bigint {
  return typeof estimatedHashes === 'string' ? BigInt(estimatedHashes) : 0n;
}

/** The work source of a valid submission; koii for any other. */
export function sourceIn({ workSource }: SubmissionReport): WorkSourceId {
  return workSource === 'bitcoin' ? WORK_SOURCE.bitcoin : WORK_SOURCE.koii;
}

/** The sum of the votes on a submission, +1 each for and -1 against; +1 when nobody raised an audit. */
export function votesOn({ auditVotes }: RoundReport, publicKey: string): number {
  const votes = auditVotes.filter(({ candidate }) => candidate === publicKey);
  return votes.length === 0 ? 1 : votes.reduce((sum, vote) => sum + (vote.isValid ? 1 : -1), 0);
}

/** Whether it came after its window, if the ledger accepts that: some nodes may have made their list earlier. */
export function isLate({ late }: SubmissionReport): boolean {
  return late === true;
}

/**
 * The right list of a round.
 * @param withLate whether submissions that came after their window count
 * @returns ROE by public key; undefined if not every proof of the round was judged
 */
export function fairList(
  report: RunReport,
  round: RoundReport,
  withLate = true,
): Amounts | undefined {
  const submissions = round.submissions.filter((each) => withLate || !isLate(each));
  if (submissions.some((submission) => isValid(submission) === undefined)) return undefined;
  const total = submissions.reduce((sum, submission) => sum + provenHashes(submission), 0n);
  const bounty = BigInt(Math.min(report.bountyPerRound, Number.MAX_SAFE_INTEGER));
  return Object.fromEntries(
    submissions.map((submission) => {
      const hashes = isValid(submission) ? provenHashes(submission) : 0n;
      return [submission.publicKey, hashes === 0n ? 0 : Number((bounty * hashes) / total)];
    }),
  );
}

/**
 * Whether the account that a list names held the right list at the end. If submissions came late, the list without them
 * is right as well.
 * @returns undefined if not every proof of the round was judged
 */
export function isRightList(
  report: RunReport,
  round: RoundReport,
  list: ListReport,
): boolean | undefined {
  const fair = fairList(report, round);
  if (fair === undefined) return undefined;
  if (!list.payable) return false;
  return [fair, fairList(report, round, false)!].some((right) => isSameList(list.amounts, right));
}
