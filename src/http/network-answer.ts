import { count, shortKey, si, tokens } from '../format';
import type { Difference } from '../distribution/list-readings';
import { standingPays, type RecountedList } from '../distribution/recount';
import type { CountedRound } from '../distribution/kept-round';
import type { Verdict } from '../proof/verify';
import { nameOf, type WorkSourceName } from '../work/source';

// What everybody is told of a round: who proved what, which lists there were, who is paid, and why. Amounts are in ROE,
// in decimal. What others wrote is cut to a length that no honest text reaches.

const MOST_CHARACTERS = 64;
const MOST_LISTS = 100;
const MOST_VOTES = 50;

export interface SubmitterAnswer {
  submitter: string;
  valid: boolean;
  /** Why its proof is invalid. */
  reason: string | null;
  work_source: WorkSourceName | null;
  shares: number | null;
  /** Proven, in decimal; 0 where the proof is invalid. */
  hashes: string;
  /** By this node's own count. */
  payout_roe: string;
  /** By the lists that stand; null where there is none, or they disagree. */
  standing_roe: string | null;
  why: string;
}

export interface ListAnswer {
  maker: string;
  account: string;
  compares: 'equal' | 'differs' | 'unreadable';
  /** Whether it isn't voted out. */
  stands: boolean;
  /** How many keys it pays otherwise; null where it can't be read. */
  differing: number | null;
  /** The first 20 of them, null where the key isn't named. */
  differences: { submitter: string; theirs_roe: string | null; ours_roe: string | null }[];
  votes_for: number;
  votes_against: number;
  /** The first 50. */
  votes: { voter: string; for: boolean }[];
  why: string;
}

export interface RoundAnswer {
  round_number: number;
  outcome: 'open' | 'paid' | 'failed';
  /** Whether nothing of it will change any more. */
  settled: boolean;
  /** When the chain was read. */
  read_at: string;
  bounty_roe: string;
  submitters: SubmitterAnswer[];
  lists_in_all: number;
  /** At most 100, those that stand first. */
  lists: ListAnswer[];
}

/** @param only leaves out all submitters but one */
export function roundAnswer(counted: CountedRound, only?: string): RoundAnswer {
  const { recount, isSettled, readAt } = counted;
  const { own, lists, outcome } = recount;
  const pays = standingPays(lists);
  const keys = only === undefined ? Object.keys(own.submissions) : [only];
  const standing = lists.filter(({ isVotedOut }) => !isVotedOut);
  const votedOut = lists.filter(({ isVotedOut }) => isVotedOut);
  return {
    round_number: own.round,
    outcome,
    settled: isSettled,
    read_at: new Date(readAt).toISOString(),
    bounty_roe: String(own.bounty),
    submitters: keys.map((key) => submitterAnswer(counted, key, pays(key))),
    lists_in_all: lists.length,
    lists: [...standing, ...votedOut].slice(0, MOST_LISTS).map(listAnswer),
  };
}

function submitterAnswer(
  counted: CountedRound,
  submitter: string,
  standing: bigint | undefined,
): SubmitterAnswer {
  const { own } = counted.recount;
  const verdict = own.verdicts.get(submitter)!;
  const due = own.amounts[submitter] ?? 0;
  return {
    submitter: bounded(submitter),
    valid: verdict.valid,
    reason: verdict.valid ? null : bounded(verdict.reason),
    work_source: verdict.valid ? nameOf(verdict.source) : null,
    shares: verdict.valid ? verdict.shares : null,
    hashes: verdict.valid ? String(verdict.hashes) : '0',
    payout_roe: String(due),
    standing_roe: standing === undefined ? null : bounded(String(standing)),
    why: whyPaid(counted, verdict, BigInt(due), standing),
  };
}

function whyPaid(
  { recount, isSettled }: CountedRound,
  verdict: Verdict,
  due: bigint,
  standing: bigint | undefined,
): string {
  const proof = verdict.valid
    ? `its proof of ${si(verdict.hashes)} hashes is valid`
    : `its proof is invalid: ${bounded(verdict.reason)}`;
  const { outcome, lists } = recount;
  if (outcome === 'paid') return whyOfPaidRound(proof, due, standing);
  if (!verdict.valid || due === 0n) return `Nothing is due: ${proof}.`;
  const owed = `${proof}, and by this node's count ${owing(due)}`;
  const why = lists.length === 0 ? 'no list was handed in' : 'all lists so far were voted out';
  if (outcome === 'failed') return `Not paid: ${owed}, but ${why}.`;
  if (isSettled) {
    return `Not known: ${owed}, but the chain forgot the round before it told this node an outcome.`;
  }
  return `Not paid yet: ${owed}; the round is open until a list of it is paid out, at the latest when round ${recount.own.round + 4} ends.`;
}

