import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import type { ShareBody } from '../../cli/worker/share-body';
import { FLOOR } from '../../src/consensus';
import { createApi } from '../../src/http/api';
import { createNode, type MiningNode } from '../../src/node';
import { createLog } from '../../src/process/log';
import { Settings } from '../../src/settings/settings';
import { MemoryStore } from '../fixtures/memory-store';
import { mineShares, nextId, otherVersion, type Work } from '../fixtures/shares';
import { restNow, StandaloneNode } from '../fixtures/standalone';
import { identity, seed } from '../fixtures/template';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 4;

describeProcesses('what others at the side port can do to a worker', function () {
  this.timeout(120_000);
  let node: StandaloneNode;

  const workOf = async (query = ''): Promise<Work> =>
    (await node.ask(`/task/${ROUND}${query}`)).body.work;
  const submit = (share: unknown) => node.post(`/submission/${ROUND}`, share);
  const statusesOf = async (shares: readonly unknown[]): Promise<number[]> => {
    const statuses: number[] = [];
    for (const share of shares) statuses.push((await submit(share)).status);
    return statuses;
  };
  const all = (status: number, count: number): number[] => Array<number>(count).fill(status);

  before(async () => {
    // The node's own thread rests, so that all shares come from this test.
    node = await StandaloneNode.start({ MINING_SCHEDULE: restNow(), API_RATE_LIMIT: '0' });
    await node.post(`/task/${ROUND}`, {});
  });
  after(() => node.dispose());

  it('takes no place from it by asking, before its first share or after', async () => {
    const flood = async (name: string): Promise<void> => {
      for (let i = 0; i < 1100; i += 20) {
        const ids = Array.from({ length: 20 }, (_, j) => `${name}${i + j}`);
        await Promise.all(ids.map((id) => workOf(`?worker_id=${id}`)));
      }
    };
    await flood('early');
    const work = await workOf('?worker_id=honest');
    expect(work.extranonce1).not.to.equal((await workOf()).extranonce1);
    const shares = mineShares(work, 20, 'honest');
    await flood('late');
    expect(await statusesOf(shares.slice(0, 10))).to.deep.equal(all(201, 10));
    expect((await workOf('?worker_id=honest')).extranonce1).to.equal(work.extranonce1);
    await flood('later');
    expect(await statusesOf(shares.slice(10))).to.deep.equal(all(201, 10));
    expect((await workOf('?worker_id=honest')).extranonce1).to.equal(work.extranonce1);
  });

  it('makes none of its shares worthless by taking its next ids', async () => {
    const guessed = Array.from({ length: 20 }, (_, i) => `rig1-${i}`);
    const named = (shares: ShareBody[]): ShareBody[] =>
      shares.map((share, i) => ({ ...share, submission_id: guessed[i]! }));
    const rival = named(mineShares(await workOf('?worker_id=rival'), 20, 'rival'));
    // In the rig's own name, too: anybody who can read the name can use it.
    const namesake = named(mineShares(await workOf(), 20, 'rig1'));
    expect(await statusesOf([...rival, ...namesake])).to.deep.equal(all(201, 40));
    const own = named(mineShares(await workOf('?worker_id=rig1'), 20, 'rig1'));
    expect(await statusesOf(own)).to.deep.equal(all(201, 20));
    expect(await statusesOf([...own, ...rival, ...namesake])).to.deep.equal(all(200, 60));
  });

  it('takes the shares of two devices that both count 1, 2, 3', async () => {
    const [a, b] = await Promise.all(
      ['device-a', 'device-b'].map(async (id) =>
        mineShares(await workOf(`?worker_id=${id}`), 3, id).map((share, i) => ({
          ...share,
          submission_id: String(i + 1),
        })),
      ),
    );
    expect(await statusesOf([a![0], b![0], a![1], b![1], b![2], a![2]])).to.deep.equal(all(201, 6));
  });

  it('gains nothing by an accepted share, whatever it is called, after a restart too', async () => {
    const shares = mineShares(await workOf('?worker_id=rig2'), 5, 'rig2');
    const { job_id, ...sharedWork } = await workOf();
    const shared = mineShares({ job_id, ...sharedWork }, 5, 'rig2');
    const accepted = [...shares, ...shared.map((share) => ({ ...share, job_id }))];
    expect(await statusesOf(accepted)).to.deep.equal(all(201, 10));
    const copies = accepted.flatMap((share) => [
      { ...share, worker_id: 'thief' },
      { ...share, submission_id: nextId() },
      { ...share, worker_id: 'thief', submission_id: nextId() },
      { ...share, worker_id: 'early1', hash: share.hash.toUpperCase() },
    ]);
    const wrong = accepted.flatMap((share) => [
      { ...share, nonce: '00000000' },
      { ...share, extranonce2: 'ffffffff', worker_id: 'thief' },
      { ...share, version_bits: otherVersion(share) },
      { ...share, block_height: ROUND + 1 },
      { ...share, nonce: undefined },
    ]);
    for (let process = 0; process < 2; process++) {
      expect(await statusesOf(copies)).to.deep.equal(all(409, copies.length));
      expect(await statusesOf(wrong)).to.deep.equal(all(422, wrong.length));
      expect(await statusesOf(accepted)).to.deep.equal(all(200, accepted.length));
      await node.kill('SIGKILL');
      await node.run();
    }
  });

  it('pushes no real share out of what is shown by forged ones, after a restart too', async () => {
    const real = mineShares(await workOf('?worker_id=rig3'), 30, 'rig3');
    expect(await statusesOf(real)).to.deep.equal(all(201, 30));
    for (let i = 0; i < 600; i += 20) {
      const forged = Array.from({ length: 20 }, (_, j) => ({
        ...real[0]!,
        worker_id: 'forger',
        submission_id: nextId(),
        hash: (i + j).toString(16).padStart(64, '0'),
      }));
      const answers = await Promise.all(forged.map(submit));
      expect(answers.map(({ status }) => status)).to.deep.equal(all(422, 20));
    }
    for (let process = 0; process < 2; process++) {
      const shown = (await node.ask('/audit?limit=500')).body.recent_shares;
      const ids = shown.map(({ submission_id }) => submission_id);
      expect(ids).to.include.members(real.map(({ submission_id }) => submission_id));
      const few = (await node.ask('/audit?limit=50')).body.recent_shares;
      expect(few.filter(({ worker_id }) => worker_id === 'rig3').length).to.be.at.least(25);
      await node.kill('SIGKILL');
      await node.run();
    }
  });

  it('answers a repeat as the first time when the round is over, and nothing else', async () => {
    const [share, late] = mineShares(await workOf('?worker_id=rig4'), 2, 'rig4');
    expect((await submit(share)).status).to.equal(201);
    await node.post(`/task/${ROUND + 1}`, {});
    expect((await submit(share)).status).to.equal(200);
    const reasonOf = async (body: unknown): Promise<string> => (await submit(body)).body.reason;
    expect(await reasonOf({ ...share, worker_id: 'thief' })).to.equal('duplicate_share');
    expect(await reasonOf({ ...share, nonce: '00000000' })).to.equal('round_over');
    expect(await reasonOf(late)).to.equal('round_over');
  });
});

