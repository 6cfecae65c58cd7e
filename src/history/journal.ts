import type { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { readRecord } from '../rounds/read-record';

/** The last so many entries of one kind, in one record of the store. */
export class Journal<Entry extends { at: number }> {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly store: KeyValueStore,
    private readonly key: string,
    private readonly limit: number,
    private readonly log: Log,
    private entries: Entry[],
  ) {}

  static async open<Entry extends { at: number }>(
    store: KeyValueStore,
    key: string,
    schema: z.ZodType<Entry>,
    limit: number,
    log: Log,
  ): Promise<Journal<Entry>> {
    const entries = await readRecord(store, key, schema.array(), log);
    return new Journal(store, key, limit, log, (entries ?? []).slice(-limit));
  }

  /** Those of after a time (ms since 1970), oldest first. */
  after(time: number): Entry[] {
    return this.entries.filter(({ at }) => at > time);
  }

  /**
   * Adds an entry, and stores them all: they are few.
   * @param replaces which earlier entries are worth nothing now
   */
  add(entry: Entry, replaces: (earlier: Entry) => boolean = () => false): void {
    // No two of one time, so that the time tells what a reader has seen.
    const last = this.entries[this.entries.length - 1]?.at ?? 0;
    const added = { ...entry, at: Math.max(entry.at, last + 1) };
    this.entries = [...this.entries.filter((earlier) => !replaces(earlier)), added].slice(
      -this.limit,
    );
    const text = JSON.stringify(this.entries);
    this.writing = this.writing
      .then(() => this.store.set(this.key, text))
      .catch((error: unknown) => this.log.warn({ error }, `${this.key} could not be stored`));
  }

  /** Resolves when all that was added is stored, or has failed to be. */
  written(): Promise<void> {
    return this.writing;
  }
}
