import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { Engine } from '../../src/mining/engine';
import { shareOf } from '../../src/proof/shares';
import type { RemoteShare } from '../../src/rounds/remote-shares';
import type { Round } from '../../src/rounds/round';
import { MemoryStore } from '../fixtures/memory-store';
import { mineOn, PushedSource, segmentAt } from '../fixtures/segments';
import { openMiner, type OpenedMiner } from '../fixtures/share-door';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 3;
const [A, B] = [segmentAt(900_000), segmentAt(900_001)];

describe('RemoteShares', () => {
  let engine: Engine;
  let memory: MemoryStore;
  let source: PushedSource;
  let node: OpenedMiner;
  const round = (): Round => node.miner.lastRound!;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());
  beforeEach(async () => {
    memory = new MemoryStore();
    source = new PushedSource();
    node = await openMiner(memory, engine, { source });
    await node.miner.begin(ROUND, seed, Infinity);
  });
  afterEach(() => node.miner.pause());

  it('takes late shares of the segment before, of remote workers too, which name their job', async () => {
    source.push(A);
    await until(() => round().current === 0);
    const job = node.jobs.handOut(round(), 'rig1', FLOOR)!;
    const [named, unnamed, later] = mineOn(job.template, 3, { prefix: job.prefix });
    source.push(B);
    await until(() => round().current === 1);
    const receive = (share: typeof named, jobId?: string) =>
      node.remoteShares.receive(ROUND, {
        workerId: 'rig1',
        submissionId: String(share!.nonce),
        hashValue: share!.hashValue,
        difficulty: 0,
        blockHeight: A.height,
        rolled: share!,
        ...(jobId && { jobId }),
      });
    expect(await receive(named, job.id)).to.include({ outcome: 'accepted' });
    // That job is also the newest that it was handed.
    expect(await receive(unnamed)).to.include({ outcome: 'accepted' });
    node.jobs.handOut(round(), 'rig1', FLOOR);
    expect(await receive(later)).to.include({ outcome: 'rejected', reason: 'wrong_height' });
    expect(await receive(later, job.id)).to.include({ outcome: 'accepted' });
    expect(await receive(later, job.id)).to.include({ outcome: 'repeated' });
    const [fresh] = mineOn(job.template, 1, { prefix: job.prefix, extranonce2: 5 });
    expect(await receive(fresh, `00000000${job.id.slice(8)}`)).to.deep.equal({
      outcome: 'conflict',
      reason: 'stale',
    });
    const onA = round().toRecord().segments[0]!.shares;
    expect(onA.length).to.be.at.least(3);
    expect(node.shares.sinceStart.conflicts).to.equal(1);
  });

  it('counts what it rejects for the worker that sent it, if that is known', async () => {
    source.push(A);
    await until(() => round().current === 0);
    const job = node.jobs.handOut(round(), 'rig1', FLOOR)!;
    const [share, other, third] = mineOn(job.template, 3, { prefix: job.prefix });
    const send = async (of: typeof share, more: Partial<RemoteShare> = {}, to = ROUND) => {
      const sent: RemoteShare = {
        workerId: 'rig1',
        submissionId: String(of!.nonce),
        hashValue: of!.hashValue,
        difficulty: 0,
        blockHeight: A.height,
        rolled: of!,
        jobId: job.id,
        ...more,
      };
      return (await node.remoteShares.receive(to, sent)).outcome;
    };
    const rejected = (id = 'rig1') =>
      Object.fromEntries(node.workers.find(id)?.rejected ?? new Map<string, number>());
    expect(await send(share)).to.equal('accepted');
    expect(await send(share)).to.equal('repeated');
    expect(rejected()).to.deep.equal({});

    expect(await send(share, { submissionId: 'again' })).to.equal('conflict');
    expect(rejected()).to.deep.equal({ duplicate: 1 });
    // A job of another template, and then of a round that is over.
    expect(await send(other, { jobId: `00000000${job.id.slice(8)}` })).to.equal('conflict');
    expect(rejected()).to.deep.equal({ duplicate: 1, stale: 1 });
    const high = shareOf(job.template, { ...other!, nonce: other!.nonce ^ 1 });
    expect(await send(high)).to.equal('rejected');
    expect(rejected()).to.deep.equal({ duplicate: 1, stale: 1, low_difficulty: 1 });

    expect(await send(other, { hashValue: 1n })).to.equal('rejected');
    expect(await send(other, { blockHeight: 1 })).to.equal('rejected');
    expect(await send(other, { rolled: 'incomplete' })).to.equal('rejected');
    expect(await send(other, { rolled: 'none', difficulty: 1e12 })).to.equal('rejected');
    // Of these, the wrong height is that of other work.
    expect(rejected()).to.deep.equal({ duplicate: 1, stale: 2, low_difficulty: 1, invalid: 3 });

    // What is no rejection counts as none.
    expect(await send(other, {}, ROUND + 5)).to.equal('unknown_round');
    expect(await send(other, { rolled: 'none' })).to.equal('claimed');
    expect(await send(other)).to.equal('accepted');
    expect(Object.values(rejected())).to.deep.equal([1, 2, 1, 3]);
    expect(node.workers.find('rig1')).to.include({ accepted: 2 });

    const { size } = node.workers;
    for (let i = 0; i < 20; i++) await send(other, { workerId: `stranger${i}`, hashValue: 1n });
    expect(node.workers.size).to.equal(size);
    await node.miner.pause();
    expect(await send(third)).to.equal('conflict');
    expect(rejected()).to.deep.equal({ duplicate: 1, stale: 3, low_difficulty: 1, invalid: 3 });
  });

  it('has a block in the store before a share on it is acknowledged, though its first writes failed', async () => {
    source.push(A);
    await until(() => round().current === 0);
    const set = memory.set.bind(memory);
    // The log can be written, but the round can't.
    memory.set = (key, value) =>
      key.startsWith('round:') ? Promise.reject(memory.fault) : set(key, value);
    source.push(B);
    await until(() => round().current === 1);
    const job = node.jobs.handOut(round(), undefined, FLOOR)!;
    const [share] = mineOn(job.template, 1, { prefix: job.prefix, segment: 1 });
    const { hashValue, ...rolled } = share!;
    const receive = () =>
      node.remoteShares.receive(ROUND, {
        workerId: 'rig1',
        submissionId: '1',
        hashValue,
        jobId: job.id,
        rolled,
        difficulty: 0,
        blockHeight: ROUND,
      });
    // A repeat of a share that was not stored is not acknowledged either.
    for (let tries = 0; tries < 2; tries++) {
      expect(await receive().catch(String)).to.equal(
        'UnwritableError: the store takes no writes now',
      );
    }
    memory.set = set;
    expect(await receive()).to.include({ outcome: 'repeated' });
    // What a new process would find if this one were killed now.
    const left = new MemoryStore();
    for (const [key, value] of memory.values) left.values.set(key, value);
    const { rounds } = await openMiner(left, engine);
    const restored = (await rounds.load(ROUND))!;
    expect(restored.shares.map((each) => each.hashValue)).to.include(hashValue);
  });
});
