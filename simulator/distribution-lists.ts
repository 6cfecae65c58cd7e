import { isVotedDown, type Audit } from './audits';
import type { Amounts, Funds } from './funds';
import { LedgerError } from './ledger-error';
import type { LedgerOptions } from './ledger-options';

export type ListOutcome = 'pending' | 'accepted' | 'voted out' | 'not payable' | 'not used';

/** A list on chain: its maker names the account that holds its contents. */
export interface DistributionList {
  readonly maker: string;
  readonly account: string;
  readonly slot: number;
  /** The round in whose windows it was named: two after its own, or later if it was made again. */
  readonly submittedInRound: number;
  outcome: ListOutcome;
  /** What the account held at the settlement; undefined before that, or if nothing was ever written. */
  settledText: string | undefined;
}

export type PayoutStatus = 'Uninitialized' | 'PayoutSuccessful' | 'PayoutFailed';

/** The distribution of one round. */
export interface RoundLists {
  /** The text that each account holds for this round. */
  readonly accounts: Map<string, string>;
  /** By maker, in the order they were named. */
  readonly lists: Map<string, DistributionList>;
  /** By maker. */
  readonly listAudits: Map<string, Audit>;
  payoutStatus: PayoutStatus;
  failedDistributions: number;
  /** The round in whose windows the distribution failed last. */
  failedInRound: number | undefined;
  /** What was actually paid and taken, ROE. */
  payouts: Amounts;
  /** How much stake the makers of voted-out lists lost, ROE. */
  listPenalties: Amounts;
}

export function emptyLists(): RoundLists {
  return {
    accounts: new Map(),
    lists: new Map(),
    listAudits: new Map(),
    payoutStatus: 'Uninitialized',
    failedDistributions: 0,
    failedInRound: undefined,
    payouts: {},
    listPenalties: {},
  };
}

/**
 * Writes an account. The same text again changes nothing.
 * @throws LedgerError if a list has named it and it is final by now
 */
export function writeAccount(
  record: RoundLists,
  account: string,
  text: string,
  { rewrittenLists }: LedgerOptions,
): void {
  if (record.accounts.get(account) === text) return;
  const naming = [...record.lists.values()].filter((list) => list.account === account);
  const isSettled = naming.every(({ outcome }) => outcome !== 'pending');
  if (naming.length > 0 && (isSettled || !rewrittenLists)) {
    const why = isSettled ? 'the list that names it is settled' : 'a list names it';
    throw new LedgerError(`the account ${account} can't be written any more: ${why}`);
  }
  record.accounts.set(account, text);
}

/**
 * Puts a list on chain. The same account again changes nothing.
 * @throws LedgerError for one list too many
 */
export function nameList(
  record: RoundLists,
  list: Pick<DistributionList, 'maker' | 'account' | 'slot' | 'submittedInRound'>,
  { manyLists, replacedLists }: LedgerOptions,
): void {
  const { maker, account } = list;
  const earlier = record.lists.get(maker);
  if (earlier?.account === account) return;
  if (earlier !== undefined && !replacedLists) {
    throw new LedgerError(`${maker} has already named a list`);
  }
  const isAnothers = (each: DistributionList) => each.outcome === 'pending' && each !== earlier;
  if (!manyLists && [...record.lists.values()].some(isAnothers)) {
    throw new LedgerError('another list was named first');
  }
  // Deleted first, so that a replacement comes after all lists named before it.
  record.lists.delete(maker);
  record.lists.set(maker, { ...list, outcome: 'pending', settledText: undefined });
}

/**
 * What a list pays, or paid: the contents of its account, taken at the settlement once that is over.
 * @returns undefined if that is not a payable list
 */
export function amountsOf(
  record: RoundLists,
  list: DistributionList,
  bountyPerRound: number,
): Amounts | undefined {
  const text = list.outcome === 'pending' ? record.accounts.get(list.account) : list.settledText;
  if (text === undefined) return undefined;
  try {
    return checkPayable(JSON.parse(text), bountyPerRound);
  } catch {
    return undefined;
  }
}

/**
 * Checks that a value is a list the ledger can pay.
 * @throws LedgerError unless it is an object of integers whose positive part is at most the round's bounty, ROE
 */
export function checkPayable(value: unknown, bountyPerRound: number): Amounts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LedgerError('a distribution list is an object of public keys and amounts');
  }
  let paid = 0;
  for (const [key, amount] of Object.entries(value as Record<string, unknown>)) {
    if (!Number.isSafeInteger(amount)) {
      throw new LedgerError(`the amount of ${key} isn't an integer: ${String(amount)}`);
    }
    paid += Math.max(0, amount as number);
  }
  if (paid > bountyPerRound) {
    throw new LedgerError(`the list pays ${paid} ROE of ${bountyPerRound}`);
  }
  return value as Amounts;
}

export interface Settlement {
  /** The round whose audit window has ended. */
  readonly inRound: number;
  readonly bountyPerRound: number;
  readonly options: LedgerOptions;
  readonly funds: Funds;
  /** Whether the round counts as failed if nobody made a list. */
  readonly failsWithoutList: boolean;
}

/** Judges the lists named in a round, pays those that stand and penalizes the makers of those voted out. */
export function settleLists(record: RoundLists, settlement: Settlement): void {
  const { inRound, options, funds } = settlement;
  const due = [...record.lists.values()].filter(
    (list) => list.outcome === 'pending' && list.submittedInRound === inRound,
  );
  // All are judged before any is paid: a payout can change the stakes that votes count by.
  const standing = due.flatMap((list) => {
    const amounts = judge(record, list, settlement);
    return amounts === undefined ? [] : [{ list, amounts }];
  });
  for (const { list, amounts } of paidOf(standing, options.paidList)) {
    list.outcome = 'accepted';
    record.payouts = sum(record.payouts, funds.settle(amounts));
  }
  const rejected = due.filter(({ outcome }) => outcome === 'voted out');
  for (const { maker } of options.rejectedListCosts > 0 ? rejected : []) {
    const taken = funds.takePercent(maker, options.rejectedListCosts);
    record.listPenalties = sum(record.listPenalties, { [maker]: taken });
  }
  if (standing.length > 0) {
    record.payoutStatus = 'PayoutSuccessful';
  } else if (due.length > 0 || settlement.failsWithoutList) {
    record.payoutStatus = 'PayoutFailed';
    record.failedDistributions++;
    record.failedInRound = inRound;
  }
}

/** Sets a list's outcome: `not used` if it stands, until it is known which lists are paid. */
function judge(
  record: RoundLists,
  list: DistributionList,
  { bountyPerRound, funds, options }: Settlement,
): Amounts | undefined {
  const amounts = amountsOf(record, list, bountyPerRound);
  const weightOf = (voter: string) => (options.votesByStake ? funds.stakeOf(voter) : 1);
  list.settledText = record.accounts.get(list.account);
  if (isVotedDown(record.listAudits.get(list.maker), weightOf)) {
    list.outcome = 'voted out';
    return undefined;
  }
  list.outcome = amounts === undefined ? 'not payable' : 'not used';
  return amounts;
}

function paidOf<T>(standing: readonly T[], paidList: LedgerOptions['paidList']): readonly T[] {
  if (paidList === 'each') return standing;
  return paidList === 'last' ? standing.slice(-1) : standing.slice(0, 1);
}

function sum(a: Amounts, b: Amounts): Amounts {
  const total = new Map(Object.entries(a));
  for (const [key, amount] of Object.entries(b)) total.set(key, (total.get(key) ?? 0) + amount);
  return Object.fromEntries(total);
}
