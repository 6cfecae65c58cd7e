import { expect } from 'chai';
import { RpcBitcoinNetwork } from '../../src/bitcoin-node/rpc-bitcoin-network';
import { serializeHeader } from '../../src/bitcoin/block';
import { createLog } from '../../src/process/log';
import type { BlockAnswer } from '../../src/work/bitcoin-network';
import { FakeClock } from '../fixtures/fake-clock';
import { FakeCore, type Scripted } from '../fixtures/fake-core';
import { until } from '../fixtures/until';

describe('a block handed in', () => {
  let core: FakeCore;
  let clock: FakeClock;
  let lines: string[];
  let ending: AbortController;
  beforeEach(async () => {
    core = await FakeCore.start({ password: 'hunter2' });
    clock = new FakeClock();
    lines = [];
    ending = new AbortController();
  });
  afterEach(() => {
    ending.abort();
    return core.stop();
  });

  const networkOf = (...urls: string[]) =>
    new RpcBitcoinNetwork({
      urls,
      network: 'regtest',
      clock,
      log: createLog('info', (line) => void lines.push(line)),
    });
  const blockOn = (prev: string, nonce = 0) =>
    serializeHeader({
      version: 0x20000000,
      prev: Buffer.from(prev, 'hex').reverse(),
      merkleRoot: Buffer.alloc(32),
      time: 1_800_000_000,
      bits: 0x207fffff,
      nonce,
    });
  const handIn = async (block: Uint8Array, network = networkOf(core.url)) => {
    const answers: BlockAnswer[] = [];
    await network.handIn(block, (answer) => answers.push(answer), ending.signal);
    return answers;
  };
  const submissions = () => core.asked('submitblock').length;

  it('is accepted, and again when it is there already', async () => {
    const block = blockOn(core.tip.hash);
    const node = core.name;
    expect(await handIn(block)).to.deep.equal([{ node, verdict: 'accepted', reason: '' }]);
    expect(core.tip.height).to.equal(1);
    expect(core.blocks).to.deep.equal([block.toString('hex')]);
    const again = [{ node, verdict: 'accepted', reason: 'duplicate' }];
    expect(await handIn(block)).to.deep.equal(again);
    core.script('submitblock', { result: 'rejected: duplicate' });
    expect(await handIn(block)).to.deep.equal(again);
  });

  it('is inconclusive beside a sibling', async () => {
    const { hash } = core.tip;
    core.newTip();
    const block = blockOn(hash);
    const node = core.name;
    expect(await handIn(block)).to.deep.equal([
      { node, verdict: 'inconclusive', reason: 'inconclusive' },
    ]);
    core.script('submitblock', { result: 'duplicate-inconclusive' });
    expect(await handIn(block)).to.deep.equal([
      { node, verdict: 'inconclusive', reason: 'duplicate-inconclusive' },
    ]);
  });

  it("is refused with the node's reason, as a result or as an error", async () => {
    for (const [scripted, reason] of [
      [{ result: 'high-hash' }, 'high-hash'],
      [{ result: 'rejected: bad-cb-amount' }, 'bad-cb-amount'],
      [{ result: 'duplicate-invalid' }, 'duplicate-invalid'],
      [{ result: 'bad-prevblk' }, 'bad-prevblk'],
      [{ result: '\n' + 'x'.repeat(200) }, '?' + 'x'.repeat(99)],
      [{ error: { code: -25, message: 'rejected: high-hash' } }, 'high-hash'],
      [{ error: { code: -22, message: 'Block decode failed' } }, 'Block decode failed'],
    ] as const) {
      core.script('submitblock', scripted);
      const [answer] = await handIn(Buffer.of(1));
      expect(answer).to.deep.include({ verdict: 'refused', reason });
    }
  });

  it('is handed in again, ever more rarely, until the node has an answer', async () => {
    const notNow: [Scripted, string][] = [
      [{ error: { code: -9, message: 'not connected' } }, 'it has no peers'],
      [{ error: { code: -10, message: 'in sync' } }, 'it is still downloading the chain'],
      [{ error: { code: -28, message: 'Loading' } }, 'it is warming up'],
      [{ status: 401, text: '' }, 'wrong user or password'],
      [{ status: 500, text: 'Internal' }, 'HTTP 500'],
      [{ status: 503, text: 'Work queue depth exceeded' }, 'it has too much to do (HTTP 503)'],
      [{ result: 'prev-blk-not-found' }, 'prev-blk-not-found'],
      [{ result: 'rejected: bad-prevblk' }, 'bad-prevblk'],
      [{ result: 7 }, "its answer to submitblock can't be right"],
      [{ error: { code: -25, message: 'Out of disk' } }, 'error -25: Out of disk'],
    ];
    core.script('submitblock', notNow[0]![0]);
    const answers = handIn(blockOn(core.tip.hash));
    let backOffMs = 250;
    for (const [index, [, why]] of notNow.entries()) {
      await until(() => lines.length === index + 1);
      expect(lines[index]).to.include(why).and.include(core.name);
      core.script('submitblock', notNow[index + 1]?.[0]);
      await clock.runUntil(clock.now() + backOffMs - 1);
      expect(submissions()).to.equal(index + 1);
      await clock.runUntil(clock.now() + 1);
      backOffMs = Math.min(2 * backOffMs, 30_000);
    }
    expect(await answers).to.deep.equal([{ node: core.name, verdict: 'accepted', reason: '' }]);
    expect(submissions()).to.equal(notNow.length + 1);
    expect(lines.join('')).not.to.include('hunter2');
  });

  it('tells once why there is no answer, and ends when aborted', async () => {
    core.script('submitblock', { status: 503, text: 'Work queue depth exceeded' });
    const answers = handIn(Buffer.of(1));
    await until(async () => {
      await clock.runUntil(clock.now() + 4_000);
      return submissions() > 4;
    });
    ending.abort();
    expect(await answers).to.deep.equal([]);
    expect(lines).to.have.length(1);
    expect(await handIn(Buffer.of(1))).to.deep.equal([]);
  });

  it('reaches every node at once, and waits for those that are down', async () => {
    const other = await FakeCore.start();
    core.script('submitblock', 'hang');
    const { url, name, port } = other;
    const network = networkOf(core.url, url);
    const answers: BlockAnswer[] = [];
    const block = blockOn(other.tip.hash);
    const done = network.handIn(block, (answer) => answers.push(answer), ending.signal);
    await until(() => answers.length === 1);
    expect(answers[0]).to.deep.equal({ node: name, verdict: 'accepted', reason: '' });
    expect(submissions()).to.equal(1);
    await other.stop();

    const late = network.handIn(block, (answer) => answers.push(answer), ending.signal);
    await until(() => lines.some((line) => line.includes(`${name} has no answer`)));
    const restarted = await FakeCore.start({ port });
    await until(async () => {
      await clock.runUntil(clock.now() + 250);
      return answers.length === 2;
    });
    expect(answers[1]).to.include({ node: name, verdict: 'accepted' });
    ending.abort();
    await Promise.all([done, late]);
    await restarted.stop();
  });
});
