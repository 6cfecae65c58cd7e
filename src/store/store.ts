import { z } from 'zod';
import type { Log } from '../process/log';
import type { StoreLock } from './lock';

// The store, the rule that only the lock's holder writes to it, and how its records are read.

/** Where state is kept: strings under a bounded set of keys. */
export interface KeyValueStore {
  /** The value of a key; null if there is none. */
  get(key: string): Promise<string | null>;
  /** @throws when the value could not be written. */
  set(key: string, value: string): Promise<void>;
}

/** A store that only the holder of its lock writes to: not a process that slept while another took the lock. */
export class LockedStore implements KeyValueStore {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KeyValueStore,
    private readonly lock: StoreLock,
  ) {}

  get(key: string): Promise<string | null> {
    return this.store.get(key);
  }

  /** One write at a time, so that the value set last is the one that stays. */
  set(key: string, value: string): Promise<void> {
    const written = this.last.then(async () => {
      await this.lock.check();
      await this.store.set(key, value);
    });
    this.last = written.catch(() => undefined);
    return written;
  }
}

/** A count in the store. The limit is far above any real count, so that garbage can't make it overflow. */
export const storedCount = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 50);

/** The record of a key; undefined if there is none, or it is unreadable. */
export async function readRecord<T>(
  store: KeyValueStore,
  key: string,
  schema: z.ZodType<T>,
  log: Log,
): Promise<T | undefined> {
  const tell = (error: unknown): void =>
    log.warn({ error }, `the store's record of ${key} is unreadable: going on without it`);
  return parsed(await store.get(key), schema, tell);
}

/** The records of some keys, without unreadable ones: they may be hundreds, so one log line covers them all. */
export async function readRecords<T>(
  store: KeyValueStore,
  what: string,
  keys: readonly string[],
  schema: z.ZodType<T>,
  log: Log,
): Promise<T[]> {
  const errors: unknown[] = [];
  const texts = await Promise.all(keys.map((key) => store.get(key)));
  const records = texts.flatMap(
    (text) => parsed(text, schema, (error) => errors.push(error)) ?? [],
  );
  if (errors.length > 0) {
    const [error] = errors;
    const count = errors.length;
    log.warn(
      { error },
      `${count} of the store's records of ${what} are unreadable: going on without them`,
    );
  }
  return records;
}

function parsed<T>(
  text: string | null,
  schema: z.ZodType<T>,
  onUnreadable: (error: unknown) => void,
): T | undefined {
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    return void onUnreadable(error);
  }
}
