import { expect } from 'chai';
import { bitsFor, difficultyOf, targetOf, workOf } from '../../../simulator/bitcoin/target';
import { bitsToTarget, difficultyOf as difficultyOfTarget } from '../../../src/bitcoin/target';

describe("targets of the simulator's Bitcoin", () => {
  it('are those that the task reads in the same bits', () => {
    for (const bits of [0x1d00ffff, 0x1b0404cb, 0x207fffff, 0x1e010000, 0x03123456]) {
      expect(targetOf(bits)).to.equal(bitsToTarget(bits));
      expect(difficultyOf(bits)).to.be.closeTo(difficultyOfTarget(bitsToTarget(bits)), 1e-9);
    }
  });

  it('are none where bits are negative, zero or too large', () => {
    for (const bits of [0x1d80ffff, 0x1d000000, 0xff123456]) {
      expect(targetOf(bits)).to.equal(undefined);
      expect(() => workOf(bits)).to.throw(RangeError, 'no target');
    }
  });

  it('take about as many hashes as were asked for', () => {
    for (const hashes of [1, 2, 1000, 2 ** 18, 16_777_216, 9e7, 123_456_789_012]) {
      expect(Number(workOf(bitsFor(hashes))) / hashes).to.be.closeTo(1, 2 ** -14);
    }
  });
});
