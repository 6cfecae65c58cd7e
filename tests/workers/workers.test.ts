import { expect } from 'chai';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { RemoteWorker } from '../../src/workers/remote-worker';
import { MAX_WORKERS, SHARED_EXTRANONCE1, Workers } from '../../src/workers/workers';

describe('Workers', () => {
  let nowMs: number;
  let workers: Workers;
  beforeEach(() => {
    nowMs = 0;
    workers = new Workers(() => nowMs);
  });
  const fill = (): RemoteWorker[] =>
    Array.from({ length: MAX_WORKERS }, (_, i) => workers.register(`rig${i}`));

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
    expect(ids.map((id) => restarted.find(id).extranonce1)).to.deep.equal(before);
    expect(restarted.activeWithin(Infinity)).to.equal(0);
  });

  it('lets new ones share a place when all are taken', () => {
    fill();
    expect(workers.register('one more')).to.equal(workers.shared);
    expect(workers.register('rig0')).not.to.equal(workers.shared);
  });

  it('lets the idle give way, and nobody else', () => {
    fill();
    nowMs = 599_000;
    const kept = workers.register('rig5');
    kept.handOut(FLOOR);
    nowMs = 601_000;
    expect(workers.register('one more')).not.to.equal(workers.shared);
    expect(workers.register('rig5')).to.equal(kept);
    expect(workers.activeWithin(60_000)).to.equal(2);
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
      worker.accepted(target);
    }
    nowMs = end;
  };

  it('is asked for the floor until its rate is known', () => {
    expect(worker.handOutTarget(0n)).to.equal(FLOOR);
    nowMs = 1000;
    worker.accepted(0n);
    expect(worker.handOutTarget(0n)).to.equal(FLOOR);
  });

  for (const hashrateHps of [1e6, 8e6, 1e9]) {
    it(`comes to one share a second at ${hashrateHps} H/s`, () => {
      let target = worker.handOutTarget(0n);
      for (let i = 0; i < 20; i++) {
        mine(hashrateHps, 5, target);
        target = worker.handOutTarget(0n);
      }
      const shareSeconds = Number(expectedHashes(target)) / hashrateHps;
      expect(shareSeconds).to.be.within(0.7, 1.4);
    });
  }

  it('is asked for more again when it becomes slower', () => {
    let target = worker.handOutTarget(0n);
    mine(1e8, 10, target);
    target = worker.handOutTarget(0n);
    nowMs += 60_000;
    expect(worker.handOutTarget(0n) > target).to.equal(true);
  });

  it('is asked for all that can still enter the proof', () => {
    worker.handOutTarget(0n);
    mine(1e9, 10, FLOOR);
    const limit = FLOOR / 3n;
    expect(worker.handOutTarget(limit)).to.equal(limit);
  });

  it('is judged by the targets of its recent work', () => {
    const [easy, hard] = [FLOOR, FLOOR / 100n];
    expect(worker.acceptedTarget).to.equal(FLOOR);
    worker.handOut(easy);
    nowMs = 1_000_000;
    expect(worker.acceptedTarget).to.equal(easy);
    worker.handOut(hard);
    nowMs += 100_000;
    expect(worker.acceptedTarget).to.equal(easy);
    nowMs += 100_000;
    expect(worker.acceptedTarget).to.equal(hard);
  });
});
