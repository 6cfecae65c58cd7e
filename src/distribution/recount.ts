import type { Ledger, NamedList, RoundLists } from './ledger';
import type { OwnList } from './own-lists';
import { amountsIn, readingOf, type Reading } from './payouts';

// A round counted again from what the ledger shows, for whoever asks why it was paid as it was.

/** A list of the round, compared with this node's own. */
export interface RecountedList extends NamedList {
  reading: Reading;
  /** Whether its votes sum up below zero, each voter counting once: K2 may weigh them by stake. */
  isVotedOut: boolean;
  /** What it pays to each key, in decimal; undefined if it can't be read or is no list of whole numbers. */
  amounts: ReadonlyMap<string, string> | undefined;
}

export interface Recount {
  /** This node's list and verdicts. */
  own: OwnList;
  lists: readonly RecountedList[];
  outcome: RoundLists['outcome'];
}

/**
 * Reads the lists of a round and compares them with this node's own.
 * @param dueIn the round that runs
 * @throws when the ledger doesn't tell which lists there are; an account that can't be read counts as unreadable
 */
export async function recount(
  ledger: Pick<Ledger, 'lists' | 'contents'>,
  own: OwnList,
  dueIn: number,
): Promise<Recount> {
  const { lists, outcome } = await ledger.lists(own.round, dueIn);
  const recounted: RecountedList[] = [];
  for (const list of lists) {
    const text = await ledger.contents(list.account, own.round).catch(() => undefined);
    recounted.push({
      ...list,
      reading: text === undefined ? 'unreadable' : readingOf(text, own.amounts),
      isVotedOut: list.votes.reduce((sum, { isValid }) => sum + (isValid ? 1 : -1), 0) < 0,
      amounts: text === undefined ? undefined : amountsIn(text),
    });
  }
  return { own, lists: recounted, outcome };
}

/**
 * What a paid round paid to a key, in the token's smallest unit.
 * @returns undefined while it isn't paid, and where the lists that stand pay different amounts: which of them K2 pays
 *   isn't known
 */
export function paidTo({ lists, outcome }: Recount, publicKey: string): bigint | undefined {
  if (outcome !== 'paid') return undefined;
  const standing = lists.filter(({ isVotedOut }) => !isVotedOut);
  const amounts = new Set(
    standing.map(({ amounts }) => amounts && (amounts.get(publicKey) ?? '0')),
  );
  const [amount] = amounts;
  return amounts.size === 1 && amount !== undefined ? BigInt(amount) : undefined;
}
