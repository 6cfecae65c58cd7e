import type { Submissions } from '../work/seed';
import type { Payouts } from './payouts';

/** When the windows of the round that runs now are, in ms of the Clock. Lists are due in them. */
export interface Windows {
  round: number;
  /** Start of the round and of its submission window, in which lists are made. */
  opensAt: number;
  /** End of the submission window, start of the audit window, in which lists are voted on. */
  auditAt: number;
  auditEndsAt: number;
  endsAt: number;
}

/** A distribution list on the ledger. */
export interface NamedList {
  /** base58 public key of who named it */
  maker: string;
  /** The account that holds its contents: what is judged and paid, whoever it belongs to. */
  account: string;
  /** Whether it was named in a round before the one that runs. */
  isOld: boolean;
  votes: readonly { voter: string; isValid: boolean }[];
}

export interface RoundLists {
  lists: readonly NamedList[];
  /** failed: all lists so far were voted out, so that one is to be made again. */
  outcome: 'open' | 'paid' | 'failed';
}

/** What the list-keeper asks of the chain. Everything throws when it can't be told or done now. */
export interface Ledger {
  windows(): Promise<Windows>;
  submissions(round: number): Promise<Submissions>;
  /** The bounty of a round in the token's smallest unit. */
  bounty(): Promise<bigint>;
  /** @param dueIn the round that runs, in whose windows lists are made and judged */
  lists(round: number, dueIn: number): Promise<RoundLists>;
  /** The text in an account. */
  contents(account: string, round: number): Promise<string>;
  /** Puts this node's list of a round on the ledger. */
  handIn(round: number, list: Payouts): Promise<void>;
  vote(round: number, maker: string, isValid: boolean): Promise<void>;
  /** Asks for the payout of a round whose windows are over. */
  payOut(round: number): Promise<void>;
}
