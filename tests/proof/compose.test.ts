import { expect } from 'chai';
import fc from 'fast-check';
import { FLOOR, K, WORK_SOURCE } from '../../src/consensus';
import { decodeProof, encodeProof, composeProof, mostProving } from '../../src/proof/codec';
import { estimateHashes, type Share } from '../../src/proof/shares';
import { KOII_WORK, type Work } from '../../src/work/source';
import { shareWith } from './shares';

const segment = (height: number, prev = 0) => ({
  height,
  prev: Buffer.alloc(32, prev),
  time: 1,
  bits: 2,
});
const bitcoin = (...segments: ReturnType<typeof segment>[]): Work => ({
  source: WORK_SOURCE.bitcoin,
  payout: Buffer.alloc(20, 7),
  segments,
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
      minLength: 1,
      maxLength: K[WORK_SOURCE.bitcoin],
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

describe('mostProving', () => {
  const { koii, bitcoin } = WORK_SOURCE;
  /** Spreads values over segments, and keeps the K lowest of each. */
  const bySegment = (k: number, values: readonly bigint[], on: readonly number[], count: number) =>
    Array.from({ length: count }, (_, segment) =>
      values
        .filter((_, i) => on[i]! % count === segment)
        .sort((a, b) => (a < b ? -1 : 1))
        .slice(0, k)
        .map((value) => shareWith(value, segment)),
    );
  const hashesOf = (shares: readonly Share[]): bigint => {
    const highest = shares.reduce(
      (most, { hashValue }) => (hashValue > most ? hashValue : most),
      0n,
    );
    return estimateHashes(bitcoin, shares.length, highest);
  };

  it('proves as much as the best of all pairs of segments, with shares that are theirs', () => {
    // Sizes vary, so that a pair of segments without the lowest share may be the best.
    const value = fc
      .tuple(fc.bigInt({ min: 0n, max: FLOOR }), fc.integer({ min: 0, max: 12 }))
      .map(([value, bits]) => value >> BigInt(bits));
    const values = fc.uniqueArray(value, { maxLength: 120 });
    const on = fc.array(fc.nat(), { minLength: 120, maxLength: 120 });
    fc.assert(
      fc.property(values, on, fc.integer({ min: 1, max: 6 }), (values, on, count) => {
        const mined = bySegment(K[bitcoin], values, on, count);
        const chosen = mostProving(bitcoin, mined);
        let most = 0n;
        for (const a of mined) {
          for (const b of mined) {
            const both = [...new Set([...a, ...b])].sort((a, b) =>
              a.hashValue < b.hashValue ? -1 : 1,
            );
            const proven = hashesOf(both.slice(0, K[bitcoin]));
            if (proven > most) most = proven;
          }
        }
        expect(hashesOf(chosen)).to.equal(most);
        expect(chosen.length).to.be.at.most(K[bitcoin]);
        expect(new Set(chosen.map(({ segment }) => segment)).size).to.be.at.most(2);
        expect(mined.flat()).to.include.members([...chosen]);
        const order = chosen.map(({ hashValue }) => hashValue);
        expect(order).to.deep.equal([...new Set(order)].sort((a, b) => (a < b ? -1 : 1)));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out the segment with the lowest share where two others prove more', () => {
    const many = (first: bigint, segment: number) =>
      Array.from({ length: 20 }, (_, i) => shareWith(first + BigInt(i), segment));
    const mined = [[shareWith(1n, 0)], many(1000n, 1), many(500n, 2)];
    expect(mostProving(bitcoin, mined)).to.deep.equal([
      shareWith(1n, 0),
      ...many(500n, 2).slice(0, 19),
    ]);
    const short = [[shareWith(1n, 0)], many(1000n, 1).slice(0, 8), many(500n, 2).slice(0, 9)];
    expect(mostProving(bitcoin, short).map(({ segment }) => segment)).to.deep.equal([
      ...Array<number>(9).fill(2),
      ...Array<number>(8).fill(1),
    ]);
  });

  it('has no shares of none, and all of the one segment of koii', () => {
    expect(mostProving(bitcoin, [])).to.deep.equal([]);
    expect(mostProving(bitcoin, [[], []])).to.deep.equal([]);
    const mined = bySegment(K[koii], [3n, 2n, 1n], [0, 0, 0], 1);
    expect(mostProving(koii, mined)).to.deep.equal(mined[0]);
  });

  it('chooses within 50 ms, also of a day of blocks', function () {
    const values = Array.from({ length: 144 * 20 }, (_, i) => FLOOR - BigInt(i * i));
    const on = values.map((_, i) => i);
    const mined = bySegment(K[bitcoin], values, on, 144);
    const tries = Array.from({ length: 5 }, () => {
      const began = performance.now();
      mostProving(bitcoin, mined);
      return performance.now() - began;
    });
    // The quickest, since others use this machine too.
    expect(Math.min(...tries)).to.be.below(50);
  });
});
