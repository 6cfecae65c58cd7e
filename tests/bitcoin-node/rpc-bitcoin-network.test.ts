import { expect } from 'chai';
import { RpcBitcoinNetwork } from '../../src/bitcoin-node/rpc-bitcoin-network';
import type { BitcoinChain } from '../../src/bitcoin-node/answers';
import { monotonicClock } from '../../src/process/clock';
import { createLog } from '../../src/process/log';
import type { Tip } from '../../src/work/bitcoin-network';
import { FakeClock } from '../fixtures/fake-clock';
import { FakeCore, type FakeBlock } from '../fixtures/fake-core';
import { until } from '../fixtures/until';

/** 2027-01-15, later than any fake block. */
const NOW = 1_800_000_000;

describe('RpcBitcoinNetwork', () => {
  let core: FakeCore;
  let clock: FakeClock;
  let lines: string[];
  let tips: Tip[];
  let ending: AbortController;
  let ended: Promise<void>;
  beforeEach(async () => {
    core = await FakeCore.start({ password: 'hunter2' });
    clock = new FakeClock();
    lines = [];
    tips = [];
    ending = new AbortController();
    ended = Promise.resolve();
  });
  afterEach(async () => {
    ending.abort();
    await ended;
    await core.stop();
  });

  const networkOf = (
    urls = [core.url],
    network: BitcoinChain = 'regtest',
    ticking: typeof monotonicClock = clock,
  ) =>
    new RpcBitcoinNetwork({
      urls,
      network,
      clock: ticking,
      now: () => NOW * 1000 + 999,
      log: createLog('info', (line) => void lines.push(line)),
    });
  const follow = (network: RpcBitcoinNetwork) => {
    ended = (async () => {
      for await (const tip of network.tips(ending.signal)) tips.push(tip);
    })();
    return network;
  };
  const hashOf = ({ segment }: Tip) => Buffer.from(segment.prev).reverse().toString('hex');
  const shows = (block: FakeBlock) =>
    until(() => tips.length > 0 && hashOf(tips[tips.length - 1]!) === block.hash);
  /** Until something is so, with the fake time running: it also runs while answers are on their way. */
  const later = async (condition: () => boolean, stepMs = 1_000) => {
    const startedAt = performance.now();
    while (!condition()) {
      expect(performance.now() - startedAt, String(condition)).to.be.lessThan(20_000);
      await clock.runUntil(clock.now() + stepMs);
    }
  };
  const faults = (network: RpcBitcoinNetwork) => network.peers.map(({ fault }) => fault);
  const startMain = async () => {
    await core.stop();
    core = await FakeCore.start({ network: 'main', password: 'hunter2' });
    return core;
  };

  it('gives the tip, then each that comes, by waitfornewblock', async () => {
    const first = core.newTip();
    const network = networkOf();
    expect(network.peers).to.have.length(1);
    expect(network.peers[0]).to.include({ name: core.name, fault: 'not asked yet' });
    follow(network);
    await shows(first);
    expect(tips[0]!.segment).to.deep.include({ height: 2, bits: 0x207fffff });
    expect(tips[0]!.segment.time).to.be.closeTo(Date.now() / 1000, 5);
    expect(tips[0]!.tipTime).to.equal(first.time);
    expect(faults(network)).to.deep.equal([undefined]);
    await until(() => core.asked('waitfornewblock').length === 1);
    const second = core.newTip();
    await shows(second);
    expect(core.asked('waitfornewblock')[0]).to.deep.equal([25_000, first.hash]);
    expect(tips).to.have.length(2);
    expect(core.asked('getbestblockhash'), 'no poll').to.have.length(1);
  });

  it('waits without the tip where the node refuses a second parameter', async () => {
    core.waitTakesTip = false;
    follow(networkOf());
    await until(() => core.asked('waitfornewblock').length === 2);
    await shows(core.newTip());
    expect(core.asked('waitfornewblock')[1]).to.deep.equal([25_000]);
    await later(() => core.asked('waitfornewblock').length === 3, 50);
    expect(core.asked('waitfornewblock')[2]).to.deep.equal([25_000]);
  });

  it('waits by long polls where there is no waitfornewblock', async () => {
    core.lack('waitfornewblock');
    const { hash } = core.tip;
    follow(networkOf());
    const templates = () => core.asked('getblocktemplate').length;
    await until(() => templates() === 3);
    const next = core.newTip();
    await shows(next);
    expect(core.asked('getblocktemplate')[2]).to.deep.equal([
      { rules: ['segwit'], longpollid: hash },
    ]);
    expect(templates(), 'the answer is the template').to.equal(3);
    await later(() => templates() === 4, 50);
    await shows(core.newTip());
    expect(core.asked('getbestblockhash').length).to.be.lessThan(3);
  });

  it('asks each second where the node has neither', async () => {
    core.lack('waitfornewblock');
    core.hasLongPolls = false;
    follow(networkOf());
    await until(() => core.asked('getblocktemplate').length === 2);
    await shows(core.tip);
    const next = core.newTip();
    await clock.runUntil(999);
    expect(core.asked('getbestblockhash')).to.have.length(1);
    await clock.runUntil(1_000);
    await shows(next);
    expect(core.asked('getbestblockhash')).to.have.length(2);
  });

  it('needs no template on main but where the difficulty changes', async () => {
    await startMain();
    const time = NOW - 100;
    const tip = core.newTip({ height: 2013, bits: '1700ffff', time });
    follow(networkOf(undefined, 'main'));
    await shows(tip);
    expect(tips[0]!.segment).to.deep.include({ height: 2014, bits: 0x1700ffff, time: NOW });
    await until(() => core.asked('waitfornewblock').length === 1);
    // Its miner's clock is ahead: the median of the last eleven times counts.
    await shows(core.newTip({ bits: '1700fffe', time: NOW + 7000 }));
    expect(tips[1]!.segment).to.deep.include({ height: 2015, bits: 0x1700fffe, time: NOW + 4001 });
    expect(tips[1]!.tipTime).to.equal(NOW + 7000);
    expect(core.asked('getblocktemplate')).to.be.empty;
    await later(() => core.asked('waitfornewblock').length === 2, 50);
    await shows(core.newTip({ height: 2015, bits: '1700fffd', time }));
    expect(tips[2]!.segment).to.deep.include({ height: 2016, bits: 0x1700fffd });
    expect(core.asked('getblocktemplate')).to.deep.equal([[{ rules: ['segwit'] }]]);
  });

  it('yields no tip of less or equal work', async () => {
    const other = await FakeCore.start();
    const first = core.newTip();
    const network = follow(networkOf([core.url, other.url]));
    const second = core.newTip();
    await shows(second);
    const sibling = other.show({ ...second, hash: 'ab'.repeat(32) });
    core.show(first);
    const count = tips.length;
    const isSeen = (at: FakeCore, { hash }: FakeBlock) =>
      at.asked('getblockheader').some(([asked]) => asked === hash);
    await later(() => isSeen(core, first) && isSeen(other, sibling), 10);
    await later(() => faults(network).join('') === '', 10);
    expect(tips).to.have.length(count);
    const third = other.newTip();
    await later(() => tips.length > count, 10);
    expect(tips.slice(count).map(hashOf)).to.deep.equal([third.hash]);
    await other.stop();
  });

  it('follows a node that went back for good after a minute', async () => {
    const first = core.newTip();
    const second = core.newTip();
    follow(networkOf());
    await shows(second);
    core.show(first);
    await later(() => core.asked('getblockheader').length > 1);
    const sinceMs = clock.now();
    await later(() => tips.length > 1);
    expect(hashOf(tips[1]!)).to.equal(first.hash);
    expect(clock.now() - sinceMs).to.be.within(58_000, 62_000);
  });

  it('goes on with another node when one is down', async () => {
    const other = await FakeCore.start({ password: 'hunter2' });
    const network = follow(networkOf([core.url, other.url]));
    await shows(core.tip);
    await core.stop();
    await later(() => faults(network)[0] !== undefined);
    expect(faults(network)).to.deep.equal(['connection refused', undefined]);
    await shows(other.newTip());
    core = await FakeCore.start({ port: core.port, password: 'hunter2' });
    await later(() => faults(network)[0] === undefined);
    expect(lines.join('')).to.include('can be mined with').and.not.include('hunter2');
    await other.stop();
  });

  it('judges a block by a proposal to the node', async () => {
    follow(networkOf());
    await shows(core.tip);
    const judge = () => tips[0]!.judge(Buffer.from('c0ffee', 'hex'));
    expect(await judge()).to.equal(null);
    const asked = core.asked('getblocktemplate');
    expect(asked[asked.length - 1]).to.deep.equal([
      { mode: 'proposal', data: 'c0ffee', rules: ['segwit'] },
    ]);
    for (const [result, reason] of [
      ['bad-cb-amount', 'bad-cb-amount'],
      ['bad-cb\theight' + '!'.repeat(200), 'bad-cb?height' + '!'.repeat(87)],
      ['inconclusive-not-best-prevblk', undefined],
      ['duplicate', undefined],
      ['duplicate-invalid', undefined],
      [{ a: 1 }, undefined],
    ] as const) {
      core.script('getblocktemplate', { result });
      expect(await judge()).to.equal(reason);
    }
    core.script('getblocktemplate', { error: { code: -22, message: 'Block decode failed' } });
    expect(await judge()).to.be.undefined;
    core.script('getblocktemplate', { status: 503, text: 'Work queue depth exceeded' });
    expect(await judge()).to.be.undefined;
  });

  describe('tells why a node can not be mined with:', () => {
    const expectFault = async (network: RpcBitcoinNetwork, fault: string) => {
      await later(() => faults(network)[0] === fault);
      expect(faults(network)).to.deep.equal([fault]);
      expect(tips).to.be.empty;
    };

    it('each of its errors, in a line of the log as it changes, until it is well', async () => {
      const network = networkOf();
      core.script('*', { error: { code: -28, message: 'Loading block index…' } });
      follow(network);
      await expectFault(network, 'it is warming up');
      for (const [scripted, fault] of [
        [{ error: { code: -9, message: 'not connected' } }, 'it has no peers'],
        [{ error: { code: -10, message: 'in sync' } }, 'it is still downloading the chain'],
        [{ status: 401, text: '' }, 'wrong user or password'],
        [{ status: 500, text: '' }, 'HTTP 500'],
        [{ status: 503, text: 'Work queue depth exceeded' }, 'it has too much to do (HTTP 503)'],
        [{ result: 5 }, "its answer to getblockchaininfo can't be right"],
      ] as const) {
        core.script('*', scripted);
        await expectFault(network, fault);
        const asked = core.calls.length;
        await later(() => core.calls.length > asked);
      }
      core.script('*', undefined);
      await later(() => faults(network)[0] === undefined);
      await shows(core.tip);
      expect(lines.filter((line) => line.includes(core.name))).to.have.length(8);
      expect(lines.join('')).not.to.include('hunter2');
    });

    it('one that comes and goes at most once a minute in the log', async () => {
      const network = follow(networkOf());
      for (let times = 0; times < 5; times++) {
        core.script('*', { status: 503, text: 'Work queue depth exceeded' });
        await later(() => faults(network)[0] !== undefined, 100);
        core.script('*', undefined);
        await later(() => faults(network)[0] === undefined, 100);
      }
      expect(clock.now()).to.be.lessThan(60_000);
      expect(lines).to.have.length(2);
      await clock.runUntil(clock.now() + 60_000);
      core.script('*', { status: 503, text: 'Work queue depth exceeded' });
      await later(() => lines.length > 2, 100);
      expect(lines[2]).to.include('it has too much to do');
    });

    it('another network', async () => {
      const network = follow(networkOf(undefined, 'testnet4'));
      await expectFault(network, 'it is on another network: expected testnet4, got regtest');
    });

    it('its first download, and no peers', async () => {
      await startMain();
      core.isDownloading = true;
      core.connections = 0;
      const network = follow(networkOf(undefined, 'main'));
      await expectFault(network, 'it is still downloading the chain');
      core.isDownloading = false;
      await expectFault(network, 'it has no peers');
      core.connections = 1;
      await later(() => faults(network)[0] === undefined);
      core.connections = 0;
      await later(() => faults(network)[0] === 'it has no peers');
    });

    it('answers that can not be right', async () => {
      const { hash } = core.tip;
      const header = { hash, height: 0, time: 1, mediantime: 1, bits: '207fffff' };
      const template = { previousblockhash: hash, height: 1, bits: '207fffff', curtime: 1 };
      for (const [method, result] of [
        ['getblockchaininfo', null],
        ['getbestblockhash', hash.slice(1)],
        ['getbestblockhash', [hash]],
        ['getblockheader', { ...header, hash: 'ab'.repeat(32) }],
        ['getblockheader', { ...header, height: 2 ** 31 - 1 }],
        ['getblockheader', { ...header, height: -1 }],
        ['getblockheader', { ...header, height: 0.5 }],
        ['getblockheader', { ...header, time: 2 ** 32 }],
        ['getblockheader', { ...header, mediantime: 2 ** 32 - 1 }],
        ['getblockheader', { ...header, bits: '207ffffff' }],
        ['getblockheader', { ...header, chainwork: 'f'.repeat(65) }],
        ['getblocktemplate', { ...template, height: 2 }],
        ['getblocktemplate', { ...template, bits: 2 ** 32 }],
        ['getblocktemplate', { ...template, curtime: undefined }],
        ['getblocktemplate', { ...template, mintime: -1 }],
      ] as const) {
        core.script(method, { result });
        const network = follow(networkOf());
        await expectFault(network, `its answer to ${method} can't be right`);
        core.script(method, undefined);
        ending.abort();
        await ended;
        ending = new AbortController();
      }
    });
  });

  it('follows while somebody reads, and gives each reader the tip', async () => {
    const network = follow(networkOf());
    await shows(core.tip);
    const another = new AbortController();
    const stream = network.tips(another.signal);
    expect(hashOf((await stream.next()).value as Tip)).to.equal(core.tip.hash);
    ending.abort();
    await ended;
    const next = core.newTip();
    expect(hashOf((await stream.next()).value as Tip)).to.equal(next.hash);
    another.abort();
    expect(await stream.next()).to.deep.equal({ value: undefined, done: true });
    const calls = core.calls.length;
    await clock.runUntil(clock.now() + 60_000);
    expect(core.calls).to.have.length(calls);

    const late = core.newTip();
    const again = new AbortController();
    const restarted = network.tips(again.signal);
    expect(hashOf((await restarted.next()).value as Tip)).to.equal(late.hash);
    again.abort();
    expect(await network.tips(again.signal).next()).to.have.property('done', true);
  });

  it('tells of a tip within ms by a wait, and within 1.1 s by polls', async () => {
    const network = networkOf(undefined, undefined, monotonicClock);
    follow(network);
    await until(() => core.asked('waitfornewblock').length === 1);
    const tookMs = async () => {
      const count = tips.length;
      const startedAt = performance.now();
      core.newTip();
      await until(() => tips.length > count);
      return performance.now() - startedAt;
    };
    // Of which 20 ms are the test's own looking.
    expect(await tookMs()).to.be.lessThan(500);
    core.lack('waitfornewblock');
    core.hasLongPolls = false;
    const templates = core.asked('getblocktemplate').length;
    await until(() => core.asked('getblocktemplate').length > templates);
    expect(await tookMs()).to.be.lessThan(2_000);
  });
});
