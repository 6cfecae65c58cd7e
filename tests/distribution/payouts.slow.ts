import { expectFairShares } from './fair-shares';

describe('sharePayouts', () => {
  it('shares among 10,000 submitters with real proofs, in any order alike', () => {
    expectFairShares(10_000);
  });
});
