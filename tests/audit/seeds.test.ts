import { expect } from 'chai';
import { DoubtfulSeedError, NotKeptError, Seeds, type Chain } from '../../src/audit/seeds';
import { createLog } from '../../src/process/log';
import { decodeKey } from '../../src/work/identity';
import { roundSeed, type Submissions } from '../../src/work/seed';
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

  describe('that make proofs invalid', () => {
    const APART_MS = 30_000;
    let now: number;
    const timed = (store = new MemoryStore()) => {
      const chain = new FakeChain();
      return { chain, store, seeds: new Seeds(taskId, chain, store, log, () => now) };
    };
    const failureOf = async (sure: Promise<unknown>): Promise<unknown> =>
      sure.then(
        () => undefined,
        (error: unknown) => error,
      );
    beforeEach(() => (now = 1000));

    it('were read twice, with time in between', async () => {
      const { seeds, chain } = timed();
      await seeds.of(vector!.round);
      expect(await seeds.isSure(vector!.round)).to.equal(false);
      now += APART_MS - 1;
      await seeds.confirm(vector!.round);
      expect(await seeds.isSure(vector!.round)).to.equal(false);
      now += 1;
      await seeds.confirm(vector!.round);
      expect(await seeds.isSure(vector!.round)).to.equal(true);
      expect(chain.asked).to.have.length(3);
      expect((await seeds.sure(vector!.round, APART_MS, false)).toString('hex')).to.equal(
        vector!.seed,
      );
      expect(chain.asked).to.have.length(3);
    });

    it('are not waited for where there is no time', async () => {
      const { seeds } = timed();
      const doubt = await failureOf(seeds.sure(vector!.round, APART_MS, false));
      expect(doubt).to.be.instanceOf(DoubtfulSeedError);
      now += APART_MS;
      expect(await failureOf(seeds.sure(vector!.round, APART_MS, false))).to.equal(undefined);
    });

    it('are waited for where there is', async () => {
      const { seeds, chain } = make();
      const startedAt = performance.now();
      expect((await seeds.sure(vector!.round, 50, true)).toString('hex')).to.equal(vector!.seed);
      expect(performance.now() - startedAt).to.be.at.least(49);
      expect(chain.asked).to.have.length(2);
    });

    it('take two equal readings after one that was another', async () => {
      const { seeds, chain } = make();
      chain.submissionsOfRound = {};
      await seeds.of(vector!.round);
      chain.submissionsOfRound = vector!.submissionsOfRoundMinus2;
      expect((await seeds.sure(vector!.round, 30, true)).toString('hex')).to.equal(vector!.seed);
      expect(chain.asked).to.have.length(3);
    });

    it('are none where the chain shows something else each time', async () => {
      const { seeds, chain } = make();
      const values = 'abcdefgh'.split('');
      chain.submissions = () => Promise.resolve({ [vector!.submitter]: values.shift()! });
      const doubt = await failureOf(seeds.sure(vector!.round, 5, true));
      expect(doubt).to.be.instanceOf(DoubtfulSeedError);
    });

    it('stay once they are proven, whatever the chain shows, and after a restart', async () => {
      const { seeds, chain, store } = timed();
      const proven = await seeds.of(vector!.round);
      await seeds.prove(vector!.round, proven);
      chain.submissionsOfRound = {};
      const asked = chain.asked.length;
      for (const again of [seeds, timed(store).seeds]) {
        expect(await again.isSure(vector!.round)).to.equal(true);
        expect(await again.of(vector!.round)).to.deep.equal(proven);
        expect(await again.confirm(vector!.round)).to.deep.equal(proven);
      }
      expect(chain.asked).to.have.length(asked);
    });

    it('are what was kept, where the chain has forgotten the rest', async () => {
      const { seeds, chain } = timed();
      const kept = await seeds.of(vector!.round);
      chain.failure = new NotKeptError('forgotten');
      now += APART_MS;
      expect(await seeds.sure(vector!.round, APART_MS, false)).to.deep.equal(kept);
    });

    it('are those of rounds 0 and 1 at once, and all of a chain that is certain', async () => {
      const { seeds, chain } = timed();
      await seeds.of(1);
      expect(await seeds.isSure(1)).to.equal(true);
      Object.assign(chain, { isCertain: true });
      await seeds.of(vector!.round);
      expect(await seeds.isSure(vector!.round)).to.equal(true);
    });

    it('are read again after a restart, at a time that is told from then on', async () => {
      const { seeds, store } = timed();
      await seeds.of(vector!.round);
      now += APART_MS;
      const after = timed(store);
      const doubt = await failureOf(after.seeds.sure(vector!.round, APART_MS, false));
      expect(doubt).to.be.instanceOf(DoubtfulSeedError);
      now += APART_MS;
      expect(await failureOf(after.seeds.sure(vector!.round, APART_MS, false))).to.equal(undefined);
    });
  });

  describe('after a reset of the network', () => {
    const failed = (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => undefined,
        (error: unknown) => error,
      );
    /** Seeds from before the reset: rounds 33 to 40, one of them proven. */
    const ofDeadChain = async () => {
      const made = make();
      for (let round = 33; round <= 40; round++) await made.seeds.of(round);
      await made.seeds.prove(36, await made.seeds.of(36));
      made.chain.asked = [];
      return made;
    };

    it('are derived anew, by this process and by the next, also those that were proven', async () => {
      for (const isSameProcess of [true, false]) {
        const before = await ofDeadChain();
        const { seeds, chain } = isSameProcess ? before : make(before.store);
        const dead = await seeds.of(36);
        expect(await seeds.rewind(3)).to.equal(true);
        chain.submissionsOfRound = {};
        expect(await seeds.of(36)).to.not.deep.equal(dead);
        expect(await seeds.of(3)).to.deep.equal(roundSeed(taskId, 3, {}));
        expect(chain.asked).to.deep.equal([34, 1]);
        expect(await seeds.rewind(35)).to.equal(false);
      }
    });

    it('are gone from the store, too', async () => {
      const { seeds, store } = await ofDeadChain();
      await seeds.rewind(3);
      const after = make(store);
      after.chain.failure = new NotKeptError('forgotten');
      expect(await failed(after.seeds.of(36))).to.be.instanceOf(NotKeptError);
      expect(await after.seeds.rewind(3)).to.equal(false);
    });

    it('stay in a view of the chain that lags by one round, and in one that does not', async () => {
      const { seeds, chain } = await ofDeadChain();
      for (const current of [39, 40, 41, 1000]) {
        expect(await seeds.rewind(current)).to.equal(false);
      }
      await seeds.of(40);
      expect(chain.asked).to.deep.equal([]);
      expect(await seeds.rewind(38)).to.equal(true);
    });

    it('are told of once, with the reason; what else goes by numbers has forgotten them before anybody goes on', async () => {
      const lines: string[] = [];
      const seeds = new Seeds(
        ...([taskId, new FakeChain(), new MemoryStore()] as const),
        createLog('info', (line) => lines.push(line)),
      );
      const order: string[] = [];
      seeds.onRewind = (current) => order.push(`forgot for ${current}`);
      for (let round = 33; round <= 40; round++) await seeds.of(round);
      const asked = [1, 2, 3].map(async () => {
        order.push(String(await seeds.rewind(3)));
      });
      await Promise.all(asked);
      expect(order).to.deep.equal(['forgot for 3', 'true', 'false', 'false']);
      const told = lines.filter((line) => line.includes('the network was reset'));
      expect(told).to.have.length(1);
      expect(told[0]).to.include('round 3 runs').and.include('33 to 40');
    });

    it('can be read, and be sure, though those of higher rounds are still kept', async () => {
      const { seeds } = await ofDeadChain();
      expect(await seeds.of(3)).to.deep.equal(await seeds.of(3));
      expect((await seeds.sure(4, 20, true)).length).to.equal(32);
      expect(await failed(seeds.sure(5, 30_000, false))).to.be.instanceOf(DoubtfulSeedError);
    });
  });

  it('writes one seed after the other', async () => {
    const { seeds, store } = make();
    let writing = 0;
    const set = store.set.bind(store);
    store.set = async (key, value) => {
      expect(++writing).to.equal(1);
      // A write takes a while, in which no other may begin.
      await new Promise((resolve) => setTimeout(resolve, 5));
      await set(key, value);
      writing--;
    };
    await Promise.all([7, 8, 9].map((round) => seeds.of(round)));
    expect(store.values.get('seeds')).to.match(/"round":9.*"round":8.*"round":7/);
  });

  it('takes a seed that an earlier version stored', async () => {
    const { seeds, store, chain } = make();
    store.values.set('seeds', JSON.stringify([{ round: 7, seed: vector!.seed }]));
    expect((await seeds.of(7)).toString('hex')).to.equal(vector!.seed);
    expect(chain.asked).to.deep.equal([]);
  });

  it('shows what the chain has now, which changes nothing', async () => {
    const { seeds, chain } = make();
    const kept = await seeds.of(vector!.round);
    chain.submissionsOfRound = {};
    expect(await seeds.shown(vector!.round)).to.deep.equal(roundSeed(taskId, vector!.round, {}));
    expect(await seeds.of(vector!.round)).to.deep.equal(kept);
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
