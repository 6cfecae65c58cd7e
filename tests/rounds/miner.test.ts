import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { Engine } from '../../src/mining/engine';
import type { Share } from '../../src/proof/shares';
import { verifyProof } from '../../src/proof/verify';
import type { Miner } from '../../src/rounds/miner';
import type { Round } from '../../src/rounds/round';
import { MemoryStore } from '../fixtures/memory-store';
import { mineOn, PushedSource, segmentAt } from '../fixtures/segments';
import { openMiner, type OpenedMiner } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

describe('Miner', () => {
  let engine: Engine;
  let memory: MemoryStore;
  const opened: Miner[] = [];
  const miner = async (): Promise<Miner> => {
    const { miner } = await openMiner(memory, engine);
    opened.push(miner);
    return miner;
  };
  const sharesOf = async (of: Miner, round: number): Promise<number> =>
    (await of.round(round))?.shares.length ?? 0;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());
  beforeEach(() => (memory = new MemoryStore()));
  // Mining left running by a failed test would keep this process from ending.
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.pause())));

  it('mines a round for its time and gives a valid proof', async () => {
    const node = await miner();
    // On a busy machine a thread of the lowest priority may get too little time at first.
    await until(async () => {
      await node.mine(3, seed, 1500);
      return (await sharesOf(node, 3)) > 0 && (await node.round(3))!.hashes > 2 ** 18;
    }, 40_000);
    expect(node.miningRound).to.equal(undefined);
    const round = await node.close(3);
    const of = { taskId: identity.taskId, round: 3, seed };
    const verdict = verifyProof(round!.proof()!, identity.submitter, of);
    expect(verdict).to.include({ valid: true, shares: round!.shares.length });
    expect(round!.hashes).to.be.greaterThan(2 ** 18);
  });

  it('ends a round when it is closed, and goes on with it when it is begun again', async () => {
    const node = await miner();
    const mining = node.mine(3, seed, Infinity);
    await until(async () => (await sharesOf(node, 3)) > 0);
    const proof = (await node.close(3))!.proof();
    await mining;
    expect((await node.close(3))!.proof()).to.equal(proof);
    // As after a reset of the chain: the round number runs again, maybe with the same seed.
    const before = (await node.round(3))!.shares[0]!.hashValue;
    const again = node.mine(3, seed, Infinity);
    await until(() => node.miningRound === 3);
    expect(node.lastRound).to.include({ number: 3, closed: false });
    await node.pause();
    await again;
    expect(node.lastRound!.shares[0]!.hashValue <= before).to.equal(true);
  });

  it('tells how long it will mine, as whoever ends the mining expects', async () => {
    const node = await miner();
    const mining = node.mine(3, seed, 60 * 86_400_000);
    await until(() => node.miningRound === 3);
    // More than a timer holds: as one timer it would end after a millisecond.
    await sleep(200);
    expect(node.miningRound).to.equal(3);
    expect(node.msLeft).to.be.greaterThan(59 * 86_400_000);
    node.expectEnd(5000);
    expect(node.msLeft).to.be.within(1, 5000);
    await node.pause();
    await mining;
    expect(node.msLeft).to.equal(undefined);
  });

  it('leaves a round for the next', async () => {
    const node = await miner();
    const first = node.mine(3, seed, Infinity);
    await until(async () => (await sharesOf(node, 3)) > 0);
    const second = node.mine(4, seed, Infinity);
    await first;
    await until(async () => (await sharesOf(node, 4)) > 0);
    expect(node.miningRound).to.equal(4);
    await node.pause();
    await second;
    expect((await node.close(3))!.proof()).to.be.a('string');
  });

  it('joins the mining that runs when the round is started twice, and obeys the last of several', async () => {
    const node = await miner();
    const both = [node.mine(3, seed, Infinity), node.mine(3, seed, Infinity)];
    await until(() => node.miningRound === 3);
    const again = node.mine(3, seed, Infinity);
    const later = [4, 5, 6].map((round) => node.mine(round, seed, Infinity));
    await until(() => node.miningRound === 6);
    await Promise.all([...both, again, ...later.slice(0, 2)]);
    expect(node.miningRound).to.equal(6);
    await node.pause();
    await later[2];
    expect(node.miningRound).to.equal(undefined);
    expect(node.lastRound).to.include({ number: 6 });
  });

  it('knows how long a round was mined on its seed, by an earlier process too', async () => {
    const first = await miner();
    const startedAt = performance.now();
    await first.mine(3, Buffer.from(seed), 1200);
    const tookMs = performance.now() - startedAt;
    const second = await miner();
    const minedMs = await second.minedMs(3, Buffer.from(seed));
    expect(minedMs).to.be.within(1199, Math.ceil(tookMs));
    await second.mine(3, seed, 300);
    expect(await second.minedMs(3, Buffer.from(seed))).to.be.at.least(minedMs + 299);
    expect(await second.minedMs(3, Buffer.alloc(32, 1))).to.equal(0);
    expect(await second.minedMs(4, Buffer.from(seed))).to.equal(0);
    // Closed it is over: mined once more, as after a reset of the chain, it has all of its time again.
    await second.close(3);
    expect(await second.minedMs(3, Buffer.from(seed))).to.equal(0);
    await second.mine(3, seed, 300);
    expect(await second.minedMs(3, Buffer.from(seed))).to.be.within(299, minedMs);
  });

  it('goes on with what an earlier process found, on ground that none leased before', async () => {
    const first = await miner();
    const mining = first.mine(3, seed, Infinity);
    await until(async () => (await sharesOf(first, 3)) >= 3);
    // What a process killed now would leave behind, at most a second old.
    await until(() => memory.writes > 1);
    const snapshot = new Map(memory.values);
    await first.pause();
    await mining;

    memory.values.clear();
    for (const [key, value] of snapshot) memory.values.set(key, value);
    const second = await miner();
    const before = (await second.round(3))!;
    const kept = before.shares.map(({ hashValue }) => hashValue);
    expect(kept.length).to.be.greaterThan(0);
    const { leased } = before.toRecord();
    const again = second.mine(3, seed, Infinity);
    // The proof may be full already: then a better share has to replace one.
    await until(() => second.lastRound?.shares.some(({ prefix }) => prefix > 0) === true);
    await second.pause();
    await again;
    const { shares } = (await second.close(3))!;
    const lowest = [...kept].sort((a, b) => (a < b ? -1 : 1))[0]!;
    expect(shares.map(({ hashValue }) => hashValue)).to.include(lowest);
    const prefixes = new Set(shares.map(({ prefix }) => prefix));
    expect([...prefixes]).to.have.length(2);
    expect(Math.min(...prefixes)).to.equal(0);
    // The earlier process may have leased every prefix that its record covers.
    expect(Math.max(...prefixes)).to.be.at.least(leased - 256);
  });

  it('starts afresh when the seed of the round is another', async () => {
    const node = await miner();
    await node.mine(3, seed, 700);
    const other = Buffer.alloc(32, 0x44);
    await node.mine(3, other, 700);
    expect((await node.round(3))!.seed.equals(other)).to.equal(true);
  });

  it('reports a store that fails, mines on, and recovers', async () => {
    const node = await miner();
    const mining = node.mine(3, seed, Infinity);
    await until(() => node.miningRound === 3);
    memory.broken = true;
    await until(() => !node.healthy.shareCollection);
    expect(node.healthy.miner).to.equal(true);
    memory.broken = false;
    await until(() => node.healthy.shareCollection);
    await node.pause();
    await mining;
  });

  it('has late shares in the proof of a round, until that is closed', async () => {
    const node = await openMiner(memory, engine);
    opened.push(node.miner);
    await node.miner.begin(3, seed, Infinity);
    const round = node.miner.lastRound!;
    await until(() => round.templates.length > 0);
    await node.miner.pause();
    const template = round.templates[0]!;
    const [late, later, tooLate] = mineOn(template, 3, { prefix: 9 });
    const take = (share: Share | undefined): string =>
      node.intake.take({
        job: { round: 3, segment: 0, template, prefix: 9, target: FLOOR },
        attempt: share!,
        workerId: 'rig1',
        submissionId: String(share!.nonce),
        storeFirst: 'entering',
      }).outcome;
    expect(take(late)).to.equal('accepted');
    const next = node.miner.mine(4, seed, Infinity);
    await until(() => node.miner.miningRound === 4);
    expect(take(later)).to.equal('accepted');
    expect(await node.miner.round(3)).to.equal(round);
    const closed = await node.miner.close(3);
    expect(closed!.shares.map(({ hashValue }) => hashValue)).to.include.members([
      late!.hashValue,
      later!.hashValue,
    ]);
    expect(take(tooLate)).to.equal('conflict');
    expect((await (await miner()).round(3))!.proof()).to.equal(closed!.proof());
    await node.miner.pause();
    await next;
  });

  it('knows nothing of a round it never mined', async () => {
    expect(await (await miner()).close(9)).to.equal(undefined);
    expect(await (await miner()).round(9)).to.equal(undefined);
  });
});

