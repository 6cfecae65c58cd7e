import { expect } from 'chai';
import { loadListSecret } from '../../src/distribution/list-secret';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';

const log = createLog('silent');

describe('the secret of a node', () => {
  it('is 32 random bytes, made once', async () => {
    const store = new MemoryStore();
    const secret = await loadListSecret(store, log);
    expect(secret).to.have.length(32);
    expect(await loadListSecret(store, log)).to.deep.equal(secret);
    expect(await loadListSecret(new MemoryStore(), log)).not.to.deep.equal(secret);
  });

  it('holds for a process whose store takes no writes', async () => {
    const store = new MemoryStore();
    store.broken = true;
    expect(await loadListSecret(store, log)).to.have.length(32);
  });

  for (const garbage of ['', 'null', '"00"', `"${'zz'.repeat(32)}"`]) {
    it(`is made anew where the store holds ${garbage || 'nothing'}`, async () => {
      const store = new MemoryStore();
      store.values.set('list-secret', garbage);
      const secret = await loadListSecret(store, log);
      expect(await loadListSecret(store, log)).to.deep.equal(secret);
      expect(secret).to.have.length(32);
    });
  }
});
