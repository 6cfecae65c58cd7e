import bs58 from 'bs58';
import { expect } from 'chai';
import { decodeKey } from '../../src/work/identity';
import {
  decodeSubmission,
  roundSeed,
  submissionsDigest,
  type Submissions,
} from '../../src/work/seed';
import { seedVectors, vectors } from '../fixtures/proofs';

const digestOf = (submissions: Submissions): Buffer =>
  submissionsDigest(
    Object.entries(submissions).flatMap((entry) => decodeSubmission(...entry) ?? []),
  );

describe('the seed of a round', () => {
  const ofProofs = vectors.map((vector) => ({
    ...vector,
    what: `the submissions under a proof of source ${vector.workSource}`,
    submissions: vector.submissionsOfRoundMinus2,
  }));
  for (const { what, taskId, round, submissions, digest, seed } of [...seedVectors, ...ofProofs]) {
    it(`of ${round} comes, with its digest, from ${what}`, () => {
      expect(digestOf(submissions).toString('hex')).to.equal(digest);
      expect(roundSeed(decodeKey(taskId), round, submissions).toString('hex')).to.equal(seed);
    });
  }

  it('counts values of 1 to 496 characters of the base64url alphabet, and no others', () => {
    const key = bs58.encode(Buffer.alloc(32, 7));
    for (const value of ['A', '-_09azAZ', 'A'.repeat(496)]) {
      expect(decodeSubmission(key, value)).to.have.property('value').with.lengthOf(value.length);
    }
    for (const value of [
      '',
      'A'.repeat(497),
      'A=',
      'A A',
      'A\n',
      '+',
      '/',
      'caf\u00e9',
      '\0',
      '\ud83e\udd1d',
    ]) {
      expect(decodeSubmission(key, value), JSON.stringify(value)).to.equal(undefined);
    }
    // If none counts, it is as if nobody had submitted.
    expect(digestOf({ [key]: 'A=' })).to.deep.equal(Buffer.alloc(32));
  });

  it('orders submissions by raw key, not by base58 text or insertion', () => {
    const low = bs58.encode(Buffer.from('00'.repeat(31) + '01', 'hex'));
    const high = bs58.encode(Buffer.from('ff'.repeat(32), 'hex'));
    const one: Submissions = { [low]: 'a', [high]: 'b' };
    const other: Submissions = { [high]: 'b', [low]: 'a' };
    expect(digestOf(one)).to.deep.equal(digestOf(other));
    expect(digestOf({ [low]: 'b', [high]: 'a' })).not.to.deep.equal(digestOf(one));
  });

  it('refuses keys that are not 32 bytes of base58', () => {
    for (const bad of ['', 'abc', '0OIl', bs58.encode(Buffer.alloc(33, 1))]) {
      expect(() => decodeKey(bad)).to.throw(RangeError, 'public key');
    }
  });
});
