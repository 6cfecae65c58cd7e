import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Store } from '../../sdk-stand-in/namespace-wrapper/store';

describe('stand-in store', () => {
  let folder: string;
  const stores: Store[] = [];
  const openStore = (locate = () => Promise.resolve(join(folder, 'db'))) => {
    const store = new Store(locate);
    stores.push(store);
    return {
      set: (key: string, value: string) => store.update({ key }, { key, [key]: value }),
      get: async (key: string) => (await store.findOne({ key }))?.[key] ?? null,
      compact: () => store.compactDatafileAsync(),
      close: () => store.close(),
    };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-test-'));
  });

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    rmSync(folder, { recursive: true });
  });

  it('gives back what was set, and null for a key that never was', async () => {
    const store = openStore();
    await store.set('a', 'first');
    await store.set('a', 'second');
    await store.set('empty', '');
    expect(await store.get('a')).to.equal('second');
    expect(await store.get('empty')).to.equal('');
    expect(await store.get('b')).to.equal(null);
  });

  it('reads what was written before, though nobody waited for the write', async () => {
    const store = openStore();
    const reads = Array.from({ length: 50 }, (_, i) => {
      void store.set('key', `value ${i}`);
      return store.get('key');
    });
    expect(await Promise.all(reads)).to.deep.equal(reads.map((_, i) => `value ${i}`));
  });

  it('keeps its content when it is opened again', async () => {
    const store = openStore();
    await store.set('key', 'value');
    await store.close();
    expect(await openStore().get('key')).to.equal('value');
  });

  it('waits for the process before it to let go of the folder', async () => {
    const first = openStore();
    await first.set('key', 'value');
    const read = openStore().get('key');
    setTimeout(() => void first.close(), 250);
    expect(await read).to.equal('value');
  });

  it('rejects what fails, and tries again the next time', async () => {
    let path: unknown = { error: 'the node is away' };
    const store = openStore(() => Promise.resolve(path as string));
    const failed = (error: unknown): string => (error as Error).name;
    expect(await store.set('key', 'lost').catch(failed)).to.equal('TypeError');
    expect(await store.get('key').catch(failed)).to.equal('TypeError');
    path = join(folder, 'db');
    await store.set('key', 'value');
    expect(await store.get('key')).to.equal('value');
  });

  it('makes its folder again, with what it held, when it is compacted', async () => {
    const store = openStore();
    await store.set('a', '1');
    await store.set('b', '2');
    rmSync(join(folder, 'db'), { recursive: true });
    await store.set('c', '3');
    await store.compact();
    await store.close();
    const again = openStore();
    expect(await Promise.all(['a', 'b', 'c'].map(again.get))).to.deep.equal(['1', '2', '3']);
  });
});
