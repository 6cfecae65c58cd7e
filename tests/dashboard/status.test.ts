import { expect } from 'chai';
import { difficultyOf } from '../../src/bitcoin/target';
import { statusOf, stratumOf } from '../../src/dashboard/status';
import type { Status } from '../../src/dashboard/update';
import type { Environment } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';
import type { StratumAddress } from '../../src/stratum/server';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { foundBlock } from '../fixtures/found-block';
import { segmentAt } from '../fixtures/segments';
import { seed } from '../fixtures/template';
import { serveDashboard, type Served } from './served';

const HASH = 1n << 200n;

describe("the node's state as the page is told it", () => {
  let served: Served;
  beforeEach(async () => (served = await serveDashboard()));
  afterEach(() => served.close());

  /** As it arrives in the browser. */
  function told(): Status {
    return JSON.parse(JSON.stringify(statusOf(served.node, undefined))) as Status;
  }

  it('has a line for each worker: what it does, what became of its shares, and its best', () => {
    const { workers, bests, miner } = served.node;
    expect(miner.lastRound).to.equal(undefined);
    const worker = workers.prove('rig');
    worker.agent = 'cpuminer/2.5.1';
    worker.works(7, HASH);
    worker.accept({ round: 7, hashValue: HASH, hashes: 1000 });
    for (const as of ['stale', 'low_difficulty', 'stale'] as const) worker.reject(as);
    bests.note({ workerId: 'rig', hashValue: HASH / 2n, round: 5 });
    const { known, list } = told().workers;
    expect(known).to.equal(1);
    const { sinceShareMs, idleMs, ...line } = list[0]!;
    expect(line).to.deep.equal({
      id: 'rig',
      agent: 'cpuminer/2.5.1',
      hashrateHps: 0,
      roundHashrateHps: 0,
      difficulty: difficultyOf(HASH),
      accepted: 1,
      rejected: { stale: 2, low_difficulty: 1 },
      // No round was mined.
      roundBest: null,
      best: difficultyOf(HASH / 2n),
    });
    expect(sinceShareMs).to.be.within(0, 10_000);
    expect(idleMs).to.be.within(0, 10_000);
  });

  it('says of a worker that only asked for work that nothing is known of it yet', () => {
    served.node.workers.register('new');
    expect(told().workers.list[0]).to.deep.include({
      id: 'new',
      agent: '',
      difficulty: null,
      accepted: 0,
      rejected: {},
      best: null,
      sinceShareMs: null,
    });
  });

  it('lists the 50 workers heard from last, by name, and counts the others', () => {
    for (let i = 1; i <= 60; i++) served.node.workers.register(`rig${i}`);
    const { known, list } = told().workers;
    expect(known).to.equal(60);
    const names = Array.from({ length: 50 }, (_, i) => `rig${i + 11}`);
    expect(list.map(({ id }) => id)).to.deep.equal(names);
  });

  it('has the best share ever, with its round, its finder and when it came', () => {
    expect(told().best).to.equal(null);
    const before = Date.now();
    served.node.bests.note({ workerId: 'local', hashValue: HASH, round: 5 });
    served.node.bests.note({ workerId: 'rig', hashValue: HASH * 2n, round: 6 });
    const { at, ...best } = told().best!;
    expect(best).to.deep.equal({ difficulty: difficultyOf(HASH), round: 5, worker: 'local' });
    expect(at).to.be.within(before, Date.now());
  });
});

