import { expect } from 'chai';
import fc from 'fast-check';
import { draw, loadListSecret } from '../../src/distribution/lots';
import { createLog } from '../../src/process/log';
import { SECRET } from '../fixtures/list-chain';
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

describe('the draw', () => {
  // docs/PROTOCOL.md section 8
  const worked: [number, number, number, number][] = [
    [7, 40, 34, 1049942619],
    [8, 40, 6, 1782142704],
    [70000, 3, 1, 4184433008],
    [0, 1, 0, 3366935406],
  ];
  for (const [round, submitters, place, moment] of worked) {
    it(`gives place ${place} of ${submitters} in round ${round}`, () => {
      expect(draw(SECRET, round, submitters)).to.deep.equal({ place, moment: moment / 2 ** 32 });
    });
  }

  it('is below the number of submitters, and 1 is below 1', () => {
    const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(secrets, fc.nat(), fc.integer({ min: 1, max: 2 ** 21 }), (secret, round, n) => {
        const { place, moment } = draw(secret, round, n);
        expect(place).to.be.within(0, n - 1);
        expect(Number.isInteger(place)).to.equal(true);
        expect(moment).to.be.within(0, 1 - 2 ** -32);
        expect(draw(secret, round, 1).place).to.equal(0);
      }),
    );
  });

  it('depends on the secret, the round and the number of submitters alone', () => {
    expect(draw(SECRET, 7, 40)).to.deep.equal(draw(Buffer.from(SECRET), 7, 40));
    expect(draw(SECRET, 8, 40)).not.to.deep.equal(draw(SECRET, 7, 40));
    expect(draw(SECRET, 7, 40).moment).to.equal(draw(SECRET, 7, 1000).moment);
  });
});
