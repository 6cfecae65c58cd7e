import { z } from 'zod';
import { difficultyOf } from '../bitcoin/target';
import type { Log } from '../process/log';
import type { LoggedShare } from '../rounds/share-batches';
import { type KeyValueStore, readRecord, storedCount } from '../store/store';
import { Sequence } from './sequence';

// Two lists of the history, each kept in one record of the store: the last entries of a kind, and a round's best
// shares.

/** Finds kept of a round: more than a proof holds, so the K best are always among them. */
const MAX_FINDS = 100;
const FINDS_KEY = 'history:finds';
/** How often finds are written; newer ones are in the share log. */
const WRITE_FINDS_MS = 300_000;

/** A valid share: [ms since 1970, difficulty, worker id] */
const findSchema = z.tuple([z.number().int().nonnegative(), z.number().positive(), z.string()]);
export type Find = z.infer<typeof findSchema>;

const findsSchema = z.strictObject({
  round: z.number().int().nonnegative(),
  finds: z.array(findSchema).max(MAX_FINDS),
  /** The place in the share log up to which shares were taken in. */
  until: storedCount,
});
type FindsRecord = z.infer<typeof findsSchema>;

/** The last entries of one kind, up to a limit, in one record of the store. */
export class Journal<Entry> {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly store: KeyValueStore,
    private readonly key: string,
    private readonly limit: number,
    private readonly log: Log,
    private readonly sequence: Sequence<Entry>,
  ) {}

  static async open<Entry>(
    store: KeyValueStore,
    key: string,
    schema: z.ZodType<Entry>,
    limit: number,
    log: Log,
  ): Promise<Journal<Entry>> {
    const entries = (await readRecord(store, key, schema.array(), log)) ?? [];
    return new Journal(store, key, limit, log, new Sequence(entries.slice(-limit)));
  }

  /** Place of the newest entry, as counted by this process. */
  get last(): number {
    return this.sequence.last;
  }

  /** All entries, oldest first. */
  get entries(): Entry[] {
    return this.sequence.values;
  }

  /** The entries after a place, oldest first. */
  after(place: number): Entry[] {
    return this.sequence.after(place);
  }

  /**
   * Adds an entry, and stores all of them: they are few.
   * @param replaces which earlier entries it replaces
   */
  add(entry: Entry, replaces: (earlier: Entry) => boolean = () => false): void {
    this.sequence.keep((earlier) => !replaces(earlier));
    this.sequence.add(entry);
    this.drop(Math.max(0, this.entries.length - this.limit));
  }

  /** Drops the oldest entries. @param count 0.. */
  drop(count: number): void {
    const oldest = new Set(this.entries.slice(0, count));
    this.sequence.keep((entry) => !oldest.has(entry));
    this.write();
  }

  /** Resolves when all changes so far are stored, or have failed to be. */
  written(): Promise<void> {
    return this.writing;
  }

  private write(): void {
    const text = JSON.stringify(this.entries);
    this.writing = this.writing
      .then(() => this.store.set(this.key, text))
      .catch((error: unknown) => this.log.warn({ error }, `${this.key} could not be stored`));
  }
}

/** The best shares of the round, with the time each was found. */
export class Finds {
  private lastWrite = -Infinity;
  private changed = false;
  private of: number;
  private until: number;
  private readonly finds: Sequence<Find>;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly log: Log,
    { round, finds, until }: FindsRecord,
  ) {
    this.of = round;
    this.until = until;
    this.finds = new Sequence(finds);
  }

  /** @param lastPlace of the share log: shares it lost get their places taken by others, so nothing beyond it counts */
  static async open(store: KeyValueStore, log: Log, lastPlace: number): Promise<Finds> {
    const record = await readRecord(store, FINDS_KEY, findsSchema, log);
    const finds = new Finds(store, log, record ?? { round: 0, finds: [], until: 0 });
    finds.until = Math.min(finds.until, lastPlace);
    return finds;
  }

  get round(): number {
    return this.of;
  }

  /** Place of the newest find, as counted by this process. */
  get last(): number {
    return this.finds.last;
  }

  /** The place in the share log up to which shares were taken in. */
  get takenUntil(): number {
    return this.until;
  }

  /** The finds after a place, oldest first. */
  after(place: number): Find[] {
    return this.finds.after(place);
  }

  /**
   * Takes in the share log's shares, oldest first, skipping those taken in before. The newest share decides the round,
   * whatever its number: after a network reset that is a lower one.
   */
  add(shares: readonly LoggedShare[]): void {
    for (const { place, at, round, hash, workerId, reason } of shares) {
      if (place <= this.until) continue;
      this.until = place;
      if (reason !== undefined) continue;
      if (round !== this.of) this.begin(round);
      this.finds.add([at, difficultyOf(BigInt(`0x${hash}`)), workerId]);
      this.changed = true;
    }
    this.keepBest();
  }

  /** Moves all times by what the clock they were taken from was wrong by. */
  shift(ms: number): void {
    this.finds.change(([at, ...rest]) => [Math.max(0, at + ms), ...rest]);
    this.changed = true;
  }

  /** Stores the finds when due. @param now ms of a clock that only goes forward */
  async writeIfDue(now: number): Promise<void> {
    if (!this.changed || now - this.lastWrite < WRITE_FINDS_MS) return;
    this.lastWrite = now;
    this.changed = false;
    const record: FindsRecord = { round: this.of, finds: this.finds.values, until: this.until };
    try {
      await this.store.set(FINDS_KEY, JSON.stringify(record));
    } catch (error) {
      this.changed = true;
      this.log.warn({ error }, 'the best shares could not be stored');
    }
  }

  private begin(round: number): void {
    this.of = round;
    this.finds.keep(() => false);
    this.changed = true;
  }

  private keepBest(): void {
    const finds = this.finds.values;
    if (finds.length <= MAX_FINDS) return;
    const best = new Set(finds.sort(([, a], [, b]) => b - a).slice(0, MAX_FINDS));
    this.finds.keep((find) => best.has(find));
  }
}
