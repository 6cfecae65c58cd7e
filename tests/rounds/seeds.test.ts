import { expect } from 'chai';
import { createLog } from '../../src/log';
import { NotKeptError, Seeds, type Chain } from '../../src/rounds/seeds';
import { decodeKey, roundSeed, type Submissions } from '../../src/template/koii';
import { MemoryStore } from '../fixtures/memory-store';
import { vectors } from '../fixtures/proofs';

const log = createLog('silent');
const [vector] = vectors;
const taskId = decodeKey(vector!.taskId);

class FakeChain implements Chain {
  asked: number[] = [];
  failure: Error | undefined;
  submissionsOfRound: Submissions = vector!.submissionsOfRoundMinus2;
  submissions(round: number): Promise<Submissions> {
    this.asked.push(round);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.submissionsOfRound);
  }
}

describe('Seeds', () => {
  const make = (store = new MemoryStore()) => {
    const chain = new FakeChain();
    return { chain, store, seeds: new Seeds(taskId, chain, store, log) };
  };

  it('derives a seed from the submissions of two rounds before, once', async () => {
    const { seeds, chain } = make();
    expect((await seeds.of(vector!.round)).toString('hex')).to.equal(vector!.seed);
    await seeds.of(vector!.round);
    expect(chain.asked).to.deep.equal([vector!.round - 2]);
  });

  it('asks nothing for rounds 0 and 1', async () => {
    const { seeds, chain } = make();
    expect(await seeds.of(0)).to.deep.equal(roundSeed(taskId, 0, {}));
    expect(await seeds.of(1)).to.deep.equal(roundSeed(taskId, 1, {}));
    expect(chain.asked).to.deep.equal([]);
  });

  it('still has the seeds of the last 8 rounds after a restart, when the chain has forgotten', async () => {
    const { seeds, store } = make();
    for (let round = 10; round < 20; round++) await seeds.of(round);
    const after = make(store);
    after.chain.failure = new NotKeptError('forgotten');
    for (let round = 12; round < 20; round++) {
      expect(await after.seeds.of(round)).to.deep.equal(await seeds.of(round));
    }
    let failure: unknown;
    await after.seeds.of(11).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(NotKeptError);
    expect(store.values.size).to.equal(1);
  });

  it('abstains, by throwing, when the chain does not answer', async () => {
    const { seeds, chain } = make();
    chain.failure = new Error('timeout');
    let failure: unknown;
    await seeds.of(7).catch((error: unknown) => (failure = error));
    expect(failure).to.have.property('message', 'timeout');
  });

  it('corrects a seed that came from a stale view of the chain', async () => {
    const { seeds, chain } = make();
    chain.submissionsOfRound = {};
    const stale = await seeds.of(vector!.round);
    chain.submissionsOfRound = vector!.submissionsOfRoundMinus2;
    expect(await seeds.of(vector!.round)).to.deep.equal(stale);
    expect((await seeds.confirm(vector!.round)).toString('hex')).to.equal(vector!.seed);
    expect((await seeds.of(vector!.round)).toString('hex')).to.equal(vector!.seed);
  });

  it('confirms a forgotten round by what is kept, but does not on trouble', async () => {
    const { seeds, chain } = make();
    const kept = await seeds.of(7);
    chain.failure = new NotKeptError('forgotten');
    expect(await seeds.confirm(7)).to.deep.equal(kept);
    chain.failure = new Error('timeout');
    let failure: unknown;
    await seeds.confirm(7).catch((error: unknown) => (failure = error));
    expect(failure).to.have.property('message', 'timeout');
  });

  for (const garbage of ['', '{', '[{"round":1}]', '[{"round":7,"seed":"zz"}]']) {
    it(`derives again when the store holds ${JSON.stringify(garbage)}`, async () => {
      const { seeds, store } = make();
      store.values.set('seeds', garbage);
      expect((await seeds.of(vector!.round)).toString('hex')).to.equal(vector!.seed);
    });
  }

  it('works on while the store does not', async () => {
    const { seeds, store, chain } = make();
    store.broken = true;
    await seeds.of(7);
    await seeds.of(7);
    expect(chain.asked).to.have.length(1);
  });
});
