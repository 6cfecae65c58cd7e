import { expect } from 'chai';
import { Rewards, type RewardRow } from '../../src/history/rewards';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';
import { reward } from '../fixtures/rewards';

const log = createLog('silent');
const DAY_MS = 86_400_000;
const ROUND_MS = 480_000;
/** Noon, UTC. */
const NOON = 20_000.5 * DAY_MS;

describe('Rewards', () => {
  let store: MemoryStore;
  let now: number;

  beforeEach(() => {
    store = new MemoryStore();
    now = NOON;
  });

  const open = (): Promise<Rewards> => Rewards.open(store, log, () => now);

  async function all(rewards: Rewards, from?: number, to?: number): Promise<RewardRow[]> {
    const rows: RewardRow[] = [];
    for await (const day of rewards.days(from, to)) rows.push(...day);
    return rows;
  }

  const rounds = (rows: readonly RewardRow[]): number[] => rows.map(({ round }) => round);

  it('keeps a row as it was computed and settled, over a restart', async () => {
    const rewards = await open();
    rewards.add(reward(7, 5, { hashes: null, reason: 'share 3: hash above the floor' }));
    rewards.add(reward(8, 6, { roundMs: null }));
    rewards.settled(7, 'paid', 4n);
    await rewards.written();
    const [newest, before] = (await open()).recent(2);
    const { round, roundMs, outcome, paidRoe } = newest!;
    expect([round, roundMs, outcome, paidRoe]).to.deep.equal([8, null, 'open', null]);
    expect(before).to.deep.equal({
      ...reward(7, 5, { hashes: null, reason: 'share 3: hash above the floor' }),
      at: NOON,
      outcome: 'paid',
      paidRoe: '4',
    });
  });

  it('settles a row that an earlier process computed the day before, in its own record', async () => {
    (await open()).add(reward(7, 5));
    now += DAY_MS;
    const rewards = await open();
    rewards.add(reward(8, 5));
    rewards.settled(7, 'failed', 0n);
    await rewards.written();
    const rows = await all(await open());
    expect(rows.map(({ round, at, outcome }) => [round, at, outcome])).to.deep.equal([
      [7, NOON, 'failed'],
      [8, NOON + DAY_MS, 'open'],
    ]);
  });

  it('keeps how a round ended when its list is computed again', async () => {
    const rewards = await open();
    rewards.add(reward(7, 5));
    rewards.settled(7, 'paid', 5n);
    now += 1000;
    rewards.add(reward(7, 6));
    const [row] = rewards.recent(1);
    expect(row).to.include({ at: NOON, listedRoe: '6', outcome: 'paid', paidRoe: '5' });
  });

  it('says that an end is unknown once the chain has forgotten the round', async () => {
    const rewards = await open();
    for (let round = 1; round <= 10; round++) rewards.add(reward(round, 5));
    const unknown = rewards.recent(99).filter(({ outcome }) => outcome === 'unknown');
    expect(rounds(unknown)).to.deep.equal([1]);
  });

  it('tells a reader what changed since it looked: new rows, settled ones, and no more than sixty', async () => {
    const rewards = await open();
    for (let round = 1; round <= 70; round++) rewards.add(reward(round, 5));
    expect(rewards.after(0)).to.have.length(60);
    const seen = rewards.last;
    rewards.settled(70, 'paid', 5n);
    rewards.settled(70, 'paid', 5n);
    rewards.settled(99, 'paid', 5n);
    expect(rewards.after(seen).map(({ round, outcome }) => [round, outcome])).to.deep.equal([
      [70, 'paid'],
    ]);
    expect(rewards.last).to.equal(seen + 1);
  });

  it('keeps what was earned before a network reset, and takes nothing that comes for news of it', async () => {
    const before = await open();
    for (const round of [40, 41]) before.add(reward(round, 5));
    before.settled(40, 'paid', 5n);
    expect(before.forgetAbove(0)).to.equal(true);
    await before.written();

    const rewards = await open();
    expect(rewards.recent(9)).to.deep.equal([]);
    expect(rewards.forgetAbove(0)).to.equal(false);
    now += ROUND_MS;
    expect(rewards.add(reward(40, 7))).to.equal(7n);
    rewards.settled(40, 'failed', 0n);
    const rows = await all(rewards);
    expect(rows.map(({ round, at, outcome }) => [round, at - NOON, outcome])).to.deep.equal([
      [40, 0, 'paid'],
      [41, 0, 'unknown'],
      [40, ROUND_MS, 'failed'],
    ]);
  });

  it('rewrites the record of one day alone', async () => {
    const rewards = await open();
    rewards.add(reward(1, 5));
    now += DAY_MS;
    rewards.add(reward(2, 5));
    await rewards.written();
    const { writes } = store;
    const yesterday = store.values.get(`rewards:${20_000 % 367}`);
    rewards.add(reward(3, 5));
    await rewards.written();
    expect(store.writes).to.equal(writes + 1);
    expect(store.values.get(`rewards:${20_000 % 367}`)).to.equal(yesterday);
  });

  it('keeps a year and drops what is older, and adds up what was paid in it', async () => {
    const rewards = await open();
    await rewards.addUp();
    for (let day = 0; day < 400; day++) {
      rewards.add(reward(day, 5));
      if (day % 2 === 0) rewards.settled(day, 'paid', 3n);
      now += DAY_MS;
    }
    await rewards.written();
    now -= DAY_MS;
    const again = await open();
    expect(again.paid).to.equal(undefined);
    await again.addUp();
    for (const of of [rewards, again]) {
      const rows = await all(of);
      expect([rows.length, rows[0]!.round, rows.at(-1)!.round]).to.deep.equal([367, 33, 399]);
      const paid = rows.filter(({ outcome }) => outcome === 'paid');
      expect(of.paid).to.deep.equal({
        roe: 3n * BigInt(paid.length),
        rounds: paid.length,
        since: paid[0]!.at,
      });
    }
    expect(store.values.size).to.equal(367);
  });

  it('gives the rows of some days', async () => {
    const rewards = await open();
    for (let day = 0; day < 6; day++) {
      rewards.add(reward(day, 5));
      now += DAY_MS;
    }
    expect(rounds(await all(rewards, 20_001, 20_003))).to.deep.equal([1, 2, 3]);
  });

  it('goes on without records that are unreadable, of another day, or absent', async () => {
    store.values.set(`rewards:${20_000 % 367}`, '{"day":20000,"rows":[["1"]]}');
    store.values.set(`rewards:${19_999 % 367}`, '{"day":19632,"rows":[]}');
    store.values.set(`rewards:${19_900 % 367}`, 'no JSON');
    const rewards = await open();
    await rewards.addUp();
    expect(await all(rewards)).to.deep.equal([]);
    expect(rewards.paid).to.deep.equal({ roe: 0n, rounds: 0, since: null });
  });

  it('bounds a day of very short rounds', async () => {
    const rewards = await open();
    for (let round = 1; round <= 1_050; round++) rewards.add(reward(round, 5));
    await rewards.written();
    const kept = await all(await open());
    expect([kept.length, kept[0]!.round]).to.deep.equal([1000, 51]);
    expect(store.values.get(`rewards:${20_000 % 367}`)!.length).to.be.below(200_000);
  });

  for (const [which, errorDays] of [
    ['days ahead', 5],
    ['more than a year ahead', 500],
    ['a day behind', -1],
    ['more than a year behind', -500],
  ] as const) {
    it(`erases nothing when the clock was ${which} as the process started, and was set right`, async () => {
      const before = await open();
      for (const round of [1, 2]) {
        before.add(reward(round, 5));
        before.settled(round, 'paid', 5n);
        now += DAY_MS;
      }
      before.add(reward(3, 5));
      await before.written();

      now += errorDays * DAY_MS;
      const rewards = await open();
      await rewards.addUp();
      rewards.add(reward(4, 5));
      now -= errorDays * DAY_MS;
      rewards.add(reward(5, 5));
      rewards.settled(5, 'paid', 5n);
      await rewards.addUp();
      expect(rewards.paid).to.deep.equal({ roe: 15n, rounds: 3, since: NOON });
      expect(rewards.open).to.include(3);
      expect(rounds(rewards.ofDay(20_002))).to.deep.equal([3, 5]);
      await rewards.written();
      expect(rounds(await all(await open()))).to.include.members([1, 2, 3, 5]);
    });
  }

  it('keeps rows of days to come where the clock goes back over a year, though they have the same key', async () => {
    const rewards = await open();
    rewards.add(reward(1, 5));
    await rewards.written();
    now -= 367 * DAY_MS;
    rewards.add(reward(2, 5));
    await rewards.written();
    expect(rounds(await all(await open()))).to.deep.equal([2]);
    now += 367 * DAY_MS;
    expect(rounds(await all(await open()))).to.deep.equal([1]);
  });

  it('has one row of a round whose list is computed again while the clock is wrong', async () => {
    const before = await open();
    before.add(reward(1, 5));
    before.settled(1, 'paid', 5n);
    await before.written();
    now -= 5 * DAY_MS;
    const rewards = await open();
    rewards.add(reward(1, 5));
    now += 5 * DAY_MS;
    await rewards.follow();
    expect(rewards.add(reward(1, 6))).to.equal(1n);
    await rewards.written();
    const [row, ...others] = await all(await open());
    expect(others).to.deep.equal([]);
    expect(row).to.include({ at: NOON, listedRoe: '6', outcome: 'paid', paidRoe: '5' });
  });

  it('writes no day that could not be read, and does once it can', async () => {
    const before = await open();
    before.add(reward(1, 5));
    await before.written();
    now -= 5 * DAY_MS;
    const rewards = await open();
    now += 5 * DAY_MS;
    const get = store.get.bind(store);
    store.get = () => Promise.reject(new Error('EIO'));
    rewards.add(reward(2, 5));
    await rewards.written();
    store.get = get;
    expect(rounds(await all(await open()))).to.deep.equal([1]);
    rewards.add(reward(3, 5));
    await rewards.written();
    expect(rounds(await all(await open()))).to.deep.equal([1, 2, 3]);
  });

  it('reads the year of rounds of eight minutes without holding anything up', async function () {
    this.timeout(20_000);
    const rewards = await open();
    for (let round = 0; round < 180; round++) {
      rewards.add(reward(round, 1_000_000_000));
      rewards.settled(round, 'paid', 1_000_000_000n);
    }
    await rewards.written();
    const key = `rewards:${20_000 % 367}`;
    const ofADay = store.values.get(key)!;
    for (let day = 20_001; day < 20_367; day++) {
      const moved = ofADay
        .replace('"day":20000', `"day":${day}`)
        .replaceAll(String(NOON), String(NOON + (day - 20_000) * DAY_MS));
      store.values.set(`rewards:${day % 367}`, moved);
    }
    now += 366 * DAY_MS;
    const year = await open();
    // Others' turns, which reading from memory alone would not give them.
    let turns = 0;
    const count = (): void => void (turns++, (next = setImmediate(count)));
    let next = setImmediate(count);
    await year.addUp();
    const rows = await all(year);
    clearImmediate(next);
    expect(rows).to.have.length(367 * 180);
    expect(year.paid!.rounds).to.equal(367 * 180);
    expect(turns).to.be.at.least(2 * 367);
  });
});
