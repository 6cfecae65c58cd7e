import { setTimeout as delay } from 'node:timers/promises';
import { Level } from 'level';

const LOCK_ATTEMPTS = 50;
const LOCK_RETRY_MS = 100;

/**
 * The task's key-value store, a LevelDB that opens on first use. Operations run one after the other, so that a read
 * sees every write asked for before it. Like the official SDK's store it logs what fails and never rejects.
 */
export class Store {
  readonly #locate: () => Promise<string>;
  #db: Level<string, string> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param locate resolves to the database's folder */
  constructor(locate: () => Promise<string>) {
    this.#locate = locate;
  }

  /** The value under a key, or null where there is none or it can't be read. */
  get(key: string): Promise<string | null> {
    return this.#inTurn(async (db) => (await db.get(key)) ?? null, null);
  }

  set(key: string, value: string): Promise<void> {
    return this.#inTurn(async (db) => {
      try {
        await db.put(key, value);
      } catch (error) {
        // The log of the database may end in half a record now: opened again, it begins a new one.
        this.#db = undefined;
        await db.close();
        throw error;
      }
    }, undefined);
  }

  close(): Promise<void> {
    return this.#inTurn((db) => db.close(), undefined);
  }

  #inTurn<T>(operation: (db: Level<string, string>) => Promise<T>, otherwise: T): Promise<T> {
    const result = this.#last.then(async () => {
      try {
        this.#db ??= await open(await this.#locate());
        return await operation(this.#db);
      } catch (error) {
        console.error('Koii SDK stand-in: store:', error);
        return otherwise;
      }
    });
    this.#last = result;
    return result;
  }
}

/** A task restarted at once finds the lock of the process before it still held: wait for that one to end. */
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
