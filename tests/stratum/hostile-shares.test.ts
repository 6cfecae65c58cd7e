import { expect } from 'chai';
import {
  attackedNode,
  codeOf,
  expectClosed,
  PING,
  ROUND,
  shareOf,
  submit,
} from '../fixtures/hostile-miners';
import { MemoryStore } from '../fixtures/memory-store';
import { StratumClient } from '../fixtures/stratum-client';
import { StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

describe('hostile miners', function () {
  this.timeout(60_000);
  const attacked = attackedNode();

  describe('shares', () => {
    it("of another connection's job are refused", async () => {
      const [owner, thief] = [await attacked.client('owner'), await attacked.client('thief')];
      const { job, ...rolled } = await shareOf(owner);
      expect(await thief.submit('thief', job, rolled)).to.deep.equal([21, 'Job not found']);
      // Nor do they fit the thief's own.
      const own = await thief.submit('thief', await thief.job(), rolled);
      expect(own).to.deep.equal([23, 'Low difficulty share']);
      expect(await owner.submit('owner', job, rolled)).to.equal(true);
    });

    it('of jobs that never were are refused', async () => {
      const made = await attacked.client('guess');
      const { job, ...rolled } = await shareOf(made);
      for (const id of [
        '',
        '0',
        'ffffffff',
        '__proto__',
        job.id.toUpperCase() + ' ',
        'x'.repeat(3_000),
        `0${job.id}`,
      ]) {
        expect(await made.submit('guess', { id }, rolled), id).to.deep.equal([21, 'Job not found']);
      }
      expect(await made.submit('guess', job, rolled)).to.equal(true);
    });

    it('count once, however they are written', async () => {
      const made = await attacked.client('again');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('again', job, rolled)).to.equal(true);
      const { extranonce2, time, nonce, versionBits } = rolled;
      const asWritten = [
        rolled,
        {
          extranonce2: extranonce2.toUpperCase(),
          time: time.toUpperCase(),
          nonce: nonce.toUpperCase(),
          versionBits: versionBits!.toUpperCase(),
        },
        { ...rolled, nonce: nonce.replace(/^0+(?=.)/, '') },
      ];
      for (const written of asWritten) {
        expect(await made.submit('again', job, written)).to.deep.equal([22, 'Duplicate share']);
      }
    });

    it('are unknown to the connection that comes after', async () => {
      const first = await attacked.client('back');
      const { job, ...rolled } = await shareOf(first);
      expect(await first.submit('back', job, rolled)).to.equal(true);
      first.close();
      const second = await attacked.client('back');
      expect(await second.submit('back', job, rolled)).to.deep.equal([21, 'Job not found']);
      expect((await second.job()).id).not.to.equal(job.id);
      expect((await second.submit('back', await second.job(), rolled)).valueOf()).to.deep.equal([
        23,
        'Low difficulty share',
      ]);
    });

    it('before a subscription are refused', async () => {
      const made = await attacked.peer();
      expect(
        codeOf((await made.ask(submit(['a', 'b', '00000000', '00000000', '00000000'])))[0]!),
      ).to.equal(25);
    });
  });

  describe('floods', () => {
    const junk = (name: string, id: unknown): unknown =>
      submit([name, 'ffffffff', '00000000', '00000000', '00000000'], id);

    it('of more than 2,000 submits a second are closed', async () => {
      const made = await attacked.miner();
      const startedAt = Date.now();
      let sent = 0;
      while (!made.isClosed && Date.now() - startedAt < 20_000) {
        made.tell(...Array.from({ length: 500 }, () => junk('mallory', sent++)));
        await new Promise(setImmediate);
      }
      await expectClosed(made);
    });

    it('of more than 200 a second have the difficulty rise', async () => {
      const made = await attacked.client('eager');
      const { difficulty, id } = await made.job();
      for (let i = 0; i < 600; i++) made.send(junk('eager', i));
      await until(() => made.lines.length > 600);
      // A difficulty comes at the soonest 5 s after a job.
      attacked.node.jump(6_000);
      await until(() => made.jobs.at(-1)!.id !== id);
      expect(made.jobs.at(-1)!.difficulty).to.be.above(100 * difficulty);
    });

    it('without ids are answered by nothing', async () => {
      const made = await attacked.miner();
      for (let i = 0; i < 1_000; i++)
        made.tell({ method: 'mining.submit', params: ['mallory', i] });
      expect(await made.ask(PING)).to.deep.equal([{ id: PING.id, result: 'pong', error: null }]);
    });
  });

  it('that come back all the time use up no one’s ground', async () => {
    const given = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const made = await StratumClient.connect(attacked.node.port);
      await made.subscribe('');
      given.add(made.extranonce1);
      made.close();
      await until(() => attacked.node.server.size === 1);
    }
    // An extranonce1 has ground for 256 jobs a round.
    expect(given.size).to.equal(20);
  });

  it('find nothing to replay after a restart', async () => {
    const store = new MemoryStore();
    let process = await StratumTestNode.open({ store });
    await process.begin(ROUND);
    const first = await process.rolling('replay');
    const { job, ...rolled } = await shareOf(first);
    expect(await first.submit('replay', job, rolled)).to.equal(true);
    await process.close();
    process = await StratumTestNode.open({ store });
    await process.begin(ROUND);
    const second = await process.rolling('replay');
    expect(await second.submit('replay', job, rolled)).to.deep.equal([21, 'Job not found']);
    const next = await second.job();
    expect(next.id).not.to.equal(job.id);
    expect(next.coinbase1 + second.extranonce1).not.to.equal(job.coinbase1 + first.extranonce1);
    expect(await second.submit('replay', next, rolled)).to.deep.equal([23, 'Low difficulty share']);
    await process.close();
  });
});
