import { expect } from 'chai';
import {
  MALFORMATIONS,
  proofOf,
  randomProof,
  withRepeatedShare,
  withSharesAboveFloor,
} from '../../adversaries/forgery';
import { decodeProof } from '../../src/proof/codec';
import { shareOf, type Share } from '../../src/proof/share';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { koiiSegment } from '../../src/work/koii';
import { templateFor } from '../../src/work/OLD';
import { judgeOf, vectors } from '../fixtures/proofs';

/** A real proof of 28 shares, with its shares taken out of it. */
const vector = vectors.find(({ valid, shares }) => valid && shares === 28)!;
const { submitter, work } = judgeOf(vector);
const template = templateFor(
  koiiSegment(decodeKey(vector.taskId), vector.round, Buffer.from(vector.seed, 'hex')),
  submitter,
);
const decoded = decodeProof(vector.proof);
const shares: Share[] =
  'proof' in decoded
    ? decoded.proof.segments.flatMap(({ attempts }) =>
        attempts.map((attempt) => shareOf(template, attempt)),
      )
    : [];

const reasonOf = (proof: string): string => {
  const verdict = verifyProof(proof, submitter, work);
  return verdict.valid ? 'none' : verdict.reason;
};

describe('forged proofs', () => {
  it('start from a true one', () => {
    expect(shares).to.have.length(28);
    expect(proofOf(shares)).to.equal(vector.proof);
    expect(verifyProof(proofOf(shares.slice(0, 3)), submitter, work)).to.include({ shares: 3 });
  });

  it('fail at the floor with random shares', () => {
    expect(reasonOf(randomProof())).to.match(/above the floor/);
  });

  for (const real of [28, 27, 5, 0]) {
    it(`fail at the floor with shares from above it beside ${real} real ones`, () => {
      const proof = withSharesAboveFloor(template, shares.slice(0, real));
      expect(decodeProof(proof)).to.have.property('proof');
      expect(reasonOf(proof)).to.match(/above the floor/);
    });
  }

  for (const real of [28, 2, 1]) {
    it(`fail at the repetition with one of ${real} shares repeated`, () => {
      expect(reasonOf(withRepeatedShare(shares.slice(0, real))!)).to.match(/stands there twice/);
    });
  }

  it('are none where there is no share to repeat', () => {
    expect(withRepeatedShare([])).to.equal(undefined);
  });

  for (const { name, of } of MALFORMATIONS) {
    it(`fail when the encoding has ${name}`, () => {
      expect(of(vector.proof)).not.to.equal(vector.proof);
      expect(reasonOf(of(vector.proof))).not.to.equal('none');
      // Also of a proof that leaves room for what is added: then no length gives it away.
      const short = proofOf(shares.slice(0, 9));
      expect(reasonOf(short)).to.equal('none');
      expect(reasonOf(of(short))).not.to.equal('none');
    });
  }
});