describe('Miner on a stream of segments', () => {
  const ROUND = 3;
  let engine: Engine;
  let source: PushedSource;
  let node: OpenedMiner;
  let mining: Promise<void>;
  const round = (): Round => node.miner.lastRound!;

  before(() => (engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined })));
  after(() => engine.close());
  beforeEach(async () => {
    source = new PushedSource();
    node = await openMiner(new MemoryStore(), engine, { source });
    mining = (await node.miner.begin(ROUND, seed, Infinity))!.ended;
  });
  afterEach(() => node.miner.pause());

  it('tells of each change of the work, and of the end', async () => {
    let changes = 0;
    const next = (): Promise<void> => node.miner.nextChange.then(() => void changes++);
    let change = next();
    source.push(segmentAt(900_000));
    await change;
    expect(round().current).to.equal(0);
    change = next();
    expect(node.miner.nextChange).to.equal(node.miner.nextChange);
    // No further change comes by itself.
    await sleep(50);
    expect(changes).to.equal(1);
    source.push(segmentAt(900_001));
    await change;
    expect(round().current).to.equal(1);
    change = next();
    await node.miner.pause();
    await change;
    expect(node.miner.miningRound).to.equal(undefined);
    expect(changes).to.equal(3);
  });

  it('sets the target of its threads by shares of the round that they search, not by late ones of another', async () => {
    const SEGMENT = segmentAt(900_000);
    source.push(SEGMENT);
    await until(() => round().current === 0);
    const first = round();
    mining = (await node.miner.begin(ROUND + 1, seed, Infinity))!.ended;
    source.push(SEGMENT);
    await until(() => round().current === 0);
    const targets: bigint[] = [];
    const setTarget = engine.setTarget.bind(engine);
    engine.setTarget = (target) => void targets.push(target);
    const take = (of: Round): void => {
      const [share] = mineOn(of.templates[0]!, 1, { prefix: 9 });
      // Such a round would have its threads find more.
      Object.defineProperty(of, 'entryTarget', { value: 4n * FLOOR });
      const { outcome } = node.intake.take({
        job: {
          round: of.number,
          segment: 0,
          template: of.templates[0]!,
          prefix: 9,
          target: FLOOR,
        },
        attempt: share!,
        workerId: 'rig1',
        submissionId: 'late',
        storeFirst: 'none',
      });
      expect(outcome).to.equal('accepted');
    };
    try {
      take(first);
      expect(targets).not.to.include(4n * FLOOR);
      take(round());
      expect(targets).to.include(4n * FLOOR);
    } finally {
      engine.setTarget = setTarget;
    }
  });

  it('closes a round that never had work', async () => {
    expect(node.jobs.handOut(round(), 'rig1', FLOOR)).to.equal(undefined);
    expect((await node.miner.close(ROUND))!.proof()).to.equal(undefined);
    await mining;
    expect(source.open).to.equal(0);
    expect([round().hashes, round().segments.length]).to.deep.equal([0, 0]);
  });
});
