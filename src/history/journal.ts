import type { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { readRecord } from '../rounds/read-record';
import { Sequence } from './sequence';

/** The last so many entries of one kind, in one record of the store. */
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

  /** Place of the newest entry, in the order of this process. */
  get last(): number {
    return this.sequence.last;
  }

  /** All of them, oldest first. */
  get entries(): Entry[] {
    return this.sequence.values;
  }

  /** Those behind a place, oldest first. */
  after(place: number): Entry[] {
    return this.sequence.after(place);
  }

  /**
   * Adds an entry, and stores them all: they are few.
   * @param replaces which earlier entries are worth nothing now
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

  /** Resolves when all that was changed is stored, or has failed to be. */
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
