import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { madeUpWork, mineTemplates, type Mined } from '../../adversaries/bitcoin-work';
import {
  MALFORMATIONS,
  proofOf,
  randomProof,
  withPayout,
  withRepeatedShare,
  withSharesAboveFloor,
} from '../../adversaries/forgery';
import { bitsToTarget } from '../../src/bitcoin/target';
import { K, WORK_SOURCE } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { shareOf } from '../../src/proof/shares';
import { verifyProof } from '../../src/proof/verify';
import { nameOf, templatesOf } from '../../src/work/source';
import { judgeOf, vectors } from '../fixtures/proofs';

/** The verdict due for each malformation: the fault it is meant to have, in a full proof, or its length. */
const FAULTS: Readonly<Record<string, RegExp>> = {
  '513 bytes': /longer than 496/,
  padding: /longer than 496|canonical/,
  'a trailing byte': /longer than 496|don't fit/,
  'shares out of order': /share \d+ is out of order/,
  'an unknown version': /unknown version/,
  'the other source in its first byte':
    /1 to 1 segments, got 2|at most 20 shares, got 27|don't fit/,
  'no shares': /without shares/,
  'a wrong count': /at most \d+ shares, got|don't fit/,
  "base64's other alphabet": /canonical/,
  'a line break': /longer than 496|canonical/,
  prose: /canonical/,
  'segments swapped': /segments are out of order or equal/,
  'a segment twice': /segments are out of order or equal/,
  'a height of 0': /height of 1 to 2147483647, got 0/,
  'a height of 2^31': /height of 1 to 2147483647, got 2147483648/,
  'a segment without shares': /a segment without shares/,
  'three segments': /1 to 2 segments, got 3/,
};

for (const source of [WORK_SOURCE.koii, WORK_SOURCE.bitcoin]) {
  const k = K[source];

  describe(`forged proofs of source ${nameOf(source)}`, () => {
    /** A real full proof with the most segments allowed, and its shares. */
    const vector = vectors.find(
      ({ valid, shares, workSource }) => valid && shares === k && workSource === nameOf(source),
    )!;
    const { submitter, of, rules } = judgeOf(vector);
    const reasonOf = (proof: string, by = submitter): string => {
      const verdict = verifyProof(proof, by, of, rules);
      return verdict.valid ? 'none' : verdict.reason;
    };

    let mined: Mined;
    const some = (count: number): Mined => ({ ...mined, shares: mined.shares.slice(0, count) });

    before(() => {
      const decoded = decodeProof(vector.proof);
      if ('reason' in decoded) throw new Error(decoded.reason);
      const { work, attempts } = decoded.proof;
      const templates = templatesOf(work, of, submitter, rules);
      const shares = attempts.flatMap((each, segment) =>
        each.map((attempt) => shareOf(templates[segment]!, attempt, segment)),
      );
      shares.sort((a, b) => (a.hashValue < b.hashValue ? -1 : 1));
      mined = { work, templates, shares };
    });

    it('start from a true one', () => {
      expect(mined.shares).to.have.length(k);
      expect(proofOf(mined.work, mined.shares)).to.equal(vector.proof);
      const few = verifyProof(proofOf(mined.work, some(3).shares), submitter, of, rules);
      expect(few).to.include({ shares: 3, source });
    });

    it('fail at the floor with random shares', () => {
      expect(decodeProof(randomProof(source))).to.have.nested.property('proof.work.source', source);
      expect(reasonOf(randomProof(source))).to.match(/above the floor/);
    });

    it('fail at the floor in the hands of another', () => {
      expect(reasonOf(vector.proof, randomBytes(32))).to.match(/above the floor/);
    });

    for (const real of [k, k - 1, 5, 0]) {
      it(`fail at the floor with shares from above it beside ${real} real ones`, () => {
        const proof = withSharesAboveFloor(some(real));
        expect(decodeProof(proof)).to.have.property('proof');
        expect(reasonOf(proof)).to.match(/above the floor/);
      });
    }

    for (const real of [k, 2, 1]) {
      it(`fail at the repetition with one of ${real} shares repeated`, () => {
        expect(reasonOf(withRepeatedShare(some(real))!)).to.match(/stands there twice/);
      });
    }

    it('are none where there is no share to repeat', () => {
      expect(withRepeatedShare(some(0))).to.equal(undefined);
    });

    for (const { name, of: malformed } of MALFORMATIONS[source]) {
      it(`fail at that when the encoding has ${name}`, () => {
        expect(FAULTS).to.have.property(name);
        expect(malformed(vector.proof)).not.to.equal(vector.proof);
        expect(reasonOf(malformed(vector.proof))).to.match(FAULTS[name]!);
        // Also for a proof with room for the addition, so that its length does not give it away.
        const short = proofOf(mined.work, some(9).shares);
        expect(reasonOf(short)).to.equal('none');
        expect(reasonOf(malformed(short))).to.match(FAULTS[name]!);
        if (name !== '513 bytes') expect(malformed(short).length).to.be.at.most(512);
      });
    }
  });
}

describe('proofs of made-up templates', function () {
  this.timeout(60_000);
  const { submitter, of } = judgeOf(vectors[0]!);
  const seedOfAnother = { ...of, seed: randomBytes(32) };

  for (const n of [0, 1, 2]) {
    it(`are valid, whatever stands in them: way ${n}`, async () => {
      const work = madeUpWork(n);
      const { shares, hashes } = await mineTemplates(work, of, submitter, 60_000);
      const proof = proofOf(work, shares);
      const verdict = verifyProof(proof, submitter, of);
      expect(verdict).to.include({ valid: true, source: WORK_SOURCE.bitcoin });
      // Twenty shares: a standard error of 24 %.
      const { hashes: proven } = verdict as { hashes: bigint };
      expect(Number(proven) / hashes).to.be.within(0.2, 4);
      expect(verifyProof(proof, submitter, seedOfAnother))
        .to.have.property('reason')
        .that.matches(/above the floor/);
      const { payout } = work;
      expect(withPayout(proof, payout)).to.equal(proof);
      const paysAnother = verifyProof(withPayout(proof, randomBytes(20)), submitter, of);
      expect(paysAnother)
        .to.have.property('reason')
        .that.matches(/above the floor/);
    });
  }

  it('have, one way of three, the ends of each field', () => {
    const [low, high] = madeUpWork(2).segments;
    expect([low!.height, low!.time, low!.bits]).to.deep.equal([1, 0, 0]);
    expect([high!.height, high!.time]).to.deep.equal([2 ** 31 - 1, 0xffffffff]);
    expect(() => bitsToTarget(high!.bits)).to.throw(RangeError);
  });
});
