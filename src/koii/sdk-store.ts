import { existsSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';

/** The part of the SDK that keeps strings; its own storeGet and storeSet swallow what fails. */
export interface SdkStorage {
  getDb(): Promise<object>;
}

/** NeDB, which the official SDK has: a file that grows with every write until it is compacted. */
interface Datastore {
  /** When the node did not tell the SDK where the file is: nothing survives this process. */
  inMemoryOnly?: boolean;
  /** Null in memory; undefined before the stand-in has opened it. */
  filename?: string | null;
  findOne(query: object): PromiseLike<Record<string, string> | null>;
  update(query: object, document: object, options: { upsert: true }): Promise<unknown>;
  /** Writes the file anew, from memory. */
  compactDatafileAsync(): Promise<void>;
}

/** The file is compacted whenever this much was appended. */
const COMPACT_AFTER_BYTES = 2 ** 20;

/** The SDK's store, as one that says when it can't read or write. Nothing is opened before the first of either. */
export class SdkStore implements KeyValueStore {
  private appendedBytes = 0;

  constructor(private readonly sdk: SdkStorage) {}

  /** Garbage counts as absent. @throws when what is there can't be read now */
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
    // A state directory that was removed: NeDB would begin a new file with this value alone.
    const file = db.filename ?? undefined;
    const isGone = file !== undefined && !(await isThere(file));
    if (isGone) await mkdir(path.dirname(file), { recursive: true });
    // What storeSet does, but for its try. Reading back shows nothing: NeDB answers from memory.
    try {
      await db.update({ key }, { key, [key]: value }, { upsert: true });
    } catch (error) {
      // The file may end in half a line now, which would spoil the next: it has to be written anew.
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

/** The store can't be used now; a process that starts later may find it well, or a new one. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** How often a store has to fail before it is given up, and how long to wait in between. */
const TRIES = 4;
const WAIT_MS = 1000;
/** A store that works for so long is well: what damages it next has nothing to do with what did before. */
const WELL_AFTER_MS = 60_000;

/** Where a store of garbage is moved. While one lies there no other is moved, so that no task is started for ever. */
const asideOf = (file: string): string => `${file}.unreadable`;

/**
 * Writes to a store to see whether it works. One that opens and reads as garbage is moved aside, once in a
 * while; what can't be opened or written for another reason (locked, a full disk, no right) is left alone,
 * for to begin without it would overwrite it later.
 * @param locate asks the node where the file or folder of the store is, as the SDK does when it opens
 *   it: where that fails the store is not to blame
 * @returns false where there is none and none can be made, or a second one is garbage: what is mined is in memory only
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
 * After a minute in which a store worked, what was moved aside before it goes out of the way (to `….unreadable.old`,
 * in place of an older one): the next damage is a first one.
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

/** Whether a store was opened and found to be damaged, by NeDB or by the stand-in's LevelDB. */
function isGarbage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { corruptionRate, code } = error as { corruptionRate?: unknown; code?: unknown };
  return corruptionRate !== undefined || code === 'LEVEL_CORRUPTION' || isGarbage(error.cause);
}

/** The innermost message: the outer ones say that the store failed, which is known. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
