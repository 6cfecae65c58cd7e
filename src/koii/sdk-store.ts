import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';

/** The part of the SDK that keeps strings. It swallows the errors of its own writes. */
export interface SdkStorage {
  storeGet(key: string): Promise<string | null>;
  storeSet(key: string, value: string): Promise<void>;
  /** The official SDK's database. */
  getDb?(): Promise<object>;
}

/** NeDB: a file that grows with every write until it is compacted. */
interface Datastore {
  update(query: object, document: object, options: { upsert: true }): Promise<unknown>;
  compactDatafileAsync(): Promise<void>;
}

/** The file is compacted whenever this much was appended. */
const COMPACT_AFTER_BYTES = 2 ** 20;

/** The SDK's store, as one that says when it can't write. */
export class SdkStore implements KeyValueStore {
  private appendedBytes = 0;

  constructor(private readonly sdk: SdkStorage) {}

  get(key: string): Promise<string | null> {
    return this.sdk.storeGet(key);
  }

  async set(key: string, value: string): Promise<void> {
    const db = (await this.sdk.getDb?.()) as Datastore | undefined;
    if (db) {
      // What storeSet does, but for its try. Reading back shows nothing: NeDB answers from memory.
      try {
        await db.update({ key }, { key, [key]: value }, { upsert: true });
      } catch (error) {
        // The file may end in half a line now, which would spoil the next: it has to be written anew.
        this.appendedBytes = COMPACT_AFTER_BYTES;
        throw error;
      }
      this.appendedBytes += key.length + value.length;
      if (this.appendedBytes < COMPACT_AFTER_BYTES) return;
      await db.compactDatafileAsync();
      this.appendedBytes = 0;
      return;
    }
    await this.sdk.storeSet(key, value);
    if ((await this.sdk.storeGet(key)) !== value) {
      throw new Error(`the SDK's store did not keep the value of ${key}`);
    }
  }
}

/** The store holds garbage and was moved out of the way: a new process finds a new one. */
export class StoreReplacedError extends Error {
  override readonly name = 'StoreReplacedError';
}

/**
 * Writes to a store to see whether it works. One that doesn't, on a disk that takes writes, is moved
 * aside; once only, so that a store that can't work at all doesn't have the task started for ever.
 * @param path the file or folder of the store
 * @throws StoreReplacedError when it was moved
 */
export async function checkStore(store: KeyValueStore, path: string, log: Log): Promise<void> {
  try {
    await store.set('opened', new Date().toISOString());
  } catch (error) {
    const aside = `${path}.unreadable`;
    if (existsSync(path) && !existsSync(aside) && (await diskTakesWrites(path))) {
      await rename(path, aside);
      throw new StoreReplacedError(
        `the store can't be read, what it held is lost: it lies in ${aside} now`,
      );
    }
    log.error({ error }, `the store ${path} takes no writes: what is mined is only in memory`);
  }
}

async function diskTakesWrites(path: string): Promise<boolean> {
  const probe = `${path}.probe`;
  try {
    await writeFile(probe, Buffer.alloc(2 ** 16));
    return true;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true });
  }
}
