import { expect } from 'chai';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { shareTargetFor } from '../../src/workers/targets';
import { REJECTED_AS, RemoteWorker } from '../../src/workers/worker';

const ROUND = 7;

describe('RemoteWorker', () => {
  let nowMs: number;
  let worker: RemoteWorker;
  beforeEach(() => {
    nowMs = 0;
    worker = new RemoteWorker(() => nowMs);
  });
  /** Hands it work over HTTP. @returns its target */
  const handOut = (wanted: bigint): bigint => {
    const target = worker.handed.handOut(ROUND, 0, wanted);
    worker.works(ROUND, target);
    return target;
  };
  /** The target of the work it asks for now. */
  const ask = (entryTarget = 0n): bigint =>
    handOut(shareTargetFor(worker.hashrateHps, entryTarget));
  const accept = (hashValue: bigint): void =>
    worker.accept({ round: ROUND, hashValue, hashes: worker.handed.hashesOf(ROUND, hashValue) });
  /** Finds shares of a target, at a rate, for some seconds. */
  const mine = (hashrateHps: number, seconds: number, target: bigint): void => {
    const msPerShare = (Number(expectedHashes(target)) / hashrateHps) * 1000;
    const end = nowMs + seconds * 1000;
    for (let at = nowMs + msPerShare; at <= end; at += msPerShare) {
      nowMs = at;
      accept(target);
    }
    nowMs = end;
  };

  it('tells its rate and its best share of a round, and counts a late share of another for neither', () => {
    expect([worker.roundHashrateHps(ROUND), worker.roundBest(ROUND)]).to.deep.equal([0, undefined]);
    worker.works(ROUND, FLOOR);
    nowMs = 4_000;
    worker.accept({ round: ROUND, hashValue: 9n, hashes: 1e6 });
    // Too short a time to tell.
    expect(worker.roundHashrateHps(ROUND)).to.equal(0);
    nowMs = 10_000;
    worker.accept({ round: ROUND, hashValue: 7n, hashes: 1e6 });
    worker.accept({ round: ROUND, hashValue: 8n, hashes: 1e6 });
    expect(worker.roundHashrateHps(ROUND)).to.equal(3e5);
    expect(worker.roundBest(ROUND)).to.equal(7n);
    // More work in the same round begins nothing anew.
    worker.works(ROUND, FLOOR / 2n);
    nowMs = 20_000;
    expect(worker.roundHashrateHps(ROUND)).to.equal(1.5e5);
    expect(worker.target).to.equal(FLOOR / 2n);

    worker.works(ROUND + 1, FLOOR);
    worker.accept({ round: ROUND, hashValue: 1n, hashes: 1e6 });
    nowMs = 30_000;
    for (const round of [ROUND, ROUND + 1, undefined]) {
      expect([worker.roundHashrateHps(round), worker.roundBest(round)]).to.deep.equal([
        0,
        undefined,
      ]);
    }
    // It is credited all the same.
    expect([worker.accepted, worker.provenHashes]).to.deep.equal([4, 4e6]);
    expect(worker.lastShareAtMs).to.equal(20_000);
    worker.accept({ round: ROUND + 1, hashValue: 5n, hashes: 1e6 });
    expect(worker.roundHashrateHps(ROUND + 1)).to.equal(1e5);
    expect(worker.roundBest(ROUND + 1)).to.equal(5n);
  });

  it('has a rate from the first work on, whatever it proved before, and none when it falls silent', () => {
    // As after a restart: shares on jobs of the former process, before it asks.
    worker.accept({ round: ROUND, hashValue: 1n, hashes: 1e12 });
    nowMs = 20_000;
    expect(worker.hashrateHps).to.equal(0);
    worker.works(ROUND, FLOOR);
    for (let second = 1; second <= 10; second++) {
      nowMs += 1_000;
      worker.accept({ round: ROUND, hashValue: 1n, hashes: 2e6 });
    }
    expect(worker.hashrateHps).to.be.within(1.8e6, 2.2e6);
    nowMs += 31_000;
    expect(worker.hashrateHps).to.equal(0);
  });

  it('counts rejections by reason, and they change nothing else', () => {
    worker.works(ROUND, FLOOR);
    for (const as of REJECTED_AS) worker.reject(as);
    worker.reject('stale');
    expect(Object.fromEntries(worker.rejected)).to.deep.equal({
      stale: 2,
      duplicate: 1,
      low_difficulty: 1,
      invalid: 1,
    });
    expect([worker.accepted, worker.provenHashes, worker.lastShareAtMs]).to.deep.equal([
      0,
      0,
      undefined,
    ]);
  });

  it('is asked for the floor until its rate is known', () => {
    expect(ask()).to.equal(FLOOR);
    nowMs = 1000;
    accept(0n);
    expect(ask()).to.equal(FLOOR);
  });

  for (const hashrateHps of [1e6, 8e6, 1e9]) {
    it(`comes to one share a second at ${hashrateHps} H/s`, () => {
      let target = ask();
      for (let i = 0; i < 20; i++) {
        mine(hashrateHps, 5, target);
        target = ask();
      }
      const shareSeconds = Number(expectedHashes(target)) / hashrateHps;
      expect(shareSeconds).to.be.within(0.7, 1.4);
    });
  }

  it('is asked for more again when it becomes slower', () => {
    let target = ask();
    mine(1e8, 10, target);
    target = ask();
    nowMs += 60_000;
    expect(ask() > target).to.equal(true);
  });

  it('is asked for all that can still enter the proof', () => {
    ask();
    mine(1e9, 10, FLOOR);
    const entryTarget = FLOOR / 3n;
    expect(ask(entryTarget)).to.equal(entryTarget);
  });

  it('is credited with what it does, also when it never takes a harder target', () => {
    const hashrateHps = 1e8;
    // As a miner at the floor finds shares: every hash value below it is equally likely.
    const sharesPerSecond = hashrateHps / Number(expectedHashes(FLOOR));
    const rates: number[] = [];
    let found = 0;
    let state = 1;
    for (let second = 1; second <= 120; second++) {
      ask();
      for (; found < second * sharesPerSecond; found++) {
        nowMs = (found / sharesPerSecond) * 1000;
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        accept((FLOOR * BigInt(state)) >> 32n);
      }
      nowMs = second * 1000;
      if (second > 40) rates.push(worker.hashrateHps);
    }
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    expect(mean / hashrateHps).to.be.within(0.7, 1.4);
  });

  it('is credited with what it does while its targets go up and down, on whichever of them it mines', () => {
    const hard = FLOOR / 16n;
    const hashrateHps = 2e7;
    const sharesPerSecond = hashrateHps / Number(expectedHashes(FLOOR));
    const random = seededRandom(7);
    // Which of its targets it mines on, second by second: the newest, or an earlier one.
    for (const minesOn of ['newest', 'easiest', 'hardest', 'any'] as const) {
      nowMs = 0;
      worker = new RemoteWorker(() => nowMs);
      const handed: bigint[] = [];
      const rates: number[] = [];
      for (let second = 0; second < 240; second++) {
        handed.push(handOut([hard, FLOOR, FLOOR / 4n][second % 3]!));
        const own = {
          newest: handed[handed.length - 1]!,
          easiest: FLOOR,
          hardest: hard,
          any: handed[Math.floor(random() * handed.length)]!,
        }[minesOn];
        for (let share = 0; share < sharesPerSecond; share++) {
          nowMs = (second + share / sharesPerSecond) * 1000;
          // Every hash value below the floor is equally likely.
          const hashValue = (FLOOR * BigInt(Math.floor(random() * 2 ** 32))) >> 32n;
          if (hashValue <= own) accept(hashValue);
        }
        nowMs = (second + 1) * 1000;
        if (second >= 60) rates.push(worker.hashrateHps);
      }
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      expect(mean / hashrateHps, `on the ${minesOn}`).to.be.within(0.85, 1.15);
    }
  });
});

/** Numbers from 0 up to 1, the same on every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
