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
  const text = await store.get(key);
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    log.warn({ error }, `the store's record of ${key} is unreadable: going on without it`);
    return undefined;
  }
}
