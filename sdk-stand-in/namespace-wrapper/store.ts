import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Level } from 'level';

const LOCK_ATTEMPTS = 50;
const LOCK_RETRY_MS = 100;

/** What a key stands for: `key` itself, and its value under its own name. */
type StoredDocument = Record<string, string>;

/**
 * The task's key-value store, a LevelDB that opens on first use, with what a store of strings takes of the official
 * SDK's database. Operations run one after the other, so that a read sees every earlier write; failed ones
 * reject.
 */
export class Store {
  readonly #locate: () => Promise<string>;
  #db: Level<string, string> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param locate resolves to the database's folder */
  constructor(locate: () => Promise<string>) {
    this.#locate = locate;
  }

  /** The database's folder, once opened. */
  get filename(): string | undefined {
    return this.#db?.location;
  }

  /** The value stored under a key; null if there is none. */
  findOne({ key }: { key: string }): Promise<StoredDocument | null> {
    return this.#inTurn(async (db) => {
      const value = await db.get(key);
      return value === undefined ? null : { key, [key]: value };
    });
  }

  update({ key }: { key: string }, document: StoredDocument): Promise<void> {
    return this.#inTurn(async (db) => {
      try {
        await db.put(key, document[key]!);
      } catch (error) {
        // The database's log may now end in half a record; reopening starts a new log.
        this.#db = undefined;
        await db.close();
        throw error;
      }
    });
  }

  /** If the folder was removed, writes what can still be read into a new one. LevelDB does the rest by itself. */
  compactDatafileAsync(): Promise<void> {
    return this.#inTurn(async (db) => {
      if (existsSync(db.location)) return;
      const entries = await db.iterator().all();
      this.#db = undefined;
      await db.close();
      this.#db = await open(db.location);
      await this.#db.batch(entries.map(([key, value]) => ({ type: 'put', key, value })));
    });
  }

  close(): Promise<void> {
    return this.#inTurn((db) => db.close());
  }

  #inTurn<T>(operation: (db: Level<string, string>) => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      this.#db ??= await open(await this.#locate());
      return operation(this.#db);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A task restarted at once finds the lock still held by its predecessor: wait for that process to end. */
async function open(location: string): Promise<Level<string, string>> {
  const db = new Level<string, string>(location);
  for (let attempt = 1; ; attempt++) {
    try {
      await db.open();
      return db;
    } catch (error) {
      if (attempt === LOCK_ATTEMPTS || !isLocked(error)) throw error;
      await delay(LOCK_RETRY_MS);
    }
  }
}

function isLocked(error: unknown): boolean {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === 'LEVEL_LOCKED';
}
