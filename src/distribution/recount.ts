import type { Ledger, NamedList, RoundLists } from './ledger';
import type { ListReadings, ReadList } from './list-readings';
import type { OwnList } from './own-lists';

// A round counted again from what the ledger shows, for whoever asks why it was paid as it was.

/** A list of the round, compared with this node's own. */
export interface RecountedList extends NamedList, ReadList {
  /** Whether its votes sum up below zero, each voter counting once: K2 may weigh them by stake. */
  isVotedOut: boolean;
}

export interface Recount {
  /** This node's list and verdicts. */
  own: OwnList;
  lists: readonly RecountedList[];
  /** As the chain says; `failed` also where nobody handed in a list while that could be done. */
  outcome: RoundLists['outcome'];
  /** How many accounts could not be read this time: their lists count as unreadable. */
  unread: number;
}

/** The node reads so many accounts at a time. */
const READS_AT_A_TIME = 8;

const NOT_READ: ReadList = {
  reading: 'unreadable',
  amounts: undefined,
  differences: [],
  differing: undefined,
};

/**
 * Reads the lists of a round and compares them with this node's own.
 * @param dueIn the round that runs
 * @param readings of this round, which may know some accounts already
 * @throws when the ledger doesn't tell which lists there are; an account that can't be read counts as unreadable
 */
export async function recount(
  ledger: Pick<Ledger, 'lists'>,
  own: OwnList,
  dueIn: number,
  readings: Pick<ListReadings, 'of'>,
): Promise<Recount> {
  const { lists, outcome } = await ledger.lists(own.round, dueIn);
  const read = new Map<NamedList, ReadList | undefined>();
  // What stands is read first: of too many different lists the amounts aren't kept.
  const waiting = [...lists].sort((a, b) => Number(isVotedOut(a)) - Number(isVotedOut(b)));
  const readOn = async (): Promise<void> => {
    for (let list = waiting.shift(); list; list = waiting.shift()) {
      read.set(list, await readings.of(list.account));
    }
  };
  await Promise.all(Array.from({ length: READS_AT_A_TIME }, readOn));
  return {
    own,
    lists: lists.map((list) => recounted(list, read.get(list) ?? NOT_READ)),
    outcome,
    unread: lists.filter((list) => !read.get(list)).length,
  };
}

/**
 * A round as it stays when no list of it can be handed in any more. Without one nobody is paid, though a chain that doesn't
 * ask for a list again never calls that a failure.
 * @param earlier what was found before, which must not have had a list either
 */
export async function finalRecount(
  ledger: Pick<Ledger, 'submissions'>,
  found: Recount,
  earlier: Recount | undefined,
): Promise<Recount> {
  const { own, lists, outcome } = found;
  const hasList = lists.length > 0 || (earlier !== undefined && earlier.lists.length > 0);
  if (outcome !== 'open' || hasList) return found;
  // A round that the chain has forgotten looks like one without lists. While it shows the submissions it has not.
  const submissions = await ledger.submissions(own.round).catch(() => ({}));
  return Object.keys(submissions).length > 0 ? { ...found, outcome: 'failed' } : found;
}

/** A round that the chain forgot: where all lists were voted out when it was seen last, one may have been paid since. */
export function forgotten(seen: Recount): Recount {
  return seen.outcome === 'failed' ? { ...seen, outcome: 'open' } : seen;
}

function recounted(list: NamedList, read: ReadList): RecountedList {
  const { maker, account, isOld, votes } = list;
  const { reading, amounts, differences, differing } = read;
  return {
    maker,
    account,
    isOld,
    votes,
    reading,
    amounts,
    differences,
    differing,
    isVotedOut: isVotedOut(list),
  };
}

function isVotedOut({ votes }: NamedList): boolean {
  return votes.reduce((sum, { isValid }) => sum + (isValid ? 1 : -1), 0) < 0;
}

/**
 * What the lists that stand pay, for any key, in the token's smallest unit: undefined without such a list, and where they
 * pay different amounts or can't be read.
 */
export function standingPays(
  lists: readonly RecountedList[],
): (publicKey: string) => bigint | undefined {
  // Equal lists share their amounts, so there are few of them.
  const standing = new Set(
    lists.filter(({ isVotedOut }) => !isVotedOut).map(({ amounts }) => amounts),
  );
  return (publicKey) => {
    const found = new Set(
      [...standing].map((amounts) => amounts && (amounts.get(publicKey) ?? '0')),
    );
    const [amount] = found;
    return found.size === 1 && amount !== undefined ? BigInt(amount) : undefined;
  };
}

/**
 * What a paid round paid to a key, in the token's smallest unit.
 * @returns undefined while it isn't paid, and where the lists that stand pay different amounts: which of them K2 pays
 *   isn't known
 */
export function paidTo({ lists, outcome }: Recount, publicKey: string): bigint | undefined {
  return outcome === 'paid' ? standingPays(lists)(publicKey) : undefined;
}
