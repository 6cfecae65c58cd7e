import bs58 from 'bs58';
import { expect } from 'chai';
import { sha256d } from '../../src/bitcoin/sha256';
import { decodeKey } from '../../src/work/identity';
import {
  decodeSubmission,
  roundSeed,
  submissionsDigest,
  type Submissions,
} from '../../src/work/seed';
import { koiiSegment } from '../../src/work/koii';
import { headerOf } from '../../src/work/segment';
import { templateFor } from '../../src/work/OLD';
import { seedVectors, vectors } from '../fixtures/proofs';

const digestOf = (submissions: Submissions): Buffer =>
  submissionsDigest(
    Object.entries(submissions).flatMap((entry) => decodeSubmission(...entry) ?? []),
  );

describe('work source koii', () => {
  for (const vector of seedVectors) {
    it(`derives digest and seed of round ${vector.round} from ${vector.what}`, () => {
      expect(digestOf(vector.submissions).toString('hex')).to.equal(vector.digest);
      const seed = roundSeed(decodeKey(vector.taskId), vector.round, vector.submissions);
      expect(seed.toString('hex')).to.equal(vector.seed);
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
    // Where none counts, the round is as one in which nobody submitted.
    expect(digestOf({ [key]: 'A=' })).to.deep.equal(Buffer.alloc(32));
  });

  for (const vector of vectors) {
    const taskId = decodeKey(vector.taskId);
    const submissions = vector.submissionsOfRoundMinus2;

    it(`derives digest and seed of round ${vector.round}`, () => {
      expect(digestOf(submissions).toString('hex')).to.equal(vector.digest);
      const seed = roundSeed(taskId, vector.round, submissions);
      expect(seed.toString('hex')).to.equal(vector.seed);
    });

    it(`builds coinbase and header of round ${vector.round}`, () => {
      const { extranonce, versionBits, nonce, coinbase, header, headerHash } = vector.example;
      const segment = koiiSegment(taskId, vector.round, Buffer.from(vector.seed, 'hex'));
      const template = templateFor(segment, decodeKey(vector.submitter));
      const { coinbase1, coinbase2 } = template;
      expect(coinbase1.toString('hex') + extranonce + coinbase2.toString('hex')).to.equal(coinbase);
      const attempt = { extranonce: Buffer.from(extranonce, 'hex'), versionBits, nonce };
      const bytes = headerOf(template, attempt);
      expect(bytes.toString('hex')).to.equal(header);
      expect(sha256d(bytes).toString('hex')).to.equal(headerHash);
    });
  }

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

  it('lets the time of very late rounds wrap', () => {
    const { time } = koiiSegment(Buffer.alloc(32), 2 ** 32, Buffer.alloc(32));
    expect(time).to.equal(1231006505);
  });
});
