import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** When the node did not tell the SDK where the file is: nothing survives this process. */
  inMemoryOnly?: boolean;
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

  /** Whether the SDK opened its store without a file. */
  async isInMemory(): Promise<boolean> {
    return (await this.database())?.inMemoryOnly === true;
  }

  async set(key: string, value: string): Promise<void> {
    const db = await this.database();
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

  private async database(): Promise<Datastore | undefined> {
    return (await this.sdk.getDb?.()) as Datastore | undefined;
  }
}

/** The store can't be used now; a process that starts later may find it well, or a new one. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** How often a store has to fail before it is held to be garbage, and how long to wait in between. */
const TRIES = 4;
const WAIT_MS = 1000;

/**
 * Writes to a store to see whether it works. One that doesn't, on a disk that takes writes, is garbage
 * and moved aside; once only, so that a store that can't work at all doesn't have the task started for
 * ever. On a full disk it is left alone: to begin without it would overwrite it later.
 * @param locate asks the node where the file or folder of the store is, as the SDK does when it opens
 *   it: where that fails the store is not to blame
 * @throws StoreError when it was moved or the disk is full, and what `locate` throws
 */
export async function checkStore(
  store: KeyValueStore,
  locate: () => Promise<string>,
  log: Log,
  waitMs = WAIT_MS,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const path = await locate();
    try {
      return await store.set('opened', new Date().toISOString());
    } catch (error) {
      await locate();
      if (tries < TRIES) {
        await sleep(waitMs);
        continue;
      }
      if (existsSync(path)) {
        if (!(await diskTakesWrites(path))) {
          throw new StoreError('the disk takes no writes, so what is in the store is out of reach');
        }
        const aside = `${path}.unreadable`;
        if (!existsSync(aside)) {
          await rename(path, aside);
          throw new StoreError(
            `the store can't be read, what it held is lost: it lies in ${aside} now`,
          );
        }
      }
      log.error({ error }, `the store ${path} takes no writes: what is mined is only in memory`);
      return;
    }
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
