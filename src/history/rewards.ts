import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';
import {
  dayOf,
  DAYS_KEPT,
  readDay,
  writeDay,
  type KeptReward,
  type Outcome,
  type RewardRow,
} from './reward-days';

export type { Outcome, RewardRow };

/** What is known of a round when its list is computed. */
export type ComputedReward = Omit<RewardRow, 'at' | 'outcome' | 'paidRoe'>;

/** The paid rounds of the kept year, as far as their amounts are known. */
export interface PaidTotal {
  roe: bigint;
  rounds: number;
  /** Of the first of them, ms since 1970; null without one. */
  since: number | null;
}

/** Days whose rows stay in memory: any of them may still be settled, and pages are shown the newest. */
const LOADED_DAYS = 3;
/** Above what rounds of two minutes make. */
const MAX_ROWS_A_DAY = 1_000;
/** As many rows as pages are given. */
const MAX_SHOWN = 60;
/** Rounds after which the chain has forgotten a round's lists. */
const SETTLED_WITHIN = 8;

interface Loaded extends KeptReward {
  /** Grows with each change of any row, so that a reader knows what it has seen. */
  place: number;
}

/**
 * One row a round, for a year: what the node's list gave it, and what was paid. After a network reset the rows of the
 * rounds before stay, for they were earned, and nothing that comes is taken for news of them.
 */
export class Rewards {
  private newest = 0;
  private writing: Promise<void> = Promise.resolve();
  /** Of the days that are not loaded; undefined until they were read. */
  private earlier: Map<number, PaidTotal> | undefined;
  /** In the order in which they were first computed. */
  private loaded: Loaded[] = [];
  private firstLoadedDay = 0;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  /** Reads the last days. Unreadable records count as absent. @param now ms since 1970 */
  static async open(
    store: KeyValueStore,
    log: Log,
    now: () => number = Date.now,
  ): Promise<Rewards> {
    const rewards = new Rewards(store, log, now);
    const today = dayOf(now());
    rewards.firstLoadedDay = today - LOADED_DAYS + 1;
    for (let day = rewards.firstLoadedDay; day <= today; day++) {
      for (const kept of await readDay(store, log, day)) rewards.load(kept);
    }
    return rewards;
  }

  /** Place of the newest change, as counted by this process. */
  get last(): number {
    return this.newest;
  }

  /** The rows that changed after a place, the newest 60 of them, in the order in which they changed. */
  after(place: number): RewardRow[] {
    return this.current
      .filter((kept) => kept.place > place)
      .sort((a, b) => a.place - b.place)
      .slice(-MAX_SHOWN)
      .map(({ row }) => row);
  }

  /** The newest rows since the last network reset, newest first: at most those of three days. */
  recent(limit: number): readonly RewardRow[] {
    return this.current
      .map(({ row }) => row)
      .sort((a, b) => b.round - a.round)
      .slice(0, limit);
  }

  /** The rounds whose end is not known yet. */
  get open(): number[] {
    return this.current.flatMap(({ row }) => (row.outcome === 'open' ? [row.round] : []));
  }

  /** The rows of one of the last three days, those of before a network reset too. @param day since 1970, UTC */
  ofDay(day: number): readonly RewardRow[] {
    return this.loaded.map(({ row }) => row).filter(({ at }) => dayOf(at) === day);
  }

  /**
   * Records what this node's list of a round says. A list that is computed again, even by a later process, replaces
   * what was said before.
   * @returns the part of the reward not counted before, in ROE, 0 or more
   */
  add(computed: ComputedReward): bigint {
    const { round } = computed;
    const listed = BigInt(computed.listedRoe);
    const before = this.find(round);
    const counted = before?.mostRoe ?? 0n;
    const { at, outcome, paidRoe } = before?.row ?? {
      at: this.now(),
      outcome: 'open',
      paidRoe: null,
    };
    const row: RewardRow = { ...computed, at, outcome, paidRoe };
    const mostRoe = listed > counted ? listed : counted;
    if (before) this.change(before, row, mostRoe);
    else this.load({ row, mostRoe, isForgotten: false });
    this.giveUpOn(({ row }) => row.round < round - SETTLED_WITHIN);
    this.unloadOldDays();
    this.write(dayOf(at));
    return mostRoe - counted;
  }

  /**
   * Records how a round ended, if it has a row.
   * @param paidRoe what it paid this node; undefined where that is not known
   */
  settled(round: number, outcome: Exclude<Outcome, 'open'>, paidRoe: bigint | undefined): void {
    const kept = this.find(round);
    if (!kept) return;
    const paid = paidRoe === undefined ? null : String(paidRoe);
    if (kept.row.outcome === outcome && kept.row.paidRoe === paid) return;
    this.change(kept, { ...kept.row, outcome, paidRoe: paid });
    this.write(dayOf(kept.row.at));
  }