function whyOfPaidRound(proof: string, due: bigint, standing: bigint | undefined): string {
  if (standing === undefined) {
    return `Not known: ${proof}, and the round was paid, but this node can't tell by which list: those that stand differ or can't be read.`;
  }
  const paid = standing > 0n ? `Paid ${inTokens(standing)}` : 'Not paid';
  if (standing === due) {
    return due > 0n
      ? `${paid}: ${proof}, and the list that stands pays what this node counts.`
      : `${paid}: ${proof}.`;
  }
  return `${paid}: ${proof}, and by this node's count ${owing(due)}, but the list that stands pays otherwise.`;
}

function listAnswer(list: RecountedList): ListAnswer {
  const { maker, account, reading, isVotedOut, differing, differences, votes } = list;
  const votesFor = votes.filter(({ isValid }) => isValid).length;
  return {
    maker: bounded(maker),
    account: bounded(account),
    compares: reading,
    stands: !isVotedOut,
    differing: differing ?? null,
    differences: differences.map(({ publicKey, theirs, ours }) => ({
      submitter: bounded(publicKey),
      theirs_roe: theirs === undefined ? null : bounded(theirs),
      ours_roe: ours ?? null,
    })),
    votes_for: votesFor,
    votes_against: votes.length - votesFor,
    votes: votes
      .slice(0, MOST_VOTES)
      .map(({ voter, isValid }) => ({ voter: bounded(voter), for: isValid })),
    why: `${whyStands(list, votesFor)}: ${whyCompares(list)}.`,
  };
}

function whyStands({ isVotedOut, votes }: RecountedList, votesFor: number): string {
  if (votes.length === 0) return 'Stands without a vote';
  const against = votes.length - votesFor;
  return `${isVotedOut ? 'Voted out' : 'Stands'} with ${count(votesFor, 'vote')} for and ${against} against it`;
}

function whyCompares({ reading, differing, differences }: RecountedList): string {
  if (reading === 'equal') return 'it pays what this node counts';
  if (reading === 'unreadable') return 'its account can not be read as a list';
  const [first] = differences;
  if (!first) return 'it is no list of whole numbers, each key once';
  const more = differing! - 1;
  return `it pays ${difference(first)}${more > 0 ? `, and ${count(more, 'more key')} otherwise` : ''}`;
}

function difference({ publicKey, theirs, ours }: Difference): string {
  const key = shortKey(publicKey);
  if (theirs === undefined)
    return `${key} nothing and does not name it, instead of ${amount(ours)}`;
  return ours === undefined
    ? `${key} ${amount(theirs)}, who submitted nothing`
    : `${key} ${amount(theirs)} instead of ${amount(ours)}`;
}

function owing(due: bigint): string {
  return due === 0n ? 'nothing is due' : `${inTokens(due)} are due`;
}

/** Tokens, or what isn't an amount of them as it stands there. */
function amount(roe = '0'): string {
  const isExact = Number.isSafeInteger(Number(roe));
  return isExact ? inTokens(BigInt(roe)) : `${bounded(roe)} ROE`;
}

function inTokens(roe: bigint): string {
  if (roe === 0n) return 'nothing';
  // Four decimals would show a few ROE as nothing.
  return roe > -100_000n && roe < 100_000n ? `${roe} ROE` : `${tokens(Number(roe))} tokens`;
}

function bounded(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** Proves what a verdict says of a submission, in the form of PROTOCOL.md, "Vectors". */
export interface VerifyAnswer {
  taskId: string;
  round: number;
  submitter: string;
  submissionsOfRoundMinus2: Readonly<Record<string, string>>;
  proof: string;
}

/** @returns null where the submissions that the seed is made from are no longer known */
export function verifyAnswer(
  { recount, submissionsOfRoundMinus2 }: CountedRound,
  taskId: string,
  submitter: string,
): VerifyAnswer | null {
  const { own } = recount;
  if (!submissionsOfRoundMinus2) return null;
  const proof = own.submissions[submitter]!;
  return { taskId, round: own.round, submitter, submissionsOfRoundMinus2, proof };
}
