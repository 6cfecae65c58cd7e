import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';
import { PaidDays, type PaidTotal } from './paid-days';
import {
  dayOf,
  DAYS_KEPT,
  readDay,
  united,
  writeDay,
  type KeptReward,
  type Outcome,
  type RewardRow,
} from './reward-days';

export type { Outcome, RewardRow };

/** What is known of a round when its list is computed. */
export type ComputedReward = Omit<RewardRow, 'at' | 'outcome' | 'paidRoe'>;

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
  /** The rows of each day whose writing was asked for and has not begun. */
  private readonly unwritten = new Map<number, readonly Loaded[]>();
  private readonly paidDays = new PaidDays();
  /** In the order in which they were first computed. */
  private loaded: Loaded[] = [];
  /** The days whose records were read: no other is ever written. */
  private loadedDays = new Set<number>();

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
    await rewards.readDays();
    return rewards;
  }

  /**
   * Reads the last days, if they are others than before: another day began, or the clock was set. Until then, rounds
   * that an earlier process recorded are not known. What fails is logged, and tried again with the next change.
   */
  follow(): Promise<void> {
    if (this.missingDays().length === 0 && this.oldDays().length === 0) return Promise.resolve();
    return this.queue(() => this.readDays(), 'the rewards of these days could not be read');
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
    else this.loaded.push({ row, mostRoe, isForgotten: false, place: ++this.newest });
    this.giveUpOn(({ row }) => row.round < round - SETTLED_WITHIN);
    this.write(dayOf(at));
    void this.follow();
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
    await this.written();
    const today = dayOf(this.now());
    const last = Math.max(today, ...daysOf(this.loaded));
    for (let day = Math.max(from, today - DAYS_KEPT + 1); day <= Math.min(to, last); day++) {
      if (day > today && !this.loadedDays.has(day)) continue;
      const rows = this.loadedDays.has(day)
        ? this.ofDay(day)
        : (await readDay(this.store, this.log, day)).map(({ row }) => row);
      if (rows.length > 0) yield rows;
      await nextTurn();
    }
  }

  /** What was paid in all; undefined until addUp() has read the year. */
  get paid(): PaidTotal | undefined {
    return this.paidDays.total(
      this.loadedDays,
      this.loaded.map(({ row }) => row),
    );
  }

  /** Reads the year for `paid`: once, and again when the clock was set. */
  async addUp(): Promise<void> {
    await this.follow();
    await this.paidDays.addUp(this.days());
  }

  /** Resolves when all changes so far are stored, or have failed to be. */
  async written(): Promise<void> {
    for (let last; last !== this.writing;) {
      last = this.writing;
      await last;
    }
  }

  private get current(): Loaded[] {
    return this.loaded.filter(isCurrent);
  }

  private find(round: number): Loaded | undefined {
    return this.current.find(({ row }) => row.round === round);
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

  private get firstDay(): number {
    return dayOf(this.now()) - LOADED_DAYS + 1;
  }

  /** In order: of the last days and of those that rows were added to. */
  private missingDays(): number[] {
    const last = Array.from({ length: LOADED_DAYS }, (_, i) => this.firstDay + i);
    const wanted = new Set([...last, ...daysOf(this.loaded)]);
    return [...wanted].filter((day) => !this.loadedDays.has(day)).sort((a, b) => a - b);
  }

  private oldDays(): number[] {
    return [...this.loadedDays].filter((day) => day < this.firstDay);
  }

  private async readDays(): Promise<void> {
    const days = this.missingDays();
    const read: KeptReward[] = [];
    for (const day of days) read.push(...(await readDay(this.store, this.log, day)));
    const changed = new Set(days.filter((day) => this.ofDay(day).length > 0));
    const earlier: Loaded[] = [];
    for (const kept of read) {
      const again = this.find(kept.row.round);
      const both = again && united(kept, again);
      if (!both) {
        earlier.push({ ...kept, place: ++this.newest });
        continue;
      }
      changed.add(dayOf(again.row.at)).add(dayOf(both.row.at));
      this.change(again, both.row, both.mostRoe);
    }
    this.loaded = [...earlier, ...this.loaded];
    days.forEach((day) => this.loadedDays.add(day));
    changed.forEach((day) => this.write(day));
    this.unloadOldDays();
  }

  /** Rows of days to come, from when the clock was wrong, stay: no record of these days will be read. */
  private unloadOldDays(): void {
    for (const day of this.oldDays()) {
      this.paidDays.set(day, this.ofDay(day), dayOf(this.now()));
      this.loaded = this.loaded.filter(({ row }) => dayOf(row.at) !== day);
      this.loadedDays.delete(day);
    }
  }

  /** Stores the rows of a day; of too many, the newest. One that was not read is read first, and then written. */
  private write(day: number): void {
    if (!this.loadedDays.has(day)) return void this.follow();
    const isOfDay = ({ row }: Loaded): boolean => dayOf(row.at) === day;
    const surplus = this.loaded.filter(isOfDay).slice(0, -MAX_ROWS_A_DAY);
    if (surplus.length > 0) this.loaded = this.loaded.filter((kept) => !surplus.includes(kept));
    const rows = this.loaded.filter(isOfDay);
    const isQueued = this.unwritten.has(day);
    this.unwritten.set(day, rows);
    if (isQueued) return;
    void this.queue(() => {
      const newest = this.unwritten.get(day)!;
      this.unwritten.delete(day);
      return writeDay(this.store, this.log, day, newest);
    }, 'the rewards could not be stored');
  }

  /** Reads and writes come one after another. */
  private queue(act: () => Promise<void>, failure: string): Promise<void> {
    this.writing = this.writing
      .then(act)
      .catch((error: unknown) => this.log.warn({ error }, failure));
    return this.writing;
  }
}

function isCurrent({ isForgotten }: KeptReward): boolean {
  return !isForgotten;
}

function daysOf(rows: readonly KeptReward[]): Set<number> {
  return new Set(rows.map(({ row }) => dayOf(row.at)));
}