  /**
   * Takes rounds above a number, and all recorded before them, for those of a network that was reset.
   * @returns whether there were any
   */
  forgetAbove(above: number): boolean {
    const newest = this.loaded.map((kept) => isCurrent(kept) && kept.row.round > above);
    const until = newest.lastIndexOf(true);
    if (until < 0) return false;
    const forgotten = this.loaded.slice(0, until + 1).filter(isCurrent);
    this.giveUpOn((kept) => forgotten.includes(kept));
    for (const kept of forgotten) kept.isForgotten = true;
    for (const day of daysOf(forgotten)) this.write(day);
    return true;
  }

  /**
   * The rows of each day, oldest first, those of before a network reset too. Between two days others get their turn.
   * @param from the first day and `to` the last, in days since 1970; left out: all that is kept
   */
  async *days(from = -Infinity, to = Infinity): AsyncGenerator<readonly RewardRow[]> {
    await this.writing;
    const today = dayOf(this.now());
    const last = Math.max(today, ...daysOf(this.loaded));
    for (let day = Math.max(from, today - DAYS_KEPT + 1); day <= Math.min(to, last); day++) {
      const rows =
        day < this.firstLoadedDay
          ? await readDay(this.store, this.log, day)
          : this.loaded.filter(({ row }) => dayOf(row.at) === day);
      if (rows.length > 0) yield rows.map(({ row }) => row);
      await nextTurn();
    }
  }

  /** What was paid in all; undefined until addUp() has read the year. */
  get paid(): PaidTotal | undefined {
    if (!this.earlier) return undefined;
    return [...this.earlier.values(), sumOf(this.loaded.map(({ row }) => row))].reduce(added);
  }

  /** Reads the year once, for `paid`. */
  async addUp(): Promise<void> {
    const earlier = new Map<number, PaidTotal>();
    for await (const rows of this.days(undefined, this.firstLoadedDay - 1)) {
      earlier.set(dayOf(rows[0]!.at), sumOf(rows));
    }
    this.earlier = earlier;
    // Days may have been unloaded meanwhile.
    for (let day = this.firstLoadedDay - LOADED_DAYS; day < this.firstLoadedDay; day++) {
      const rows = (await readDay(this.store, this.log, day)).map(({ row }) => row);
      if (rows.length > 0) earlier.set(day, sumOf(rows));
    }
  }

  /** Resolves when all changes so far are stored, or have failed to be. */
  written(): Promise<void> {
    return this.writing;
  }

  private get current(): Loaded[] {
    return this.loaded.filter(isCurrent);
  }

  private find(round: number): Loaded | undefined {
    return this.current.find(({ row }) => row.round === round);
  }

  private load(kept: KeptReward): void {
    this.loaded.push({ ...kept, place: ++this.newest });
  }

  private change(kept: Loaded, row: RewardRow, mostRoe = kept.mostRoe): void {
    kept.row = row;
    kept.mostRoe = mostRoe;
    kept.place = ++this.newest;
  }

  /** Nobody can see any more how these rounds ended. */
  private giveUpOn(isLost: (kept: Loaded) => boolean): void {
    const lost = this.current.filter((kept) => kept.row.outcome === 'open' && isLost(kept));
    for (const kept of lost) this.change(kept, { ...kept.row, outcome: 'unknown', paidRoe: null });
    for (const day of daysOf(lost)) this.write(day);
  }

  private unloadOldDays(): void {
    const today = dayOf(this.now());
    const first = Math.max(this.firstLoadedDay, today - LOADED_DAYS + 1);
    for (let day = this.firstLoadedDay; day < first; day++) {
      const rows = this.loaded.filter(({ row }) => dayOf(row.at) === day).map(({ row }) => row);
      if (rows.length > 0) this.earlier?.set(day, sumOf(rows));
    }
    for (const day of this.earlier?.keys() ?? []) {
      if (day <= today - DAYS_KEPT) this.earlier!.delete(day);
    }
    this.loaded = this.loaded.filter(({ row }) => dayOf(row.at) >= first);
    this.firstLoadedDay = first;
  }

  /** Stores the rows of a day; of too many, the newest. */
  private write(day: number): void {
    const isOfDay = ({ row }: Loaded): boolean => dayOf(row.at) === day;
    const surplus = this.loaded.filter(isOfDay).slice(0, -MAX_ROWS_A_DAY);
    if (surplus.length > 0) this.loaded = this.loaded.filter((kept) => !surplus.includes(kept));
    const rows = this.loaded.filter(isOfDay);
    const text = writeDay(day, rows);
    this.writing = this.writing
      .then(() => this.store.set(text.key, text.value))
      .catch((error: unknown) => this.log.warn({ error }, 'the rewards could not be stored'));
  }
}

function isCurrent({ isForgotten }: KeptReward): boolean {
  return !isForgotten;
}

function daysOf(rows: readonly KeptReward[]): Set<number> {
  return new Set(rows.map(({ row }) => dayOf(row.at)));
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