describeProcesses('readers of GET /task', function () {
  this.timeout(30_000);
  let node: MiningNode;
  let server: http.Server;
  before(async () => {
    node = await createNode({
      settings: Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' }),
      log: createLog('silent'),
      identity,
      store: new MemoryStore(),
      sdk: 'koii',
      nodeCallFailures: new Map(),
      chain: { submissions: () => Promise.reject(new Error('the node is away')) },
    });
    await node.miner.begin(ROUND, seed, Infinity);
    server = http
      .createServer(express().use(createApi(node, { requestsPerMinute: 0 })))
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    await node.miner.pause();
    await node.engine.close();
    node.governor.close();
  });

  it('move the target of no miner without an id, however often it changes', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let target = FLOOR;
    Object.defineProperty(node.miner, 'shareTarget', { get: () => target });
    const read = async (): Promise<Work> =>
      ((await (await fetch(`${url}/task/${ROUND}`)).json()) as { work: Work }).work;
    const shares = mineShares(await read(), 20, 'nameless');
    for (let i = 0; i < 12; i++) {
      target /= 2n;
      await read();
    }
    for (const share of shares) {
      const answer = await fetch(`${url}/submission/${ROUND}`, {
        method: 'POST',
        body: JSON.stringify(share),
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).to.equal(201);
    }
  });
});
