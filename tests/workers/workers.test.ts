import { expect } from 'chai';
import fc from 'fast-check';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { RemoteWorker } from '../../src/workers/remote-worker';
import {
  extranonces1Of,
  MAX_WORKERS,
  SHARED_EXTRANONCE1,
  Workers,
} from '../../src/workers/workers';

const ROUND = 7;

describe('Workers', () => {
  let nowMs: number;
  let workers: Workers;
  beforeEach(() => {
    nowMs = 0;
    workers = new Workers(() => nowMs);
  });
  const fill = (): RemoteWorker[] =>
    Array.from({ length: MAX_WORKERS }, (_, i) => workers.register(`rig${i}`));
  /** Has a share accepted that was found where the id searches first. */
  const prove = (id: string): RemoteWorker => workers.prove(id, extranonces1Of(id)[0]!);
  const idsKnown = (): string[] => workers.list().map(({ id }) => id);
  /** An id that searches at this extranonce1 first. */
  const idAt = (extranonce1: number): string => {
    for (let i = 0; ; i++) if (extranonces1Of(`rival${i}`)[0] === extranonce1) return `rival${i}`;
  };

  it('gives each an extranonce1 of its own, beyond those of the threads', () => {
    const extranonces1 = fill().map(({ extranonce1 }) => extranonce1);
    expect(new Set(extranonces1).size).to.equal(MAX_WORKERS);
    expect(Math.min(...extranonces1)).to.be.above(SHARED_EXTRANONCE1);
    expect(Math.max(...extranonces1)).to.be.below(2 ** 16);
  });

  it('gives a worker the one it had before the node was restarted', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `rig${i}`);
    const before = ids.map((id) => workers.register(id).extranonce1);
    const restarted = new Workers();
    const places = ids.map(extranonces1Of);
    expect(before.every((extranonce1, i) => places[i]!.includes(extranonce1))).to.equal(true);
    expect(ids.map((id) => restarted.register(id).extranonce1)).to.deep.equal(before);
  });

  it('gives the place of whoever asked longest ago, but for those with accepted shares', () => {
    fill();
    prove('rig0');
    workers.register('rig1');
    expect(workers.register('one more')).not.to.equal(workers.shared);
    expect(idsKnown()).to.include.members(['rig0', 'rig1', 'one more']).and.not.include('rig2');
    for (let i = 0; i < 5 * MAX_WORKERS; i++) workers.register(`flood${i}`);
    expect(idsKnown().filter((id) => id.startsWith('rig'))).to.deep.equal(['rig0']);
    expect(idsKnown()).to.have.length(MAX_WORKERS);
  });

  it('tells of those with accepted shares first', () => {
    prove('rig0');
    for (let i = 0; i < 60; i++) workers.register(`flood${i}`);
    expect(idsKnown()[0]).to.equal('rig0');
  });

  it('gives a worker its place back with the share it found there', () => {
    const { extranonce1 } = workers.register('rig');
    for (let i = 0; i < MAX_WORKERS; i++) workers.register(`flood${i}`);
    expect(workers.find('rig')).to.equal(undefined);
    expect(prove('rig').extranonce1).to.equal(extranonce1);
    for (let i = 0; i < MAX_WORKERS; i++) workers.register(`flood again${i}`);
    expect(workers.register('rig').extranonce1).to.equal(extranonce1);
  });

  it('lets who proved work have a place that it found a share on, unless its holder did, too', () => {
    const [first, second] = extranonces1Of('rig');
    const rival = idAt(first!);
    workers.register(rival);
    expect(workers.register('rig').extranonce1).to.equal(second);
    expect(prove('rig').extranonce1).to.equal(second);

    workers = new Workers(() => nowMs);
    workers.register(rival);
    expect(prove('rig').extranonce1).to.equal(first);
    expect(workers.register(rival).extranonce1).to.equal(extranonces1Of(rival)[1]);

    workers = new Workers(() => nowMs);
    prove(rival);
    expect(workers.register('rig').extranonce1).to.equal(second);
    expect(prove('rig').extranonce1).to.equal(second);
  });

  it('takes neither place of an id for taken while nobody there had a share', () => {
    const places = extranonces1Of('rig');
    const rivals = places.map(idAt);
    for (const rival of rivals) workers.register(rival);
    expect(workers.register('rig').extranonce1).to.equal(places[0]);

    workers = new Workers(() => nowMs);
    for (const rival of rivals) prove(rival);
    expect(workers.register('rig')).to.equal(workers.shared);
    expect(prove('rig')).to.equal(workers.shared);
  });

  it('lets new ones share a place when all others are at work', () => {
    for (const { id } of (fill(), workers.list())) prove(id);
    expect(workers.register('one more')).to.equal(workers.shared);
    expect(prove('one more')).to.equal(workers.shared);
    nowMs = 599_000;
    const kept = workers.register('rig5');
    prove('rig6');
    nowMs = 601_000;
    expect(workers.register('one more')).not.to.equal(workers.shared);
    expect(workers.register('rig5')).to.equal(kept);
    expect(workers.activeWithin(60_000)).to.equal(3);
    expect(idsKnown()).to.include.members(['rig5', 'rig6']).and.have.length(MAX_WORKERS);
  });

  it('never has more than there are places, nor two at one, nor takes one from who proved work', () => {
    const step = fc.record({ id: fc.nat(60), proves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        workers = new Workers(() => nowMs);
        fill();
        const places = new Map<string, number>();
        for (const { id, proves } of steps) {
          const name = `more${id}`;
          const worker = proves ? prove(name) : workers.register(name);
          expect(worker).not.to.equal(workers.shared);
          if (proves || places.has(name)) places.set(name, worker.extranonce1);
          for (const [proven, extranonce1] of places) {
            expect(workers.find(proven)?.extranonce1).to.equal(extranonce1);
          }
        }
        const held = idsKnown().map((id) => workers.find(id)!.extranonce1);
        expect(new Set(held).size).to.equal(held.length).and.to.be.at.most(MAX_WORKERS);
      }),
      { numRuns: 20 },
    );
  });
});

