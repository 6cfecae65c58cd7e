import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { localTestMode } from './identity';
import { callNode } from './node-call';
import { checkStore, SdkStore } from './sdk-store';

/**
 * Opens the SDK's store.
 * @throws NodeCallError when the node doesn't tell where it is, StoreReplacedError when it was garbage
 */
export async function openStore(log: Log): Promise<KeyValueStore> {
  const store = new SdkStore(namespaceWrapper);
  if (localTestMode) return store;
  const path = await callNode(
    'getTaskLevelDBPath',
    () => namespaceWrapper.getTaskLevelDBPath(),
    (answer) => z.string().min(1).parse(answer),
  );
  await checkStore(store, path, log);
  return store;
}
