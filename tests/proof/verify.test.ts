import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { WORK_SOURCE } from '../../src/consensus';
import { decodeProof, encodeProof, type Proof } from '../../src/proof/codec';
import { verifyProof } from '../../src/proof/verify';
import { koiiWork } from '../../src/work/OLD';
import { EASY_RULES, judgeOf, mineEasyProof, vectors } from '../fixtures/proofs';

describe('verifyProof', () => {
  for (const vector of vectors) {
    it(`accepts the proof of round ${vector.round} with ${vector.shares} shares`, () => {
      const { submitter, work } = judgeOf(vector);
      expect(verifyProof(vector.proof, submitter, work)).to.deep.equal({
        valid: true,
        shares: vector.shares,
        hashes: BigInt(vector.hashes),
      });
    });
  }

  const round = { taskId: randomBytes(32), round: 9, seed: randomBytes(32) };
  const submitter = randomBytes(32);
  const work = koiiWork(round.taskId, round.round, round.seed);
  const verify = (proof: string, by: Uint8Array = submitter, on = work) =>
    verifyProof(proof, by, on, EASY_RULES);
  const proofs = [50, 60, 1000, 5000].map((n) => mineEasyProof(round, submitter, n));
  const decode = (text: string): Proof => {
    const decoded = decodeProof(text, EASY_RULES);
    if ('reason' in decoded) throw new Error(decoded.reason);
    return decoded.proof;
  };
  /** Encodes a proof with its attempts changed. */
  const withAttempts = (
    text: string,
    change: (attempts: Proof['segments'][0]['attempts']) => Proof['segments'][0]['attempts'],
  ): string => {
    const attempts = change(decode(text).segments[0]!.attempts);
    return encodeProof({ source: WORK_SOURCE.koii, segments: [{ ref: undefined, attempts }] });
  };
  const expectInvalid = (text: string): void => {
    const verdict = verify(text);
    expect(verdict.valid).to.equal(false);
    expect(verdict).to.have.property('reason').that.is.a('string').and.not.empty;
  };
  const anyProof = fc.constantFrom(...proofs);

  it('accepts the proofs that are changed below', () => {
    for (const proof of proofs) expect(verify(proof).valid).to.equal(true);
  });

  // A changed byte gives another hash, which the easy floor would let pass one time in two; the real
  // floor lets pass one in 2^18.
  it('rejects any single changed byte, in 10,000 cases', () => {
    const [vector] = vectors;
    const judge = judgeOf(vector!);
    const bytes = Buffer.from(vector!.proof, 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        const verdict = verifyProof(changed.toString('base64url'), judge.submitter, judge.work);
        expect(verdict.valid).to.equal(false);
        expect(verdict).to.have.property('reason').that.is.not.empty;
      }),
      { numRuns: 10_000 },
    );
  });

  it('rejects truncations, in bytes and in characters', () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), (proof, seed) => {
        expectInvalid(proof.slice(0, seed % proof.length));
        const bytes = Buffer.from(proof, 'base64url');
        expectInvalid(bytes.subarray(0, seed % bytes.length).toString('base64url'));
      }),
      { numRuns: 10_000 },
    );
  });

  it('rejects extensions', () => {
    fc.assert(
      fc.property(anyProof, fc.uint8Array({ minLength: 1, maxLength: 40 }), (proof, more) => {
        const bytes = Buffer.concat([Buffer.from(proof, 'base64url'), more]);
        expectInvalid(bytes.toString('base64url'));
      }),
      { numRuns: 10_000 },
    );
  });

  it('rejects padding, white space, the other alphabet and trailing text', () => {
    const [vector] = vectors;
    const judge = judgeOf(vector!);
    for (const text of [
      vector!.proof + '=',
      vector!.proof + ' ',
      ' ' + vector!.proof,
      vector!.proof.replace('-', '+'),
      vector!.proof + '\u0000',
      vector!.proof + 'é',
      vector!.proof.toLowerCase(),
    ]) {
      expect(verifyProof(text, judge.submitter, judge.work).valid, text).to.equal(false);
    }
  });

  it('rejects reordered shares', () => {
    const full = proofs[proofs.length - 1]!;
    fc.assert(
      fc.property(fc.nat(27), fc.nat(27), (a, b) => {
        fc.pre(a !== b);
        expectInvalid(
          withAttempts(full, (attempts) => {
            const swapped = [...attempts];
            [swapped[a], swapped[b]] = [swapped[b]!, swapped[a]!];
            return swapped;
          }),
        );
      }),
      { numRuns: 10_000 },
    );
  });

  it('rejects a repeated share', () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), (proof, seed) => {
        expectInvalid(
          withAttempts(proof, (attempts) => {
            const at = seed % attempts.length;
            return attempts.flatMap((attempt, i) => (i === at ? [attempt, attempt] : [attempt]));
          }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('rejects the proof of another key, round, task or seed', () => {
    const [vector] = vectors;
    const { submitter: key, work: ofRound } = judgeOf(vector!);
    const taskId = randomBytes(32);
    const seed = Buffer.from(vector!.seed, 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(), (other, round) => {
        fc.pre(round !== vector!.round);
        expect(verifyProof(vector!.proof, other, ofRound).valid).to.equal(false);
        expect(verifyProof(vector!.proof, key, koiiWork(taskId, round, seed)).valid).to.equal(
          false,
        );
        expect(
          verifyProof(vector!.proof, key, koiiWork(taskId, vector!.round, other)).valid,
        ).to.equal(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('rejects a share above the floor, and says so', () => {
    const easiest = mineEasyProof(round, submitter, 1, { k: 28, floor: (1n << 256n) - 1n });
    const one = verifyProof(easiest, submitter, work);
    expect(one).to.deep.equal({ valid: false, reason: 'share 0 is above the floor' });
  });

  it('says nothing but a verdict on whatever text stands on chain', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        expect(verify(text).valid).to.equal(false);
      }),
      { numRuns: 10_000 },
    );
  });

  it('leaves it to work.resolve to abstain', () => {
    const unknown = {
      source: WORK_SOURCE.koii,
      resolve: () => {
        throw new Error('no Bitcoin node');
      },
    };
    expect(() => verifyProof(proofs[0]!, submitter, unknown, EASY_RULES)).to.throw('no Bitcoin');
  });

  it('rejects another work source than the task has, and what the source refuses', () => {
    const bitcoin = { ...work, source: WORK_SOURCE.bitcoin };
    expect(verify(proofs[0]!, submitter, bitcoin).valid).to.equal(false);
    const refusing = { source: WORK_SOURCE.koii, resolve: () => ({ reason: 'stale tip' }) };
    expect(verify(proofs[0]!, submitter, refusing)).to.deep.equal({
      valid: false,
      reason: 'stale tip',
    });
  });
});
