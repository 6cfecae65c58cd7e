import { z } from 'zod';
import type { Log } from '../process/log';
import type { StoreLock } from './lock';

// A store, who may write it, and how records in it are read.

/** Where round state is kept: strings under a bounded set of keys. */
export interface KeyValueStore {
  /** The value under a key; null when there is none. */
  get(key: string): Promise<string | null>;
  /** @throws when the value could not be written. */
  set(key: string, value: string): Promise<void>;
}

/** A store that is written by the holder of its lock alone: by nobody who slept while another took it. */
export class LockedStore implements KeyValueStore {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KeyValueStore,
    private readonly lock: StoreLock,
  ) {}

  get(key: string): Promise<string | null> {
    return this.store.get(key);
  }

  /** Writes one after the other, so that the last value set is the one that stays. */
  set(key: string, value: string): Promise<void> {
    const written = this.last.then(async () => {
      await this.lock.check();
      await this.store.set(key, value);
    });
    this.last = written.catch(() => undefined);
    return written;
  }
}

/** A count in the store. Its limit is far above what is ever counted, so that garbage can't make it overflow. */
export const storedCount = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 50);

/** What stands under a key of the store; undefined when nothing does, or it is unreadable. */
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

/** What stands under some keys, without those that are unreadable: one line tells of them all, as they may be hundreds. */
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
