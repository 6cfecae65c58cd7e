import { expect } from 'chai';
import type { OwnList } from '../../src/distribution/own-lists';
import type { Verdict } from '../../src/proof/verify';
import { rewardOf } from '../../src/task/rewards';

describe('what an own list says of the reward', () => {
  const valid = (hashes: bigint): Verdict => ({ valid: true, source: 0, shares: 28, hashes });
  const own: OwnList = {
    round: 7,
    bounty: 100n,
    amounts: { a: 75, b: 25, c: 0 },
    submissions: { a: 'AA', b: 'BB', c: 'CC' },
    readAt: 0,
    verdicts: new Map<string, Verdict>([
      ['a', valid(3n * 2n ** 60n)],
      ['b', valid(2n ** 60n)],
      ['c', { valid: false, reason: 'another version' }],
    ]),
  };
  const network = {
    round: 7,
    bountyRoe: '100',
    proofs: 3,
    valid: 2,
    networkHashes: String(2n ** 62n),
    roundMs: 480_001,
  };

  it('is its amount, its hashes and those of the network, exact above 2^53', () => {
    expect(rewardOf(own, 'a', 480_000.6)).to.deep.equal({
      ...network,
      hashes: String(3n * 2n ** 60n),
      listedRoe: '75',
    });
  });

  it('is nothing with the reason for an invalid proof, and no hashes without a proof', () => {
    const invalid = { hashes: null, reason: 'another version', listedRoe: '0' };
    expect(rewardOf(own, 'c', 480_001)).to.deep.equal({ ...network, ...invalid });
    const absent = { roundMs: null, hashes: null, listedRoe: '0' };
    expect(rewardOf(own, 'stranger', null)).to.deep.equal({ ...network, ...absent });
  });
});