describe('what the page is told of Bitcoin', () => {
  let served: Served;
  afterEach(() => served.close());

  function told(): Status {
    return JSON.parse(JSON.stringify(statusOf(served.node, undefined))) as Status;
  }

  it('is what GET /bitcoin says, with the newest three of the blocks and how many there are', async () => {
    served = await serveDashboard();
    const { blocks, miner, rules } = served.node;
    for (const height of [5, 6, 7, 8]) {
      blocks.found(foundBlock(height, 1, 'local', rules));
    }
    expect(miner.lastRound).to.equal(undefined);
    const { bitcoin, blocksFound, wantsBitcoin } = told();
    expect(blocksFound).to.equal(4);
    expect(wantsBitcoin).to.equal(true);
    expect(bitcoin.blocks.map(({ height }) => height)).to.deep.equal([8, 7, 6]);
    expect(bitcoin).to.include({ network: 'main', source: null });
  });

  it('concerns an owner who set an address, a node or the source, and no other', async () => {
    served = await serveDashboard();
    expect(told().wantsBitcoin).to.equal(false);
    for (const env of [
      { PAYOUT_ADDRESS: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
      { BITCOIN_RPC_URL: 'http://127.0.0.1:9' },
      { WORK_SOURCE: 'bitcoin' },
    ]) {
      await served.close();
      served = await serveDashboard({ env });
      expect(told().wantsBitcoin, JSON.stringify(env)).to.equal(true);
    }
  });

  it('has the size of a full proof, by the source of the round', async () => {
    const bitcoinNetwork = new FakeBitcoinNetwork();
    bitcoinNetwork.push(segmentAt(7), 1_790_000_000);
    const env = { PAYOUT_ADDRESS: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' };
    served = await serveDashboard({ env, bitcoin: { bitcoinNetwork } });
    expect(told().k).to.equal(28);
    await served.node.miner.begin(4, seed, Infinity);
    expect(told().k).to.equal(20);
  });
});

describe('where miners connect, as the page is told it', () => {
  const LAN = '192.168.1.5';

  function told(
    host: string | undefined,
    {
      env = {},
      isEncrypted = false,
      lan = LAN,
    }: { env?: Environment; isEncrypted?: boolean; lan?: string | null } = {},
  ) {
    const address: StratumAddress | undefined =
      host === undefined ? undefined : { host, port: 3334, isEncrypted };
    const node = { stratum: { address, size: 3 }, settings: Settings.of(env) };
    return stratumOf(node, lan);
  }

  it('is the address in the local network, where all are let in', () => {
    for (const host of ['0.0.0.0', '::']) {
      expect(told(host)).to.deep.equal({
        state: 'open',
        url: 'stratum+tcp://192.168.1.5:3334',
        lanUrl: null,
        isLocal: false,
        hasPassword: false,
        connections: 3,
      });
    }
  });

  it('is this machine alone, with the address that would let others in', () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `stratum+tcp://${host}:3334`;
      const lanUrl = 'stratum+tcp://192.168.1.5:3334';
      expect(told(host)).to.include({ url, lanUrl, isLocal: true });
    }
  });

  it('is the host that was chosen, in brackets where it is IPv6', () => {
    const hosts = {
      '10.1.2.3': 'stratum+tcp://10.1.2.3:3334',
      'miner.lan': 'stratum+tcp://miner.lan:3334',
      'fd00::7': 'stratum+tcp://[fd00::7]:3334',
    };
    for (const [host, url] of Object.entries(hosts)) {
      expect(told(host)).to.include({ url, lanUrl: null, isLocal: false });
    }
    expect(told('::1')).to.include({ url: 'stratum+tcp://[::1]:3334', isLocal: true });
  });

  it('says that it is encrypted', () => {
    expect(told('0.0.0.0', { isEncrypted: true })).to.include({
      url: 'stratum+ssl://192.168.1.5:3334',
    });
  });

  it('is this machine where there is no network', () => {
    expect(told('0.0.0.0', { lan: null })).to.include({ url: 'stratum+tcp://127.0.0.1:3334' });
    expect(told('127.0.0.1', { lan: null })).to.include({ lanUrl: null });
  });

  it('says that there is a password, and never which', () => {
    const status = told('0.0.0.0', { env: { STRATUM_PASSWORD: 'hunter2' } });
    expect(status).to.include({ hasPassword: true });
    expect(JSON.stringify(status)).not.to.include('hunter2');
  });

  it('is nowhere where the owner wants none, or no port could be had', () => {
    expect(told(undefined, { env: { STRATUM_PORT: '0' } })).to.deep.equal({ state: 'off' });
    expect(told(undefined)).to.deep.equal({ state: 'failed' });
  });
});
