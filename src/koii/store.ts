import { z } from 'zod';
import type { Log } from '../process/log';
import { StoreLock } from '../store/lock';
import { type KeyValueStore, LockedStore } from '../store/store';
import { callNode, NodeCallError } from './calls';
import { localTestMode, namespaceWrapper } from './sdk';
import { checkStore, forgetDamage, SdkStore } from './sdk-store';

/**
 * Opens the SDK's store for this process alone. In the local test mode, which is for one developer, nothing is locked.
 * @param locate asks the node where it is
 * @param onLost called when another process has taken it: this one must end at once and save nothing
 * @throws NodeCallError when the SDK was not told where it is, what `locate` throws, LockHeldError when another process
 *   holds it, StoreError when it was garbage or can't be used now
 */
export async function openStore(
  log: Log,
  locate: () => Promise<string>,
  onLost: () => void,
): Promise<KeyValueStore> {
  const sdkStore = new SdkStore(namespaceWrapper);
  if (localTestMode) return sdkStore;
  if (await sdkStore.isInMemory()) {
    throw new NodeCallError('the node did not tell the SDK where its store is');
  }
  const file = await locate();
  // Before the first read or write, when NeDB reads the whole file and rewrites it.
  const lock = await StoreLock.acquire(`${file}.lock`, log, onLost);
  const store = new LockedStore(sdkStore, lock);
  if (!(await checkStore(store, locate, log))) return new UnreadStore(store);
  forgetDamage(store, file, log);
  return store;
}

/**
 * Where the node keeps the store of this task: a file with the official SDK, a folder with the stand-in.
 * @throws NodeCallError
 */
export function storePath(): Promise<string> {
  return callNode(
    'getTaskLevelDBPath',
    () => namespaceWrapper.getTaskLevelDBPath(),
    (answer) => z.string().min(1).parse(answer),
  );
}

/** A store that never worked, and so holds nothing. */
class UnreadStore implements KeyValueStore {
  constructor(private readonly store: KeyValueStore) {}

  get(): Promise<null> {
    return Promise.resolve(null);
  }

  set(key: string, value: string): Promise<void> {
    return this.store.set(key, value);
  }
}
