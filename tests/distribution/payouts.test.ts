import { expect } from 'chai';
import fc from 'fast-check';
import { isSameList, sharePayouts, type JudgedSubmitter } from '../../src/distribution/payouts';
import { expectFairShares } from './fair-shares';

const valid = (hashes: bigint) => ({ valid: true, source: 0, shares: 1, hashes }) as const;
const invalid = { valid: false, reason: 'test' } as const;

const submitters = fc.uniqueArray(
  fc.record({
    publicKey: fc.string({ minLength: 32, maxLength: 44 }),
    verdict: fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 200n }).map(valid),
      fc.constant<JudgedSubmitter['verdict']>(invalid),
    ),
  }),
  { selector: ({ publicKey }) => publicKey },
);

describe('sharePayouts', () => {
  it('shares in proportion, and gives an invalid proof nothing', () => {
    const list = sharePayouts(
      [
        { publicKey: 'a', verdict: valid(3n) },
        { publicKey: 'b', verdict: valid(1n) },
        { publicKey: 'c', verdict: invalid },
      ],
      1001n,
    );
    expect(list).to.deep.equal({ a: 750, b: 250, c: 0 });
  });

  it('holds the rules of the SDK for any submitters and bounty', () => {
    fc.assert(
      fc.property(submitters, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (judged, bounty) => {
        const list = sharePayouts(judged, bounty);
        expect(Object.keys(list)).to.have.members(judged.map(({ publicKey }) => publicKey));
        const amounts = Object.values(list);
        expect(amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0)).to.equal(
          true,
        );
        // As the SDK sums them up.
        expect(amounts.reduce((sum, amount) => sum + amount, 0) <= Number(bounty)).to.equal(true);
        for (const { publicKey, verdict } of judged) {
          if (!verdict.valid) expect(list[publicKey]).to.equal(0);
        }
        expect(sharePayouts([...judged].reverse(), bounty)).to.deep.equal(list);
      }),
    );
  });

  it('shares of a bounty beyond 2^53-1 so much as JSON holds', () => {
    const judged = [
      { publicKey: 'a', verdict: valid(1n) },
      { publicKey: 'b', verdict: valid(1n) },
    ];
    const half = (Number.MAX_SAFE_INTEGER - 1) / 2;
    for (const bounty of [2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      expect(sharePayouts(judged, bounty)).to.deep.equal({ a: half, b: half });
    }
    expect(sharePayouts(judged, 0n)).to.deep.equal({ a: 0, b: 0 });
  });

  it('gives an empty list for no submitters', () => {
    expect(sharePayouts([], 1000n)).to.deep.equal({});
  });

  it('gives nothing to anybody where no proof is valid', () => {
    expect(sharePayouts([{ publicKey: 'a', verdict: invalid }], 1000n)).to.deep.equal({ a: 0 });
  });

  it('shares among 200 submitters with real proofs, in any order alike', () => {
    expectFairShares(200);
  });
});

describe('the same list', () => {
  const amounts = fc.dictionary(fc.string(), fc.maxSafeInteger(), { maxKeys: 8 });

  it('is one with the same entries in whatever order', () => {
    fc.assert(
      fc.property(amounts, (list) => {
        expect(isSameList(list, Object.fromEntries(Object.entries(list).reverse()))).to.equal(true);
      }),
    );
  });

  it('is none with another amount, an entry more or an entry less', () => {
    fc.assert(
      fc.property(amounts, fc.string(), fc.maxSafeInteger(), (list, key, amount) => {
        fc.pre(list[key] !== amount);
        const other = { ...list, [key]: amount };
        expect(isSameList(list, other)).to.equal(false);
        expect(isSameList(other, list)).to.equal(false);
      }),
    );
  });
});
