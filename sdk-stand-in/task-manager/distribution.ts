import type { TaskState, TaskSubmissionState } from '../namespace-wrapper/types';
import type { DistributionList, Submitter } from './types';

/** A round's submitters with their votes and stakes, in the node's order. */
export function submittersOf(
  info: TaskSubmissionState,
  stakes: TaskState['stake_list'],
  round: number,
): Submitter[] {
  return Object.keys(info.submissions[round] ?? {}).map((publicKey) => {
    const votes = info.submissions_audit_trigger[round]?.[publicKey]?.votes;
    return {
      publicKey,
      votes: votes ? votes.reduce((sum, vote) => sum + (vote.is_valid ? 1 : -1), 0) : 1,
      stake: stakes[publicKey] ?? 0,
    };
  });
}

/**
 * The list itself if it contains every submitter, its values are integers and their sum is at most the bounty;
 * otherwise zero for every submitter, so that a faulty list costs nobody anything.
 */
export function payableList(
  list: DistributionList,
  submitters: Submitter[],
  bounty: number,
): DistributionList {
  const values = Object.values(list);
  const payable =
    submitters.every(({ publicKey }) => Object.hasOwn(list, publicKey)) &&
    values.every(Number.isInteger) &&
    values.reduce((sum, value) => sum + value, 0) <= bounty;
  if (payable) return list;
  console.error('Koii SDK stand-in: the distribution list breaks the rules, every value becomes 0');
  return Object.fromEntries(submitters.map(({ publicKey }) => [publicKey, 0]));
}

/** Same keys, same values; the order doesn't matter. */
export function sameList(a: DistributionList, b: DistributionList): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
