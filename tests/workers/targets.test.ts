import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { expectedHashes } from '../../src/bitcoin/target';
import { HandedTargets, isAnotherTarget, shareTargetFor } from '../../src/workers/targets';

const ROUND = 7;

describe('the target for a miner', () => {
  it('gives about a share a second, but nothing above the floor, and all that may enter the proof', () => {
    for (const hashrateHps of [2 ** 20, 1e9, 1e14]) {
      const hashes = Number(expectedHashes(shareTargetFor(hashrateHps, 0n)));
      expect(hashes / hashrateHps).to.be.within(0.99, 1.01);
    }
    for (const slow of [0, 0.4, 1, 1000, 2 ** 18]) {
      expect(shareTargetFor(slow, 0n)).to.equal(FLOOR);
    }
    expect(shareTargetFor(1e14, FLOOR / 3n)).to.equal(FLOOR / 3n);
    expect(shareTargetFor(1e14, FLOOR)).to.equal(FLOOR);
  });

  it('is another from a difference of 5 % in hashes on', () => {
    const target = FLOOR / 1000n;
    const changed = (percent: bigint): boolean =>
      isAnotherTarget((target * 100n) / percent, target);
    expect([106n, 94n, 200n, 1n].map(changed)).to.deep.equal([true, true, true, true]);
    expect([105n, 100n, 96n].map(changed)).to.deep.equal([false, false, false]);
  });
});

describe('HandedTargets', () => {
  let handed: HandedTargets;
  beforeEach(() => {
    handed = new HandedTargets();
  });

  it('take up an easier target with another segment at once, however little: it may leave in a block', () => {
    const target = FLOOR / 100n;
    const easier = (target * 102n) / 100n;
    handed.handOut(ROUND, 0, target);
    expect(handed.handOut(ROUND, 0, easier)).to.equal(target);
    expect(handed.handOut(ROUND, 1, easier)).to.equal(easier);
    expect(handed.handOut(ROUND, 2, target)).to.equal(easier);
  });

  it('judge a share that names no job by the easiest of the round, whoever asked for others', () => {
    const [easy, hard] = [FLOOR / 2n, FLOOR / 100n];
    expect(handed.easiest(ROUND)).to.equal(FLOOR);
    handed.handOut(ROUND, 0, hard);
    expect(handed.easiest(ROUND)).to.equal(hard);
    handed.handOut(ROUND, 0, easy);
    for (let i = 1n; i < 20n; i++) handed.handOut(ROUND, 0, hard / i);
    expect(handed.easiest(ROUND)).to.equal(easy);
    handed.handOut(ROUND + 1, 0, hard);
    expect(handed.easiest(ROUND + 1)).to.equal(hard);
    expect(handed.easiest(ROUND)).to.equal(FLOOR);
  });

  it('count a share for the hardest target of its round that it meets, and else for nothing', () => {
    expect(handed.hashesOf(ROUND, FLOOR)).to.equal(2 ** 18);
    const hard = FLOOR / 100n;
    handed.handOut(ROUND, 0, FLOOR);
    handed.handOut(ROUND, 0, hard);
    handed.handOut(ROUND, 0, FLOOR / 2n);
    expect(handed.newest).to.equal(FLOOR / 2n);
    expect(handed.hashesOf(ROUND, hard)).to.equal(Number(expectedHashes(hard)));
    expect(handed.hashesOf(ROUND, 0n)).to.equal(Number(expectedHashes(hard)));
    expect(handed.hashesOf(ROUND, hard + 1n)).to.equal(0);
    // Of another round it knows nothing, so that one at the floor counts.
    expect(handed.hashesOf(ROUND - 1, FLOOR)).to.equal(2 ** 18);
  });

  it('keep a target that would be about the same', () => {
    const target = handed.handOut(ROUND, 0, FLOOR / 7n);
    expect(handed.handOut(ROUND, 0, (target * 104n) / 100n)).to.equal(target);
    expect(handed.handOut(ROUND, 0, (target * 110n) / 100n)).to.equal((target * 110n) / 100n);
  });

  it('know the segment of the newest work, of this round', () => {
    expect(handed.newestSegment(ROUND)).to.equal(undefined);
    handed.handOut(ROUND, 0, FLOOR);
    // About the same target.
    handed.handOut(ROUND, 1, FLOOR - 1n);
    expect(handed.newestSegment(ROUND)).to.equal(1);
    expect(handed.newestSegment(ROUND + 1)).to.equal(undefined);
  });
});
