import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { Engine } from '../../src/mining/engine';
import { createLog } from '../../src/process/log';
import { verifyProof } from '../../src/proof/verify';
import type { Round } from '../../src/rounds/round';
import type { FoundShare } from '../../src/rounds/share-intake';
import { MemoryStore } from '../fixtures/memory-store';
import { mineOn, PushedSource, segmentAt } from '../fixtures/segments';
import { openMiner, type OpenedMiner } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 3;
const [A, B, C] = [segmentAt(900_000), segmentAt(900_001), segmentAt(900_001, 9)];

describe('Miner on a stream of segments', () => {
  let engine: Engine;
  let memory: MemoryStore;
  let source: PushedSource;
  let lines: string[];
  let node: OpenedMiner;
  /** What the threads found, as it came to the door. */
  let found: FoundShare[];
  let mining: Promise<void>;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());

  /** Starts a process on what the store has. */
  const start = async (): Promise<void> => {
    source = new PushedSource();
    lines = [];
    found = [];
    const log = createLog('info', (line) => lines.push(line));
    node = await openMiner(memory, engine, { source, log });
    const take = node.intake.take.bind(node.intake);
    node.intake.take = (share) => {
      found.push(share);
      return take(share);
    };
    mining = node.miner.mine(ROUND, seed, Infinity);
    await until(() => node.miner.miningRound === ROUND);
  };
  const end = async (): Promise<void> => {
    await node.miner.pause();
    await mining;
  };
  const round = (): Round => node.miner.lastRound!;
  const foundOn = (segment: number): FoundShare[] =>
    found.filter(({ job }) => job.segment === segment);
  const isMinedOn =
    (segment: number, count = 1) =>
    () =>
      foundOn(segment).length >= count;
  const expectValid = (): void => {
    const of = { taskId: identity.taskId, round: ROUND, seed };
    expect(verifyProof(round().proof()!, identity.submitter, of)).to.deep.equal({
      valid: true,
      source: 1,
      shares: round().shares.length,
      hashes: round().estimatedHashes,
    });
  };

  beforeEach(async () => {
    memory = new MemoryStore();
    await start();
  });
  afterEach(() => end());

  it('goes on with the next segment without ending the round, and counts all hashes and finds', async () => {
    const hashesBefore = engine.hashes;
    for (const [i, segment] of [A, B, C].entries()) {
      source.push(segment);
      await until(isMinedOn(i, 3));
      expect(node.miner.miningRound).to.equal(ROUND);
      expect(round().current).to.equal(i);
    }
    await end();
    expect(round().segments).to.deep.equal([A, B, C]);
    expect(round().hashes)
      .to.equal(engine.hashes - hashesBefore)
      .and.to.equal(node.miner.hashesDone);
    expect(round().validShares).to.equal(found.length);
    expect(node.shares.statistics).to.include({ valid: found.length, invalid: 0 });
    expectValid();
    expect(
      lines.filter((line) => line.includes('goes on with the block at height')),
    ).to.have.length(2);
    expect(source.open).to.equal(0);
  });

  it('changes often under load, and loses nothing of what was hashed', async () => {
    const hashesBefore = engine.hashes;
    for (let i = 0; i < 30; i++) {
      source.push([A, B, C][i % 3]!);
      await sleep(20);
    }
    await until(isMinedOn(2));
    await end();
    expect(round().segments).to.deep.equal([A, B, C]);
    expect(round().hashes).to.equal(engine.hashes - hashesBefore);
    expect([round().validShares, round().invalidShares]).to.deep.equal([found.length, 0]);
    expectValid();
  });

  it('searches ground of its own each time, also on a segment that comes back and in a later process', async () => {
    const searched: string[] = [];
    const prefixes = new Set<number>();
    const search = engine.search.bind(engine);
    engine.search = (work) => {
      searched.push(`${work.template.height} ${work.prefix}`);
      prefixes.add(work.prefix);
      search(work);
    };
    try {
      for (const segment of [A, B, A, B]) {
        source.push(segment);
        const before = found.length;
        await until(() => round().current === (segment === A ? 0 : 1) && found.length > before);
      }
      await end();
      await start();
      source.push(A);
      await until(isMinedOn(0));
    } finally {
      engine.search = search;
    }
    expect(searched.map((each) => Number(each.split(' ')[0]))).to.deep.equal([
      ...[A, B, A, B, A].map(({ height }) => height),
    ]);
    expect(prefixes.size).to.equal(5);
    expect(prefixes).not.to.include(round().leases.shared);
    expect(round().segments).to.deep.equal([A, B]);
  });

  it('takes late shares of the segment before, of remote workers too, which name their job', async () => {
    source.push(A);
    await until(() => round().current === 0);
    const job = node.jobs.handOut(round(), 'rig1', FLOOR)!;
    const [named, unnamed, later] = mineOn(job.template, 3, { prefix: job.prefix });
    source.push(B);
    await until(() => round().current === 1);
    const submit = (share: typeof named, jobId?: string) =>
      node.remoteShares.submit(ROUND, {
        workerId: 'rig1',
        submissionId: String(share!.nonce),
        hashValue: share!.hashValue,
        difficulty: 0,
        blockHeight: A.height,
        rolled: share!,
        ...(jobId && { jobId }),
      });
    expect(await submit(named, job.id)).to.include({ outcome: 'accepted' });
    // The newest that it was handed is that, too.
    expect(await submit(unnamed)).to.include({ outcome: 'accepted' });
    node.jobs.handOut(round(), 'rig1', FLOOR);
    expect(await submit(later)).to.include({ outcome: 'rejected', reason: 'wrong_height' });
    expect(await submit(later, job.id)).to.include({ outcome: 'accepted' });
    expect(await submit(later, job.id)).to.include({ outcome: 'repeated' });
    const [fresh] = mineOn(job.template, 1, { prefix: job.prefix, extranonce2: 5 });
    expect(await submit(fresh, `00000000${job.id.slice(8)}`)).to.deep.equal({
      outcome: 'conflict',
      reason: 'stale',
    });
    const onA = round().toRecord().segments[0]!.shares;
    expect(onA.length).to.be.at.least(3);
    expect(node.remoteShares.conflictCount).to.equal(1);
  });

  it('tells of each change of the work, and of the end', async () => {
    let changes = 0;
    const next = (): Promise<void> => node.miner.nextChange.then(() => void changes++);
    let change = next();
    source.push(A);
    await change;
    expect(round().current).to.equal(0);
    change = next();
    expect(node.miner.nextChange).to.equal(node.miner.nextChange);
    await sleep(50);
    expect(changes).to.equal(1);
    source.push(B);
    await change;
    expect(round().current).to.equal(1);
    change = next();
    await end();
    await change;
    expect(node.miner.miningRound).to.equal(undefined);
    expect(changes).to.equal(3);
  });

  it('gives the source what was kept of the round, and proves that with what it finds', async () => {
    source.push(A);
    source.push(B);
    await until(isMinedOn(1));
    await end();
    const before = round().shares.map(({ hashValue }) => hashValue);
    await start();
    expect(source.asked).to.deep.equal([
      { of: { taskId: identity.taskId, round: ROUND, seed }, kept: [A, B] },
    ]);
    expect(round().shares.map(({ hashValue }) => hashValue)).to.deep.equal(before);
    source.push(B);
    await until(isMinedOn(1));
    await end();
    expect(round().segments).to.deep.equal([A, B]);
    expectValid();
  });

  it('mines on when its source fails, says so, and closes the round', async () => {
    source.push(A);
    await until(isMinedOn(0));
    source.push(new Error('no block today'));
    await until(() => lines.some((line) => line.includes('gets no more work')));
    expect(lines.find((line) => line.includes('gets no more work'))).to.include('no block today');
    const { length } = found;
    await until(() => found.length > length);
    expect((await node.miner.close(ROUND))!.closed).to.equal(true);
    await mining;
    expectValid();
  });

  it('closes a round that never had work', async () => {
    expect(node.jobs.handOut(round(), 'rig1', FLOOR)).to.equal(undefined);
    expect((await node.miner.close(ROUND))!.proof()).to.equal(undefined);
    await mining;
    expect(source.open).to.equal(0);
    expect([round().hashes, round().segments.length]).to.deep.equal([0, 0]);
  });

  it('mines on while the store takes no writes: new workers share ground, and get their own when it does', async () => {
    source.push(A);
    await until(isMinedOn(0));
    const known = node.jobs.handOut(round(), 'known', FLOOR)!;
    memory.broken = true;
    // As many as can be given what is stored already.
    let last = known;
    for (let i = 0; last.prefix !== round().leases.shared; i++) {
      expect(i).to.be.below(1000);
      last = node.jobs.handOut(round(), `rig${i}`, FLOOR)!;
    }
    await node.miner.makeGround(round());
    expect(node.jobs.handOut(round(), 'one more', FLOOR)!.prefix).to.equal(round().leases.shared);
    expect(node.jobs.handOut(round(), 'known', FLOOR)!.prefix).to.equal(known.prefix);
    source.push(B);
    await until(isMinedOn(1, 2));
    expect(node.miner.healthy).to.deep.equal({ miner: true, shareCollection: false });
    memory.broken = false;
    const { writes } = memory;
    // One write for all who come at once.
    if (round().leases.isShort) {
      await Promise.all(Array.from({ length: 100 }, () => node.miner.makeGround(round())));
      expect(memory.writes - writes).to.be.below(20);
    }
    expect(node.jobs.handOut(round(), 'one more', FLOOR)!.prefix).not.to.equal(
      round().leases.shared,
    );
    await end();
    expect((await (await openMiner(memory, engine)).rounds.load(ROUND))!.segments).to.deep.equal([
      A,
      B,
    ]);
  });

  it('has a block in the store before a share on it is acknowledged, though its first writes failed', async () => {
    source.push(A);
    await until(() => round().current === 0);
    const set = memory.set.bind(memory);
    // The log takes what comes, and the round can't be written.
    memory.set = (key, value) =>
      key.startsWith('round:') ? Promise.reject(memory.fault) : set(key, value);
    source.push(B);
    await until(() => round().current === 1);
    const job = node.jobs.handOut(round(), undefined, FLOOR)!;
    const [share] = mineOn(job.template, 1, { prefix: job.prefix, segment: 1 });
    const { hashValue, ...rolled } = share!;
    const submit = () =>
      node.remoteShares.submit(ROUND, {
        workerId: 'rig1',
        submissionId: '1',
        hashValue,
        jobId: job.id,
        rolled,
        difficulty: 0,
        blockHeight: ROUND,
      });
    // A repeat of what was not stored is not acknowledged either.
    for (let tries = 0; tries < 2; tries++) {
      expect(await submit().catch(String)).to.equal(
        'UnwritableError: the store takes no writes now',
      );
    }
    memory.set = set;
    expect(await submit()).to.include({ outcome: 'repeated' });
    // As a process finds it that is started when this one was killed now.
    const left = new MemoryStore();
    for (const [key, value] of memory.values) left.values.set(key, value);
    const { rounds } = await openMiner(left, engine);
    const restored = (await rounds.load(ROUND))!;
    expect(restored.shares.map((each) => each.hashValue)).to.include(hashValue);
  });

  it('tells of a store that fails once, however many workers ask for ground', async () => {
    source.push(A);
    await until(() => round().current === 0);
    memory.broken = true;
    for (let i = 0; i < 400; i++) {
      await node.miner.makeGround(round());
      node.jobs.handOut(round(), `rig${i}`, FLOOR);
    }
    expect(lines.filter((line) => line.includes('could not be saved'))).to.have.length(1);
    memory.broken = false;
  });

  it('rests, and says so, when all ground of a round is leased', async () => {
    source.push(A);
    await until(isMinedOn(0));
    let taken = 0;
    while (round().leases.take() !== undefined) taken++;
    expect(taken).to.be.greaterThan(60_000);
    source.push(B);
    await until(() => lines.some((line) => line.includes('has no ground left')));
    await until(() => engine.hashrateHps === 0);
    expect(foundOn(1)).to.deep.equal([]);
    expect(node.miner.miningRound).to.equal(ROUND);
    await end();
    expectValid();
  });
});
