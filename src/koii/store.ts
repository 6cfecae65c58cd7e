import { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { localTestMode } from './identity';
import { callNode, NodeCallError } from './node-call';
import { namespaceWrapper } from './sdk';
import { checkStore, SdkStore } from './sdk-store';

/**
 * Opens the SDK's store.
 * @throws NodeCallError when the node doesn't tell where it is, StoreError when it was garbage or
 *   the disk is full
 */
export async function openStore(log: Log): Promise<KeyValueStore> {
  const store = new SdkStore(namespaceWrapper);
  if (localTestMode) return store;
  if (await store.isInMemory()) {
    throw new NodeCallError('the node did not tell the SDK where its store is');
  }
  await checkStore(store, storePath, log);
  return store;
}

/**
 * Where the SDK's store is, a file or a folder.
 * @throws NodeCallError
 */
export function storePath(): Promise<string> {
  return callNode(
    'getTaskLevelDBPath',
    () => namespaceWrapper.getTaskLevelDBPath(),
    (answer) => z.string().min(1).parse(answer),
  );
}
