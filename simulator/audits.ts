import { LedgerError } from './ledger-error';

export interface Vote {
  readonly voter: string;
  readonly isValid: boolean;
  readonly slot: number;
}

/** The votes on a candidate's submission or list; there is one as soon as somebody votes. */
export interface Audit {
  readonly triggeredBy: string;
  readonly slot: number;
  readonly votes: Vote[];
}

/**
 * Adds a vote to the audits of a round, by candidate. The same vote again changes nothing.
 * @throws LedgerError for a vote on oneself and for a second, different one
 */
export function castVote(audits: Map<string, Audit>, candidate: string, vote: Vote): void {
  const { voter } = vote;
  if (voter === candidate) throw new LedgerError(`${voter} can't vote on its own`);
  let audit = audits.get(candidate);
  if (audit === undefined) {
    audit = { triggeredBy: voter, slot: vote.slot, votes: [] };
    audits.set(candidate, audit);
  }
  const earlier = audit.votes.find((each) => each.voter === voter);
  if (earlier !== undefined && earlier.isValid !== vote.isValid) {
    throw new LedgerError(`${voter} has already voted on ${candidate}`);
  }
  if (earlier === undefined) audit.votes.push(vote);
}

/** Whether more votes are against than for. */
export function isVotedDown(audit: Audit | undefined): boolean {
  const votes = audit?.votes ?? [];
  const against = votes.filter((vote) => !vote.isValid).length;
  return against > votes.length - against;
}
