import { dayOf, DAYS_KEPT, type RewardRow } from './reward-days';

/** The paid rounds of the kept year, as far as their amounts are known. */
export interface PaidTotal {
  roe: bigint;
  rounds: number;
  /** Of the first of them, ms since 1970; null without one. */
  since: number | null;
}

/** What each day of the kept year paid, so that their rows need not lie in memory. */
export class PaidDays {
  private sums = new Map<number, PaidTotal>();
  private isComplete = false;

  /** Notes what a day paid, and forgets the days before the kept year. @param today since 1970, UTC */
  set(day: number, rows: readonly RewardRow[], today: number): void {
    this.sums.set(day, sumOf(rows));
    for (const each of this.sums.keys()) {
      if (each <= today - DAYS_KEPT) this.sums.delete(each);
    }
  }

  /** Starts afresh with the rows of each day. A call that comes meanwhile takes the place of this one. */
  async addUp(days: AsyncIterable<readonly RewardRow[]>): Promise<void> {
    const sums = new Map<number, PaidTotal>();
    this.sums = sums;
    this.isComplete = false;
    for await (const rows of days) {
      const day = dayOf(rows[0]!.at);
      // What was set meanwhile is newer.
      if (!sums.has(day)) sums.set(day, sumOf(rows));
    }
    this.isComplete ||= this.sums === sums;
  }

  /**
   * All that was paid; undefined until it was added up.
   * @param loaded days of which `rows` are all rows that count
   */
  total(loaded: ReadonlySet<number>, rows: readonly RewardRow[]): PaidTotal | undefined {
    if (!this.isComplete) return undefined;
    const others = [...this.sums].filter(([day]) => !loaded.has(day)).map(([, sum]) => sum);
    return [...others, sumOf(rows)].reduce(added);
  }
}

/** Adds up the paid rounds among some rows. */
export function sumOf(rows: readonly RewardRow[]): PaidTotal {
  return rows
    .filter(({ outcome, paidRoe }) => outcome === 'paid' && paidRoe !== null)
    .map(({ at, paidRoe }) => ({ roe: BigInt(paidRoe!), rounds: 1, since: at }))
    .reduce<PaidTotal>(added, { roe: 0n, rounds: 0, since: null });
}

function added(a: PaidTotal, b: PaidTotal): PaidTotal {
  const since = a.since === null || (b.since !== null && b.since < a.since) ? b.since : a.since;
  return { roe: a.roe + b.roe, rounds: a.rounds + b.rounds, since };
}
