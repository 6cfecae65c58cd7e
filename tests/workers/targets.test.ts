import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { HandedTargets } from '../../src/workers/targets';

const ROUND = 7;

describe('HandedTargets', () => {
  let handed: HandedTargets;
  beforeEach(() => {
    handed = new HandedTargets();
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

  it('know the segment of the newest work, of this round', () => {
    expect(handed.newestSegment(ROUND)).to.equal(undefined);
    handed.handOut(ROUND, 0, FLOOR);
    // About the same target.
    handed.handOut(ROUND, 1, FLOOR - 1n);
    expect(handed.newestSegment(ROUND)).to.equal(1);
    expect(handed.newestSegment(ROUND + 1)).to.equal(undefined);
  });
});
