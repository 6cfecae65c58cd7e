import { Ledger, type LedgerRules } from '../../simulator/ledger';
import type { LedgerOptions } from '../../simulator/ledger-options';

export const RULES: LedgerRules = {
  startingSlot: 1000,
  roundTime: 100,
  submissionWindow: 40,
  auditWindow: 40,
  bountyPerRound: 900,
  allowedFailedDistributions: 5,
};
export const STAKE = 50;

/** The first slot of a round's submission window, of its audit window, and of what follows them. */
export const at = (round: number) => 1000 + round * 100;
export const auditAt = (round: number) => at(round) + 40;
export const settledAt = (round: number) => at(round) + 80;

export type LedgerChanges = Partial<LedgerRules & LedgerOptions>;

/** A ledger on which a, b and c have staked the same. */
export function newLedger(changes: LedgerChanges = {}): Ledger {
  return new Ledger(
    { ...RULES, ...changes },
    ['a', 'b', 'c'].map((key) => [key, STAKE]),
    changes,
  );
}

/** A ledger at the start of round 2, with submissions of a, b and c for round 0. */
export function ledgerWithSubmissions(changes: LedgerChanges = {}): Ledger {
  const ledger = newLedger(changes);
  ledger.advance(at(1));
  for (const key of ['a', 'b', 'c']) ledger.submit(key, 0, `value of ${key}`);
  ledger.advance(at(2));
  return ledger;
}

/** What a node does to make a list: the account is its own key. */
export function makeList(
  ledger: Ledger,
  maker: string,
  amounts: Readonly<Record<string, number>>,
  round = 0,
): void {
  ledger.writeAccount(maker, maker, round, JSON.stringify(amounts));
  ledger.nameList(maker, maker, round);
}
