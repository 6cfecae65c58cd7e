import { expect } from 'chai';
import type { OwnList } from '../../src/distribution/own-lists';
import type { Verdict } from '../../src/proof/verify';
import type { Recount, RecountedList } from '../../src/distribution/recount';
import { ended, rewardOf } from '../../src/task/rewards';

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

describe('the end of a round', () => {
  const own: OwnList = {
    round: 7,
    bounty: 100n,
    amounts: { a: 60, b: 40 },
    submissions: { a: 'AA', b: 'BB' },
    readAt: 0,
    verdicts: new Map(),
  };
  const list = (reading: 'equal' | 'differs', votes: boolean[]): RecountedList => ({
    maker: 'b',
    account: 'b',
    isOld: false,
    votes: votes.map((isValid, i) => ({ voter: String(i), isValid })),
    reading,
    isVotedOut: votes.filter((isValid) => !isValid).length * 2 > votes.length,
    amounts: new Map(reading === 'equal' ? [['a', '60']] : [['a', '1']]),
    differences: [],
    differing: undefined,
  });

  /** What is told of it, in order. */
  function told(outcome: Recount['outcome'], lists: RecountedList[], self = 'a'): unknown[] {
    const calls: unknown[] = [];
    const parts = {
      history: {
        rewards: { settled: (...args: unknown[]) => calls.push(['settled', ...args]) },
      },
      metrics: {
        paid: (roe: bigint) => calls.push(['metric', roe]),
        equalListVotedAgainst: () => calls.push(['voted against']),
      },
      alarms: { paid: (...args: unknown[]) => calls.push(['alarm', ...args]) },
    };
    ended(parts as unknown as Parameters<typeof ended>[0], self, {
      own,
      lists,
      outcome,
      unread: 0,
    });
    return calls;
  }

  it('tells what the lists that stand paid', () => {
    const lists = [list('equal', []), list('differs', [false, false])];
    expect(told('paid', lists)).to.deep.equal([
      ['settled', 7, 'paid', 60n],
      ['metric', 60n],
      ['alarm', 7, 60n],
    ]);
  });

  it('counts each right list that was voted against', () => {
    const calls = told('paid', [list('equal', [true, false]), list('equal', [false, true])]);
    expect(calls.filter((call) => (call as unknown[])[0] === 'voted against')).to.have.length(2);
  });

  it('pays nothing where all lists failed, or nobody handed one in', () => {
    for (const lists of [[list('differs', [false])], []]) {
      expect(told('failed', lists)).to.deep.equal([
        ['settled', 7, 'failed', 0n],
        ['metric', 0n],
        ['alarm', 7, 0n],
      ]);
    }
  });

  it('claims nothing where lists that stand pay differently, or the chain forgot the round', () => {
    const lists = [list('equal', []), list('differs', [])];
    expect(told('paid', lists)).to.deep.equal([['settled', 7, 'paid', undefined]]);
    expect(told('open', [])).to.deep.equal([['settled', 7, 'unknown', undefined]]);
  });

  it('alarms nobody who submitted nothing', () => {
    expect(told('paid', [list('equal', [])], 'c')).to.deep.equal([['settled', 7, 'paid', 0n]]);
  });
});
