import type { Submissions } from '../work/seed';
import type { ListReadings } from './list-readings';
import type { OwnList } from './own-lists';
import type { Recount } from './recount';

/** A round as it was counted last. */
export interface CountedRound {
  recount: Recount;
  /** Whether nothing of it will change any more. An outcome that is still open then was never learnt. */
  isSettled: boolean;
  /** When the ledger was read, ms since 1970. */
  readAt: number;
  /** What its seed is made from; undefined if the chain had forgotten it before this node asked. */
  submissionsOfRoundMinus2: Submissions | undefined;
}

/** A round in memory. */
export interface KeptRound {
  own: OwnList;
  /** When this node first made its list, ms since 1970. */
  at: number;
  readings: ListReadings;
  /** The submissions that its seed is made from. */
  before: Submissions | undefined;
  recount: Recount | undefined;
  readAt: number;
  isSettled: boolean;
  /** Looks since it was paid. */
  looksSinceKnown: number;
}

/** @param kept must have been counted */
export function counted({ recount, isSettled, readAt, before }: KeptRound): CountedRound {
  return { recount: recount!, isSettled, readAt, submissionsOfRoundMinus2: before };
}

/** How much memory it takes, in entries of some hundred bytes. */
export function entriesOf({ own, readings, recount, before }: KeptRound): number {
  const submissions = Object.keys(own.submissions).length;
  const votes = recount?.lists.reduce((sum, list) => sum + list.votes.length, 0) ?? 0;
  // A proof of 512 characters counts as four.
  return 8 * submissions + 4 * Object.keys(before ?? {}).length + readings.size + votes;
}
