import { expect } from 'chai';
import fc from 'fast-check';
import { K, WORK_SOURCE } from '../../src/consensus';
import { decodeProof, encodeProof } from '../../src/proof/codec';
import { composeProof } from '../../src/proof/compose';
import { KOII_WORK, type Work } from '../../src/work/source';
import { shareWith } from './shares';

const segment = (height: number, prev = 0) => ({
  ...{ height, prev: Buffer.alloc(32, prev), time: 1, bits: 2 },
});
const bitcoin = (...segments: ReturnType<typeof segment>[]): Work => ({
  ...{ source: WORK_SOURCE.bitcoin, payout: Buffer.alloc(20, 7), segments },
});

describe('composeProof', () => {
  it('has the shares of koii by hash value ascending', () => {
    const [low, middle, high] = [1n, 2n, 3n].map((value) => shareWith(value));
    const { work, attempts } = composeProof(KOII_WORK, [high!, low!, middle!]);
    expect(work).to.equal(KOII_WORK);
    expect(attempts).to.deep.equal([[low, middle, high]]);
  });

  it('sorts the segments, siblings by prev, each with its own shares', () => {
    const later = segment(9);
    const [sibling, first] = [segment(8, 0xff), segment(8, 1)];
    const onLater = [shareWith(5n, 0), shareWith(1n, 0)];
    const onFirst = [shareWith(4n, 1), shareWith(2n, 1)];
    expect(composeProof(bitcoin(later, first), [...onLater, ...onFirst])).to.deep.equal({
      work: bitcoin(first, later),
      attempts: [
        [onFirst[1], onFirst[0]],
        [onLater[1], onLater[0]],
      ],
    });
    const ofSiblings = composeProof(bitcoin(sibling, first), [shareWith(1n, 0), shareWith(2n, 1)]);
    expect(ofSiblings.work).to.deep.equal(bitcoin(first, sibling));
    expect(ofSiblings.attempts).to.deep.equal([[shareWith(2n, 1)], [shareWith(1n, 0)]]);
  });

  it('leaves out segments without a share', () => {
    const work = bitcoin(segment(1), segment(2), segment(3));
    const { work: mined, attempts } = composeProof(work, [shareWith(1n, 1)]);
    expect(mined).to.deep.equal(bitcoin(segment(2)));
    expect(attempts).to.deep.equal([[shareWith(1n, 1)]]);
  });

  it('changes neither the work nor the shares that it is given', () => {
    const work = bitcoin(segment(2), segment(1));
    const shares = [shareWith(2n, 0), shareWith(1n, 1)];
    composeProof(work, shares);
    expect(work).to.deep.equal(bitcoin(segment(2), segment(1)));
    expect(shares.map(({ hashValue }) => hashValue)).to.deep.equal([2n, 1n]);
  });

  it('makes proofs that decode, whatever order the shares come in', () => {
    const values = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 238n }), {
      ...{ minLength: 1, maxLength: K[WORK_SOURCE.bitcoin] },
    });
    const work = bitcoin(segment(7, 2), segment(7, 1));
    fc.assert(
      fc.property(values, fc.array(fc.nat(1), { minLength: 20, maxLength: 20 }), (all, on) => {
        const shares = all.map((value, i) => shareWith(value, on[i]));
        const proof = composeProof(work, shares);
        expect(decodeProof(encodeProof(proof))).to.have.property('proof');
        expect(proof.attempts.flat()).to.have.length(all.length);
      }),
    );
  });
});
