import { LedgerError } from './ledger-error';

export interface Vote {
  readonly voter: string;
  readonly isValid: boolean;
  readonly slot: number;
}

/** The votes on a candidate's submission or list; exists once somebody has voted. */
export interface Audit {
  readonly triggeredBy: string;
  readonly slot: number;
  readonly votes: Vote[];
}

export interface VoteRules {
  /** A candidate may vote on itself. */
  readonly ownVotes: boolean;
  /** The first vote may be a vote for. */
  readonly firstVoteFor: boolean;
}

/**
 * Adds a vote to the audits of a round, by candidate. The same vote again changes nothing.
 * @throws LedgerError for a second, different vote and for one that the rules forbid
 */
export function castVote(
  audits: Map<string, Audit>,
  candidate: string,
  vote: Vote,
  rules: VoteRules,
): void {
  const { voter } = vote;
  if (voter === candidate && !rules.ownVotes) {
    throw new LedgerError(`${voter} can't vote on its own`);
  }
  let audit = audits.get(candidate);
  if (audit === undefined) {
    if (vote.isValid && !rules.firstVoteFor) {
      throw new LedgerError(`no audit of ${candidate} is open to vote for it`);
    }
    audit = { triggeredBy: voter, slot: vote.slot, votes: [] };
    audits.set(candidate, audit);
  }
  const earlier = audit.votes.find((each) => each.voter === voter);
  if (earlier !== undefined && earlier.isValid !== vote.isValid) {
    throw new LedgerError(`${voter} has already voted on ${candidate}`);
  }
  if (earlier === undefined) audit.votes.push(vote);
}

/**
 * Whether the votes against outweigh those for.
 * @param weightOf the weight of a voter's vote
 */
export function isVotedDown(
  audit: Audit | undefined,
  weightOf: (voter: string) => number,
): boolean {
  const votes = audit?.votes ?? [];
  const sum = votes.reduce(
    (total, { voter, isValid }) => total + (isValid ? weightOf(voter) : -weightOf(voter)),
    0,
  );
  return sum < 0;
}