describe('RemoteWorker', () => {
  let nowMs: number;
  let worker: RemoteWorker;
  beforeEach(() => {
    nowMs = 0;
    worker = new RemoteWorker(0x0101, () => nowMs);
  });
  /** Finds shares of the target it has, at its rate, for some seconds. */
  const mine = (hashrateHps: number, seconds: number, target: bigint): void => {
    const msPerShare = (Number(expectedHashes(target)) / hashrateHps) * 1000;
    const end = nowMs + seconds * 1000;
    for (let at = nowMs + msPerShare; at <= end; at += msPerShare) {
      nowMs = at;
      worker.accepted(ROUND, target);
    }
    nowMs = end;
  };

  it('is asked for the floor until its rate is known', () => {
    expect(worker.handOutTarget(ROUND, 0n)).to.equal(FLOOR);
    nowMs = 1000;
    worker.accepted(ROUND, 0n);
    expect(worker.handOutTarget(ROUND, 0n)).to.equal(FLOOR);
  });

  for (const hashrateHps of [1e6, 8e6, 1e9]) {
    it(`comes to one share a second at ${hashrateHps} H/s`, () => {
      let target = worker.handOutTarget(ROUND, 0n);
      for (let i = 0; i < 20; i++) {
        mine(hashrateHps, 5, target);
        target = worker.handOutTarget(ROUND, 0n);
      }
      const shareSeconds = Number(expectedHashes(target)) / hashrateHps;
      expect(shareSeconds).to.be.within(0.7, 1.4);
    });
  }

  it('is asked for more again when it becomes slower', () => {
    let target = worker.handOutTarget(ROUND, 0n);
    mine(1e8, 10, target);
    target = worker.handOutTarget(ROUND, 0n);
    nowMs += 60_000;
    expect(worker.handOutTarget(ROUND, 0n) > target).to.equal(true);
  });

  it('is asked for all that can still enter the proof', () => {
    worker.handOutTarget(ROUND, 0n);
    mine(1e9, 10, FLOOR);
    const limit = FLOOR / 3n;
    expect(worker.handOutTarget(ROUND, limit)).to.equal(limit);
  });

  it('is judged by the easiest target of the round, whoever asked for others', () => {
    const [easy, hard] = [FLOOR / 2n, FLOOR / 100n];
    expect(worker.acceptedTarget(ROUND)).to.equal(FLOOR);
    worker.handOut(ROUND, hard);
    expect(worker.acceptedTarget(ROUND)).to.equal(hard);
    worker.handOut(ROUND, easy);
    for (let i = 1n; i < 20n; i++) worker.handOut(ROUND, hard / i);
    nowMs = 1_000_000;
    expect(worker.acceptedTarget(ROUND)).to.equal(easy);
    worker.handOut(ROUND + 1, hard);
    expect(worker.acceptedTarget(ROUND + 1)).to.equal(hard);
    expect(worker.acceptedTarget(ROUND)).to.equal(FLOOR);
  });

  it('is credited with what it does, also when it never takes a harder target', () => {
    const hashrateHps = 1e8;
    // As a miner of the floor finds them: each hash value below it is as likely as any other.
    const sharesPerSecond = hashrateHps / Number(expectedHashes(FLOOR));
    const rates: number[] = [];
    let found = 0;
    let state = 1;
    for (let second = 1; second <= 120; second++) {
      worker.handOutTarget(ROUND, 0n);
      for (; found < second * sharesPerSecond; found++) {
        nowMs = (found / sharesPerSecond) * 1000;
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        worker.accepted(ROUND, (FLOOR * BigInt(state)) >> 32n);
      }
      nowMs = second * 1000;
      if (second > 40) rates.push(worker.hashrateHps);
    }
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    expect(mean / hashrateHps).to.be.within(0.7, 1.4);
  });
});
