import type { NodeReport, RoundReport, RunReport } from '../../simulator';
import { count, tokens } from '../../src/format';
import { fairList } from './fair-list';

/** What a run cost its honest nodes, over the rounds that are over. Amounts in ROE. */
export interface Cost {
  /** Rounds with a valid proof for which no list was accepted. */
  readonly roundsUnpaid: number;
  /** How much less they were paid than their proofs are worth. */
  readonly honestShortfall: number;
  readonly honestStakeLost: number;
}

/** All keys of a node's operator. */
export function keysOf({ publicKey, extraKeys }: NodeReport): string[] {
  return [publicKey, ...extraKeys.map((key) => key.publicKey)];
}

/** What a round's lists took from a key's stake. */
export function lossOf({ payouts, listPenalties }: RoundReport, key: string): number {
  return Math.max(0, -(payouts[key] ?? 0)) + (listPenalties[key] ?? 0);
}

/** What the cheaters of a run cost the honest nodes. @param honest the honest nodes' keys */
export function costOf(report: RunReport, honest: ReadonlySet<string>): Cost {
  const cost = { roundsUnpaid: 0, honestShortfall: 0, honestStakeLost: 0 };
  for (const round of report.rounds.filter(({ closed }) => closed)) {
    const due = fairList(report, round) ?? {};
    const isWorthSomething = Object.values(due).some((amount) => amount > 0);
    if (isWorthSomething && !round.accepted) cost.roundsUnpaid++;
    for (const key of honest) {
      const paid = Math.max(0, round.payouts[key] ?? 0);
      cost.honestShortfall += Math.max(0, (due[key] ?? 0) - paid);
      cost.honestStakeLost += lossOf(round, key);
    }
  }
  return cost;
}

/** The cost in one sentence. */
export function costSentence({ roundsUnpaid, honestShortfall, honestStakeLost }: Cost): string {
  if (roundsUnpaid + honestShortfall + honestStakeLost === 0) {
    return 'The honest nodes were paid in full, and lost no stake.';
  }
  const unpaid = roundsUnpaid === 0 ? 'no round' : count(roundsUnpaid, 'round');
  return (
    `The honest nodes got ${tokens(honestShortfall)} tokens less than their proofs are worth, ` +
    `with ${unpaid} unpaid, and lost ${tokens(honestStakeLost)} of stake.`
  );
}
