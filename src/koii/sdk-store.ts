import { existsSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';

/** The part of the SDK that stores strings. Its own storeGet and storeSet swallow failures. */
export interface SdkStorage {
  getDb(): Promise<object>;
}

/** NeDB, which the official SDK uses: a file that grows with every write until it is compacted. */
interface Datastore {
  /** True when the node did not tell the SDK where the file is: nothing outlives this process. */
  inMemoryOnly?: boolean;
  /** Null in memory; undefined before the stand-in has opened it. */
  filename?: string | null;
  findOne(query: object): PromiseLike<Record<string, string> | null>;
  update(query: object, document: object, options: { upsert: true }): Promise<unknown>;
  /** Rewrites the file from memory. */
  compactDatafileAsync(): Promise<void>;
}

/** The file is compacted whenever this much has been appended. */
const COMPACT_AFTER_BYTES = 2 ** 20;

/** The SDK's store, with failures thrown. The first read or write opens it. */
export class SdkStore implements KeyValueStore {
  private appendedBytes = 0;

  constructor(private readonly sdk: SdkStorage) {}

  /** Garbage counts as absent. @throws when the store can't be read now */
  async get(key: string): Promise<string | null> {
    const db = await this.database();
    try {
      return (await db.findOne({ key }))?.[key] ?? null;
    } catch (error) {
      if (isGarbage(error)) return null;
      throw error;
    }
  }

  /** Whether the SDK opened its store without a file. */
  async isInMemory(): Promise<boolean> {
    return (await this.database()).inMemoryOnly === true;
  }

  async set(key: string, value: string): Promise<void> {
    const db = await this.database();
    // If the state directory was removed, NeDB would begin a new file with this value alone.
    const file = db.filename ?? undefined;
    const isGone = file !== undefined && !(await isThere(file));
    if (isGone) await mkdir(path.dirname(file), { recursive: true });
    // What storeSet does, without its try. Reading back would show nothing: NeDB answers from memory.
    try {
      await db.update({ key }, { key, [key]: value }, { upsert: true });
    } catch (error) {
      // The file may now end in half a line, which would spoil the next one: it must be rewritten.
      this.appendedBytes = COMPACT_AFTER_BYTES;
      throw error;
    }
    this.appendedBytes += key.length + value.length;
    if (!isGone && this.appendedBytes < COMPACT_AFTER_BYTES) return;
    await db.compactDatafileAsync();
    this.appendedBytes = 0;
  }

  private async database(): Promise<Datastore> {
    return (await this.sdk.getDb()) as Datastore;
  }
}

/** The store can't be used now; a later process may find it working, or begin a new one. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** How many times a store has to fail before it is given up, and how long to wait in between. */
const TRIES = 4;
const WAIT_MS = 1000;
/** A store that has worked for this long is well: the next damage has nothing to do with the last. */
const WELL_AFTER_MS = 60_000;

/** Where a store of garbage is moved. While one is there no other is moved, or the task might restart forever. */
const asideOf = (file: string): string => `${file}.unreadable`;

/**
 * Writes to a store to see whether it works. One that holds garbage is moved aside, unless another was moved lately;
 * one that can't be opened or written for another reason (locked, full disk, no permission) is left alone, since a
 * process that began without it would overwrite it later.
 * @param locate asks the node where the file or folder of the store is, as the SDK does when it opens it: if that
 *   fails, the store is not to blame
 * @returns false if there is none and none can be made, or a second one is garbage: what is mined is in memory only
 * @throws StoreError when it was moved or is left alone, and what `locate` throws
 */
export async function checkStore(
  store: KeyValueStore,
  locate: () => Promise<string>,
  log: Log,
  waitMs = WAIT_MS,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const file = await locate();
    try {
      await store.set('opened', new Date().toISOString());
      return true;
    } catch (error) {
      await locate();
      if (tries < TRIES) {
        await sleep(waitMs);
        continue;
      }
      const aside = asideOf(file);
      if (existsSync(file) && !isGarbage(error)) {
        throw new StoreError(
          `the store ${file} can't be used now, what is in it is left alone: ${reasonOf(error)}`,
        );
      }
      if (existsSync(file) && !existsSync(aside)) {
        await rename(file, aside);
        throw new StoreError(
          `the store can't be read, what it held is lost: it lies in ${aside} now`,
        );
      }
      log.error({ error }, `the store ${file} takes no writes: what is mined is only in memory`);
      return false;
    }
  }
}

/**
 * Once a store has worked for a minute, clears away what was moved aside before (to `….unreadable.old`, replacing an
 * older one), so that the next damage counts as a first one.
 */
export function forgetDamage(
  store: KeyValueStore,
  file: string,
  log: Log,
  wellAfterMs = WELL_AFTER_MS,
): void {
  const aside = asideOf(file);
  if (!existsSync(aside)) return;
  const forget = async (): Promise<void> => {
    try {
      await store.set('opened', new Date().toISOString());
      await rm(`${aside}.old`, { recursive: true, force: true });
      await rename(aside, `${aside}.old`);
    } catch (error) {
      log.warn({ error }, `${aside} stays where it is for now`);
      forgetDamage(store, file, log, wellAfterMs);
    }
  };
  setTimeout(() => void forget(), wellAfterMs).unref();
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Whether NeDB, or the stand-in's LevelDB, opened a store and found it damaged. */
function isGarbage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { corruptionRate, code } = error as { corruptionRate?: unknown; code?: unknown };
  return corruptionRate !== undefined || code === 'LEVEL_CORRUPTION' || isGarbage(error.cause);
}

/** The innermost message: the outer ones only say that the store failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
