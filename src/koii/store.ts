import { namespaceWrapper } from '@_koii/namespace-wrapper';
import type { KeyValueStore } from '../rounds/key-value-store';

/** The official SDK keeps its store in NeDB, whose file grows with every write until it is compacted. */
interface Compactable {
  getDb?: () => Promise<{ compactDatafileAsync?: () => Promise<void> }>;
}

/** The file is compacted whenever this much was appended. */
const COMPACT_AFTER_BYTES = 2 ** 20;

let appendedBytes = 0;

async function compactWhenGrown(): Promise<void> {
  if (appendedBytes < COMPACT_AFTER_BYTES) return;
  appendedBytes = 0;
  const db = await (namespaceWrapper as Compactable).getDb?.();
  await db?.compactDatafileAsync?.();
}

/** The SDK's store. It swallows its own write errors: only reading back tells whether a value is kept. */
export const store: KeyValueStore = {
  get: (key) => namespaceWrapper.storeGet(key),
  async set(key, value) {
    await namespaceWrapper.storeSet(key, value);
    if ((await namespaceWrapper.storeGet(key)) !== value) {
      throw new Error(`the SDK's store did not keep the value of ${key}`);
    }
    appendedBytes += key.length + value.length;
    await compactWhenGrown();
  },
};
