import { expect } from 'chai';
import fc from 'fast-check';
import {
  bitsToTarget,
  DIFFICULTY_1_TARGET,
  difficultyOf,
  displayHash,
  expectedHashes,
  HASH_SPACE,
  hashValue,
  meetsDifficulty,
  reversedHashValue,
  targetForHashes,
} from '../../src/bitcoin/target';

describe('targets', () => {
  it('expands difficulty 1', () => {
    expect(bitsToTarget(0x1d00ffff)).to.equal(DIFFICULTY_1_TARGET);
    expect(difficultyOf(DIFFICULTY_1_TARGET)).to.equal(1);
  });

  it('gives block 125552 its difficulty', () => {
    expect(difficultyOf(bitsToTarget(0x1a44b9f2))).to.be.closeTo(244112.4877, 0.0001);
  });

  // Bitcoin Core, src/test/arith_uint256_tests.cpp, describes these edges of the compact form.
  it('handles the edges of the compact form', () => {
    expect(bitsToTarget(0x01003456)).to.equal(0n);
    expect(bitsToTarget(0x01123456)).to.equal(0x12n);
    expect(bitsToTarget(0x02008000)).to.equal(0x80n);
    expect(bitsToTarget(0x05009234)).to.equal(0x92340000n);
    expect(() => bitsToTarget(0x04923456)).to.throw(RangeError);
    expect(() => bitsToTarget(0xff123456)).to.throw(RangeError);
  });

  it('reads a hash as little-endian', () => {
    expect(hashValue(Buffer.from('01' + '00'.repeat(31), 'hex'))).to.equal(1n);
    expect(displayHash(1n)).to.equal('0'.repeat(63) + '1');
    expect(() => hashValue(Buffer.alloc(31))).to.throw(RangeError, 'got 31');
  });

  it('tells whether a hash has a difficulty, to what doubles lose', () => {
    expect(meetsDifficulty(DIFFICULTY_1_TARGET, 1)).to.equal(true);
    expect(meetsDifficulty(DIFFICULTY_1_TARGET, 1 + 2 ** -51)).to.equal(true);
    expect(meetsDifficulty(DIFFICULTY_1_TARGET, 1 + 2 ** -49)).to.equal(false);
    expect(meetsDifficulty(0n, Number.MAX_VALUE)).to.equal(true);
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: HASH_SPACE - 1n }), (value) => {
        expect(meetsDifficulty(value, difficultyOf(value))).to.equal(true);
        const exact = Number(DIFFICULTY_1_TARGET) / Number(value);
        expect(meetsDifficulty(value, exact)).to.equal(true);
        expect(meetsDifficulty(value, exact * (1 + 2 ** -48))).to.equal(false);
      }),
    );
  });

  it('turns the bytes of a hash round', () => {
    expect(reversedHashValue(1n)).to.equal(1n << 248n);
    expect(reversedHashValue(1n << 248n)).to.equal(1n);
  });

  it('turns hashes into a target and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 120n }), (hashes) => {
        expect(expectedHashes(targetForHashes(hashes))).to.equal(hashes);
      }),
    );
    expect(targetForHashes(1n)).to.equal(HASH_SPACE - 1n);
    expect(() => targetForHashes(0n)).to.throw(RangeError);
  });
});
