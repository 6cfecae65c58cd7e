import { LedgerError } from './ledger-error';

/** Public key to ROE; negative amounts are taken from the stake. */
export type Amounts = Readonly<Record<string, number>>;

/** What each key has staked and earned on the task, ROE. */
export class Funds {
  readonly stakes: Map<string, number>;
  readonly balances = new Map<string, number>();

  constructor(stakes: Iterable<readonly [string, number]>) {
    this.stakes = new Map(stakes);
  }

  stakeOf(key: string): number {
    return this.stakes.get(key) ?? 0;
  }

  /**
   * Adds to a stake or, below 0, takes from it.
   * @throws LedgerError unless the amount is an integer that leaves at least 0
   */
  addStake(key: string, roe: number): void {
    const stake = this.stakeOf(key) + roe;
    if (!Number.isSafeInteger(roe) || !Number.isSafeInteger(stake) || stake < 0) {
      throw new LedgerError(`${key} has ${this.stakeOf(key)} ROE staked, can't add ${roe}`);
    }
    this.stakes.set(key, stake);
  }

  /**
   * Pays the positive amounts and takes the negative ones out of the stakes, at most all of each.
   * @returns what was actually paid and taken
   */
  settle(amounts: Amounts): Amounts {
    return Object.fromEntries(
      Object.entries(amounts).map(([key, amount]) => {
        if (amount < 0) return [key, 0 - this.#take(key, -amount)];
        if (amount > 0) this.balances.set(key, (this.balances.get(key) ?? 0) + amount);
        return [key, amount];
      }),
    );
  }

  /** Takes a percentage of the stake. @returns what was taken */
  takePercent(key: string, percent: number): number {
    return this.#take(key, Math.floor((this.stakeOf(key) * percent) / 100));
  }

  #take(key: string, amount: number): number {
    const stake = this.stakeOf(key);
    const taken = Math.min(stake, amount);
    if (taken > 0) this.stakes.set(key, stake - taken);
    return taken;
  }
}
