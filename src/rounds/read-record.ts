import type { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from './key-value-store';

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
