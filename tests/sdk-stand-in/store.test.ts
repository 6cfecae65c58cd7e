import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Store } from '../../sdk-stand-in/namespace-wrapper/store';
import { captureErrors } from './quiet';

describe('stand-in store', () => {
  let folder: string;
  const stores: Store[] = [];
  const openStore = (locate = () => Promise.resolve(join(folder, 'db'))) => {
    const store = new Store(locate);
    stores.push(store);
    return store;
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

  it('logs a failure instead of rejecting, and tries again the next time', async () => {
    let path: unknown = { error: 'the node is away' };
    const store = openStore(() => Promise.resolve(path as string));
    const errors = captureErrors();
    try {
      await store.set('key', 'lost');
      expect(await store.get('key')).to.equal(null);
    } finally {
      errors.restore();
    }
    expect(errors.lines).to.have.length(2);
    path = join(folder, 'db');
    await store.set('key', 'value');
    expect(await store.get('key')).to.equal('value');
  });
});
