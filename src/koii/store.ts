import { namespaceWrapper } from '@_koii/namespace-wrapper';
import type { KeyValueStore } from '../rounds/key-value-store';

/** The SDK's store. It swallows its own write errors: only reading back tells whether a value is kept. */
export const store: KeyValueStore = {
  get: (key) => namespaceWrapper.storeGet(key),
  async set(key, value) {
    await namespaceWrapper.storeSet(key, value);
    if ((await namespaceWrapper.storeGet(key)) !== value) {
      throw new Error(`the SDK's store did not keep the value of ${key}`);
    }
  },
};
