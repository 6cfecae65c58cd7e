import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';

const KEY = 'list-secret';
const secretSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The 32 random bytes by which this node draws its lots, made once. Whoever knew them could be everywhere before it: they
 * stand in its store and nowhere else. Where they can't be stored, they hold for this process.
 */
export async function loadListSecret(store: KeyValueStore, log: Log): Promise<Buffer> {
  const stored = await readRecord(store, KEY, secretSchema, log);
  if (stored) return Buffer.from(stored, 'hex');
  const secret = randomBytes(32);
  try {
    await store.set(KEY, JSON.stringify(secret.toString('hex')));
  } catch (error) {
    log.warn({ error }, 'the secret for lists could not be stored: the next process draws anew');
  }
  return secret;
}
