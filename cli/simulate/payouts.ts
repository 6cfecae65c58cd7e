import type { Network } from '../../simulator';
import { duration, shortKey, tokens } from '../../src/format';

/** How many are named. */
const NAMED = 5;

/** The payouts of a run, as they happen. */
export class Payouts {
  readonly #told = new Set<number>();

  constructor(private readonly network: Pick<Network, 'ledger' | 'nodes'>) {}

  /** A line for each round that was paid since the last call. */
  news(): { line: string; isFirst: boolean }[] {
    const { ledger } = this.network;
    const lines: { line: string; isFirst: boolean }[] = [];
    for (let round = 0; round <= ledger.currentRound; round++) {
      const record = this.#told.has(round) ? undefined : ledger.record(round);
      if (record?.payoutStatus !== 'PayoutSuccessful') continue;
      const isFirst = this.#told.size === 0;
      this.#told.add(round);
      const told = `Round ${round} is paid: ${this.#amounts(record.payouts)}`;
      // The age of this process is how long its user has waited.
      const since = isFirst
        ? ` (the first payout, ${duration(performance.now())} after the start)`
        : '';
      lines.push({ line: `${told}${since}`, isFirst });
    }
    return lines;
  }

  /** "node-1 0.3254, node-2 0.6746 tokens" */
  #amounts(payouts: Readonly<Record<string, number>>): string {
    const names = new Map(this.network.nodes.map(({ name, publicKey }) => [publicKey, name]));
    // In the nodes' order, then their operators' further keys.
    const keys = new Set([...names.keys(), ...Object.keys(payouts)]);
    const entries = [...keys].map((key) => [key, payouts[key] ?? 0] as const);
    const paid = entries.filter(([, amount]) => amount !== 0);
    const named = paid
      .slice(0, NAMED)
      .map(([key, amount]) => `${names.get(key) ?? shortKey(key)} ${tokens(amount)}`);
    const more = paid.length - named.length;
    if (named.length === 0) return 'nothing, to nobody';
    return `${named.join(', ')} tokens${more > 0 ? `, and ${more} more keys` : ''}`;
  }
}
