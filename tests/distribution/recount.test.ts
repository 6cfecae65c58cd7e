import { expect } from 'chai';
import type { NamedList, RoundLists } from '../../src/distribution/ledger';
import type { OwnList } from '../../src/distribution/own-lists';
import { ListReadings } from '../../src/distribution/list-readings';
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
  contents = (account: string): Promise<string> => {
    const text = texts[account.replace('account of ', '')];
    return text === undefined ? Promise.reject(new Error('away')) : Promise.resolve(text);
  },
) => {
  const readings = new ListReadings({ contents }, { now: () => 0 }, own.round, own.amounts);
  return recount({ lists: () => Promise.resolve({ lists, outcome }) }, own, 7, readings);
};

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

  it('names the keys that a list pays otherwise, the largest amounts first and twenty at most', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => ['k'.repeat(i + 1), i]));
    const lists = [list('a'), list('b'), list('c')];
    const { lists: found } = await recounted(lists, {
      a: '{"a":60,"b":35,"x":5}',
      b: JSON.stringify(many),
      c: '[1]',
    });
    expect(found[0]!.differences).to.deep.equal([
      { publicKey: 'b', theirs: '35', ours: '40' },
      { publicKey: 'x', theirs: '5', ours: undefined },
    ]);
    expect(found[1]).to.include({ differing: 32 });
    expect(found[1]!.differences).to.have.length(20);
    expect(found[2]).to.deep.include({ reading: 'differs', differences: [], differing: undefined });
  });

  it('reads eight accounts at a time, and says how many it could not read', async () => {
    let reading = 0;
    let most = 0;
    const lists = Array.from({ length: 30 }, (_, i) => list(`maker${i + 1}`));
    const { unread } = await recounted(lists, {}, 'open', async (account) => {
      most = Math.max(most, ++reading);
      await Promise.resolve();
      reading--;
      if (account.endsWith('7')) throw new Error('away');
      return RIGHT;
    });
    expect([most, unread]).to.deep.equal([8, 3]);
  });

  it('keeps the amounts of eight texts that differ, of lists that stand before others', async () => {
    const lists = Array.from({ length: 20 }, (_, i) =>
      list(`maker${i + 1}`, i < 12 ? { v: false } : {}),
    );
    const texts = Object.fromEntries(lists.map(({ maker }, i) => [maker, `{"a":${i}}`]));
    const { lists: found } = await recounted(lists, texts);
    expect(found.filter(({ amounts }) => amounts)).to.have.length(8);
    expect(found.slice(12).every(({ amounts }) => amounts)).to.equal(true);
  });
});
