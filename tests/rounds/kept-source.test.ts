import { expect } from 'chai';
import { PROOF_RULES, WORK_SOURCE } from '../../src/consensus';
import { createLog } from '../../src/process/log';
import { monotonicClock } from '../../src/process/clock';
import { Miner } from '../../src/rounds/miner';
import { RoundKeeper } from '../../src/rounds/round-keeper';
import { BitcoinWork, type BitcoinChoice } from '../../src/work/bitcoin';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { MemoryStore } from '../fixtures/memory-store';
import { segmentAt } from '../fixtures/segments';
import { openShareDoor } from '../fixtures/share-door';
import { IDLE_ENGINE } from '../fixtures/stratum-node';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const payout = Buffer.alloc(20, 0x44);

describe('a round that goes on in a later process', () => {
  let store: MemoryStore;
  beforeEach(() => (store = new MemoryStore()));
  /** A process that mines a round, from its start until `during` is over. */
  const mine = async (
    choice: BitcoinChoice,
    network: FakeBitcoinNetwork | undefined,
    during: (miner: Miner) => Promise<void>,
    round = 5,
  ): Promise<void> => {
    const log = createLog('silent');
    const work = new BitcoinWork({
      network,
      identity,
      rules: PROOF_RULES,
      choice: () => choice,
      now: () => monotonicClock.now(),
      until: (atMs, signal) => monotonicClock.until(atMs, signal),
      onTip: () => undefined,
      onRefusal: () => undefined,
      onFallback: () => undefined,
      onFault: (error) => expect.fail(String(error)),
    });
    const following = work.follow();
    const { intake, rounds, shares } = await openShareDoor(store);
    const keeper = new RoundKeeper({ store: rounds, shares, log });
    const miner = new Miner({ identity, engine: IDLE_ENGINE, sources: work, intake, keeper, log });
    await miner.begin(round, seed, Infinity);
    await during(miner);
    await miner.pause();
    work.close();
    await following;
  };
  const shown = (...heights: number[]): FakeBitcoinNetwork => {
    const network = new FakeBitcoinNetwork();
    for (const height of heights) network.push(segmentAt(height));
    return network;
  };
  const mines = (miner: Miner, height: number) =>
    until(() => {
      const { current, templates } = miner.lastRound!;
      return current !== undefined && templates[current]!.height === height;
    });

  it('is mined on Bitcoin for the address that it was begun with, whatever is chosen now', async () => {
    await mine({ wanted: 'auto', payout }, shown(100), (miner) => mines(miner, 100));
    for (const choice of [
      { wanted: 'koii', payout },
      { wanted: 'auto', payout: Buffer.alloc(20, 9) },
      { wanted: 'bitcoin', payout: undefined },
    ] as const) {
      const network = shown();
      await mine(choice, network, async (miner) => {
        // At once, before a tip is known.
        await mines(miner, 100);
        expect(miner.lastRound!.origin).to.deep.equal({ source: WORK_SOURCE.bitcoin, payout });
        expect(miner.lastRound!.segments[0]).to.deep.equal(segmentAt(100));
      });
    }
    const network = shown();
    await mine({ wanted: 'koii', payout }, network, async (miner) => {
      await mines(miner, 100);
      network.push(segmentAt(101));
      await mines(miner, 101);
      expect(miner.lastRound!.segments).to.have.length(2);
    });
    // Also where no Bitcoin node is named any more.
    await mine({ wanted: 'koii', payout: undefined }, undefined, (miner) => mines(miner, 101));
    await mine(
      { wanted: 'koii', payout },
      undefined,
      async (miner) => {
        await mines(miner, 6);
        expect(miner.lastRound!.origin.source).to.equal(WORK_SOURCE.koii);
      },
      6,
    );
  });

  it('is mined for koii where it was begun so, though Bitcoin could be mined now', async () => {
    await mine({ wanted: 'koii', payout }, shown(100), (miner) => mines(miner, 5));
    await mine({ wanted: 'bitcoin', payout }, shown(100), async (miner) => {
      await mines(miner, 5);
      expect(miner.lastRound!.origin.source).to.equal(WORK_SOURCE.koii);
    });
  });
});
