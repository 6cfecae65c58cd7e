import { expect } from 'chai';
import fc from 'fast-check';
import { isSameList, needsDefence } from '../../src/distribution/list-defence';

const SELF = 'self';
const against = { voter: 'a', isValid: false };
const forIt = { voter: 'b', isValid: true };

describe('lists that need a vote', () => {
  it('are those of others that somebody voted against', () => {
    expect(needsDefence({ maker: 'm', votes: [against] }, SELF)).to.equal(true);
    expect(needsDefence({ maker: 'm', votes: [forIt, against] }, SELF)).to.equal(true);
  });

  it('are none that nobody doubts', () => {
    expect(needsDefence({ maker: 'm', votes: [] }, SELF)).to.equal(false);
    expect(needsDefence({ maker: 'm', votes: [forIt] }, SELF)).to.equal(false);
  });

  it("are not this node's own, nor any that it has voted on", () => {
    expect(needsDefence({ maker: SELF, votes: [against] }, SELF)).to.equal(false);
    for (const isValid of [true, false]) {
      const votes = [against, { voter: SELF, isValid }];
      expect(needsDefence({ maker: 'm', votes }, SELF)).to.equal(false);
    }
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
