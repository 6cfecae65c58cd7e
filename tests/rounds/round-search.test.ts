import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { Engine } from '../../src/mining/engine';
import { createLog } from '../../src/process/log';
import { verifyProof } from '../../src/proof/verify';
import type { Miner } from '../../src/rounds/miner';
import type { Round } from '../../src/rounds/round';
import type { FoundShare } from '../../src/rounds/share-intake';
import { HeldStore } from '../fixtures/held-store';
import { MemoryStore } from '../fixtures/memory-store';
import { PushedSource, segmentAt } from '../fixtures/segments';
import { openMiner, type OpenedMiner } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 3;
const [A, B, C] = [segmentAt(900_000), segmentAt(900_001), segmentAt(900_001, 9)];

describe('RoundSearch', () => {
  let engine: Engine;
  let memory: MemoryStore;
  let source: PushedSource;
  let lines: string[];
  let node: OpenedMiner;
  /** What the threads found, as the door received it. */
  let found: FoundShare[];
  let mining: Promise<void>;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());

  /** Starts a process on what is in the store. */
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
      await until(() => round().current === i % 3);
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
    expect(searched.map((each) => Number(each.split(' ')[0]))).to.deep.equal(
      [A, B, A, B, A].map(({ height }) => height),
    );
    expect(prefixes.size).to.equal(5);
    expect(prefixes).not.to.include(round().leases.shared);
    expect(round().segments).to.deep.equal([A, B]);
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

  it('mines on while the store takes no writes: new workers share ground, and get their own when it does', async () => {
    source.push(A);
    await until(isMinedOn(0));
    const known = node.jobs.handOut(round(), 'known', FLOOR)!;
    memory.broken = true;
    // Workers get ground until what is stored as leased is used up.
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
    await node.miner.makeGround(round());
    expect(node.jobs.handOut(round(), 'one more', FLOOR)!.prefix).not.to.equal(
      round().leases.shared,
    );
    await end();
    expect((await (await openMiner(memory, engine)).rounds.load(ROUND))!.segments).to.deep.equal([
      A,
      B,
    ]);
  });

  it('takes up a new tip before the store has it, but no ground that the store does not know', async () => {
    await end();
    const held = new HeldStore();
    memory = held;
    await start();
    try {
      held.hold();
      source.push(A);
      await until(() => held.waiting.some((key) => key.startsWith('round:')));
      expect(round().current).to.equal(undefined);
      held.release();
      await until(isMinedOn(0));
      held.hold();
      source.push(B);
      await until(isMinedOn(1));
      expect(round().hasUnstoredSegment).to.equal(true);
      expect(round().leases.isStored(foundOn(1)[0]!.job.prefix)).to.equal(true);
    } finally {
      held.release();
    }
    await until(() => !round().hasUnstoredSegment);
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

describe('RoundSearch on the one segment of koii', function () {
  this.timeout(120_000);
  /** Threads have the lowest priority: beside other tests they come to a share now and then. */
  const BUSY_MS = 90_000;
  let engine: Engine;
  let memory: MemoryStore;
  let node: Miner;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());
  beforeEach(async () => {
    memory = new MemoryStore();
    node = (await openMiner(memory, engine)).miner;
  });
  // Mining left running by a failed test would keep this process from ending.
  afterEach(() => node.pause());

  it('asks for the floor first, then for less as its best get better', async () => {
    const mining = node.mine(3, seed, Infinity);
    await until(() => node.miningRound === 3);
    expect(node.shareTarget).to.equal(FLOOR);
    await until(async () => (await node.round(3))?.shares.length === 28, BUSY_MS);
    await until(() => node.shareTarget < FLOOR, BUSY_MS);
    const round = (await node.round(3))!;
    expect(node.shareTarget >= round.entryTarget).to.equal(true);
    await node.pause();
    await mining;
  });

  it('keeps its target over rests and changes of the intensity', async () => {
    const mining = node.mine(3, seed, Infinity);
    const hashes = (): number => Number(expectedHashes(node.shareTarget));
    const floor = Number(expectedHashes(FLOOR));
    await until(() => hashes() > 2 * floor, BUSY_MS);
    const lowest = async (forMs: number): Promise<number> => {
      let lowest = Infinity;
      // It must not fall in all that time.
      for (const endMs = performance.now() + forMs; performance.now() < endMs; await sleep(10)) {
        lowest = Math.min(lowest, hashes());
      }
      return lowest;
    };
    const before = hashes();
    engine.setIntensity(0);
    // The target is set anew every second.
    expect(await lowest(2500)).to.be.at.least(before * 0.9);
    engine.setIntensity(100);
    expect(await lowest(1500)).to.be.greaterThan(1.1 * floor);
    await node.pause();
    await mining;
  });

  it('counts no hash twice, however long the first save of a round takes', async () => {
    const first = node.mine(3, seed, Infinity);
    await until(() => node.hashesDone > 0);
    await node.pause();
    await first;
    const { hashesDone } = node;
    const set = memory.set.bind(memory);
    let goOn = (): void => undefined;
    const slow = new Promise<void>((resolve) => (goOn = resolve));
    memory.set = async (key, value) => {
      await slow;
      return set(key, value);
    };
    const second = node.mine(4, seed, Infinity);
    await until(() => node.miningRound === 4);
    // Nothing may be counted in that time; threads that hash report it several times a second.
    await sleep(2500);
    expect(node.lastRound!.hashes).to.equal(0);
    expect(node.hashesDone).to.equal(hashesDone);
    goOn();
    await until(() => node.hashesDone > hashesDone);
    await node.pause();
    await second;
    expect(node.lastRound!.hashes).to.equal(node.hashesDone - hashesDone);
  });
});
