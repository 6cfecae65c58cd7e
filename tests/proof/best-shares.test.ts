import { expect } from 'chai';
import fc from 'fast-check';
import { BestShares } from '../../src/proof/best-shares';

const RULES = { k: 4, floor: 1000n };
const share = (hashValue: bigint) => ({
  extranonce: Buffer.alloc(6),
  versionBits: 0,
  nonce: 0,
  segment: 0,
  hashValue,
});

describe('BestShares', () => {
  it('holds the K lowest distinct hashes, whatever the order they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 1200n }), { maxLength: 60 }), (values) => {
        const best = new BestShares(RULES);
        for (const value of values) best.add(share(value));
        const expected = [...new Set(values)]
          .filter((value) => value <= RULES.floor)
          .sort((a, b) => (a < b ? -1 : 1))
          .slice(0, RULES.k);
        expect(best.list().map(({ hashValue }) => hashValue)).to.deep.equal(expected);
      }),
    );
  });

  it('tells what became of a share', () => {
    const best = new BestShares(RULES);
    expect(best.add(share(1001n))).to.equal('surpassed');
    for (const value of [1000n, 30n, 20n, 10n]) expect(best.add(share(value))).to.equal('best');
    expect(best.add(share(20n))).to.equal('duplicate');
    expect(best.add(share(1000n))).to.equal('duplicate');
    expect(best.add(share(5n))).to.equal('best');
    expect(best.add(share(1000n))).to.equal('surpassed');
  });

  it('limits by the floor, then by the K-th best', () => {
    const best = new BestShares(RULES);
    expect(best.limit).to.equal(1000n);
    for (const value of [40n, 30n, 20n]) best.add(share(value));
    expect(best.limit).to.equal(1000n);
    best.add(share(10n));
    expect(best.limit).to.equal(40n);
  });
});
