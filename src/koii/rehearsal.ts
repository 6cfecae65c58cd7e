import type { Ledger } from '../distribution/ledger';
import type { Log } from '../process/log';

// A rehearsal build (npm run rehearse) runs in a real node in the place of a sandbox task. On a sandbox that others share
// it must cast no vote and hand in no list: by another program's rules its votes are wrong, and would cost stakes.

export interface Rehearsal {
  /** Tells one build from another in a log. */
  id: string;
  /** Whether other nodes run the sandbox task. */
  isShared: boolean;
  /** Whether it keeps the calls of the node. */
  isRecording: boolean;
}

/** Set by build/rehearsal.js; undefined in other builds, and when run from source. */
declare const BUILT_REHEARSAL: Rehearsal | undefined;

/** What this build rehearses; undefined in one that is none. */
export const REHEARSAL: Rehearsal | undefined =
  typeof BUILT_REHEARSAL === 'undefined' ? undefined : BUILT_REHEARSAL;

export const IS_SHARED_REHEARSAL = REHEARSAL?.isShared ?? false;

/** The line by which `npm run rehearse` knows that its build runs. */
export function rehearsalLine({ id, isShared }: Rehearsal): string {
  const does = isShared
    ? 'it casts no vote and hands in no list'
    : 'it votes and hands in lists, as the sandbox is its own';
  return `this is rehearsal build ${id}: ${does}`;
}

/** What changes others' state: votes on submissions and lists, lists, and payouts. Submissions stay. */
const VOTING = [
  'auditSubmission',
  'distributionListAuditSubmission',
  'uploadDistributionList',
  'distributionListSubmissionOnChain',
  'payoutTrigger',
] as const;

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Makes the calls that vote, hand in lists and ask for payouts do nothing, on the SDK's object itself: the SDK votes by
 * itself too (against a list that can't be read, without asking the task).
 */
export function silence(sdk: Partial<Record<string, Call>>): void {
  for (const name of VOTING) sdk[name] = () => Promise.resolve(null);
}

/** The ledger of a shared rehearsal: it reads, and says what it would have done. */
export function silentLedger(ledger: Ledger, log: Log): Ledger {
  const told = new Set<string>();
  const not = (what: string): Promise<void> => {
    if (!told.has(what)) log.info(`rehearsal: ${what}`);
    told.add(what);
    return Promise.resolve();
  };
  return {
    windows: () => ledger.windows(),
    submissions: (round) => ledger.submissions(round),
    bounty: () => ledger.bounty(),
    lists: (round, dueIn) => ledger.lists(round, dueIn),
    contents: (account, round) => ledger.contents(account, round),
    handIn: (round) => not(`the list of round ${round} is not handed in`),
    vote: (round, maker, isValid) =>
      not(
        `the vote ${isValid ? 'for' : 'against'} the list of ${maker} for round ${round} is not cast`,
      ),
    payOut: (round) => not(`the payout of round ${round} is not asked for`),
  };
}
