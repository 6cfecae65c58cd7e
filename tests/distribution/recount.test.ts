import { expect } from 'chai';
import type { NamedList, RoundLists } from '../../src/distribution/ledger';
import type { OwnList } from '../../src/distribution/own-lists';
import { paidTo, recount } from '../../src/distribution/recount';

const own: OwnList = {
  round: 5,
  bounty: 100n,
  amounts: { a: 60, b: 40 },
  submissions: { a: 'proof of a', b: 'proof of b' },
  readAt: 0,
  verdicts: new Map(),
};

const RIGHT = '{"a":60,"b":40}';
const WRONG = '{"a":99,"b":1}';

const list = (maker: string, votes: Record<string, boolean> = {}): NamedList => ({
  maker,
  account: `account of ${maker}`,
  isOld: false,
  votes: Object.entries(votes).map(([voter, isValid]) => ({ voter, isValid })),
});

/** Recounts a round with these lists; an account without a text can't be read. */
const recounted = (
  lists: NamedList[],
  texts: Record<string, string>,
  outcome: RoundLists['outcome'] = 'paid',
) =>
  recount(
    {
      lists: () => Promise.resolve({ lists, outcome }),
      contents: (account) => {
        const text = texts[account.replace('account of ', '')];
        return text === undefined ? Promise.reject(new Error('away')) : Promise.resolve(text);
      },
    },
    own,
    7,
  );

describe('a round counted again', () => {
  it('says of each list how it compares and whether it was voted out', async () => {
    const lists = [list('a'), list('b', { a: false, c: false, b: true }), list('c', { a: true })];
    const { lists: found } = await recounted(lists, { a: RIGHT, b: WRONG });
    expect(found.map(({ reading, isVotedOut }) => [reading, isVotedOut])).to.deep.equal([
      ['equal', false],
      ['differs', true],
      ['unreadable', false],
    ]);
    expect(found[1]!.amounts!.get('a')).to.equal('99');
    expect(found[2]!.amounts).to.equal(undefined);
  });

  it('paid what all lists that stand pay', async () => {
    const lists = [list('a'), list('b', { a: false }), list('c')];
    const of = await recounted(lists, { a: RIGHT, b: WRONG, c: RIGHT });
    expect(['a', 'b', 'c'].map((key) => paidTo(of, key))).to.deep.equal([60n, 40n, 0n]);
  });

  it('is not known to have paid anything where lists that stand differ or can not be read', async () => {
    expect(paidTo(await recounted([list('a'), list('b')], { a: RIGHT, b: WRONG }), 'a')).to.equal(
      undefined,
    );
    expect(paidTo(await recounted([list('a'), list('b')], { a: RIGHT }), 'a')).to.equal(undefined);
    expect(paidTo(await recounted([], {}), 'a')).to.equal(undefined);
  });

  it('is not known to have paid anything before it is paid', async () => {
    for (const outcome of ['open', 'failed'] as const) {
      expect(paidTo(await recounted([list('a')], { a: RIGHT }, outcome), 'a')).to.equal(undefined);
    }
  });
});
