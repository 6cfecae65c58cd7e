import { expect } from 'chai';
import fc from 'fast-check';
import { BestShares } from '../../src/proof/best-shares';
import { shareWith } from './shares';

const K = 4;
const FLOOR = 1000n;

describe('BestShares', () => {
  it('holds the K lowest distinct hashes, whatever the order they come in', () => {
    const values = fc.array(fc.bigInt({ min: 0n, max: 1200n }), { maxLength: 60 });
    fc.assert(
      fc.property(values, fc.constantFrom(1, K, 20, 28), (values, k) => {
        const best = new BestShares(k, FLOOR);
        for (const value of values) best.add(shareWith(value));
        const expected = [...new Set(values)]
          .filter((value) => value <= FLOOR)
          .sort((a, b) => (a < b ? -1 : 1))
          .slice(0, k);
        expect(best.list().map(({ hashValue }) => hashValue)).to.deep.equal(expected);
      }),
    );
  });

  it('tells what became of a share', () => {
    const best = new BestShares(K, FLOOR);
    expect(best.add(shareWith(1001n))).to.equal('surpassed');
    for (const value of [1000n, 30n, 20n, 10n]) expect(best.add(shareWith(value))).to.equal('best');
    expect(best.add(shareWith(20n))).to.equal('duplicate');
    expect(best.add(shareWith(1000n))).to.equal('duplicate');
    expect(best.add(shareWith(5n))).to.equal('best');
    expect(best.add(shareWith(1000n))).to.equal('surpassed');
  });

  it('limits by the floor, then by the K-th best', () => {
    const best = new BestShares(K, FLOOR);
    expect(best.limit).to.equal(1000n);
    for (const value of [40n, 30n, 20n]) best.add(shareWith(value));
    expect(best.limit).to.equal(1000n);
    best.add(shareWith(10n));
    expect(best.limit).to.equal(40n);
  });
});
