import { expect } from 'chai';
import { displayHash, DIFFICULTY_1_TARGET } from '../../src/bitcoin/target';
import { History, type HistoryClock } from '../../src/history/history';
import { Finds } from '../../src/history/journal';
import { dayOf } from '../../src/history/reward-days';
import { timeOf } from '../../src/history/samples';
import { createLog } from '../../src/process/log';
import type { Block, BlockListener } from '../../src/rounds/blocks';
import type { LoggedShare } from '../../src/rounds/share-batches';
import { ShareLog } from '../../src/rounds/share-log';
import { MemoryStore } from '../fixtures/memory-store';
import { reward } from '../fixtures/rewards';
import { until } from '../fixtures/until';

const log = createLog('silent');

/** A share whose place in the log is its time. */
function share(at: number, difficulty: number, round = 3, reason?: string): LoggedShare {
  const hash = displayHash(DIFFICULTY_1_TARGET / BigInt(difficulty));
  return {
    place: at,
    at,
    round,
    workerId: 'rig1',
    submissionId: `s${at}`,
    hash,
    best: false,
    ...(reason !== undefined && { reason }),
  };
}

function block(number: number, state: Block['state'] = 'pending'): Block {
  return {
    hash: String(number).padStart(64, '0'),
    height: 900_000 + number,
    round: 3,
    workerId: 'rig1',
    valueSat: 312_500_000,
    payout: '44'.repeat(20),
    foundAt: 1_700_000_000_000 + number,
    state,
    answers: [],
  };
}

describe('Finds', () => {
  it('keeps the hundred best of the newest round', async () => {
    const finds = await Finds.open(new MemoryStore(), log, 0);
    const of = (i: number): LoggedShare => share(1000 + i, ((i * 37) % 251) + 1);
    finds.add(Array.from({ length: 250 }, (_, i) => of(i)));
    const kept = finds.after(0).map(([, difficulty]) => difficulty);
    expect(kept).to.have.length(100);
    const all = Array.from({ length: 250 }, (_, i) => ((i * 37) % 251) + 1).sort((a, b) => b - a);
    expect(Math.min(...kept)).to.be.closeTo(all[99]!, 1e-6);
    finds.add([share(2000, 5, 2), share(2001, 9, 4), share(2002, 8, 4, 'wrong_hash')]);
    expect(finds.round).to.equal(4);
    expect(finds.after(0).map(([at]) => at)).to.deep.equal([2001]);
  });

  it('takes each share once, and tells what came after a time', async () => {
    const finds = await Finds.open(new MemoryStore(), log, 0);
    finds.add([share(1, 9), share(2, 7), share(1, 9)]);
    expect(finds.after(0).map(([at]) => at)).to.deep.equal([1, 2]);
    expect(finds.after(1).map(([at]) => at)).to.deep.equal([2]);
  });

  it('takes the round of the newest share, also where it is a lower one, after a reset of the network', async () => {
    const finds = await Finds.open(new MemoryStore(), log, 0);
    finds.add([share(1, 9, 40), share(2, 7, 3), share(3, 8, 3)]);
    expect(finds.round).to.equal(3);
    expect(finds.after(0).map(([at]) => at)).to.deep.equal([2, 3]);
  });

  it('has what it took in before a restart, once, and goes on behind it', async () => {
    const store = new MemoryStore();
    const before = await Finds.open(store, log, 0);
    const all = Array.from({ length: 600 }, (_, i) => share(i + 1, i < 100 ? 1000 + i : 1));
    before.add(all);
    await before.writeIfDue(0);
    // The log has kept the newest shares, some of them of the previous round.
    const logged = [share(100, 5, 2), ...all.slice(101)];
    for (const lastPlace of [600, 590]) {
      const after = await Finds.open(store, log, lastPlace);
      after.add(logged.filter(({ place }) => place <= lastPlace));
      expect([after.round, after.after(0).length]).to.deep.equal([3, 100]);
      after.add([share(lastPlace + 1, 5000)]);
      expect(after.after(100)).to.have.length(1);
    }
  });

  it('is written at most once in five minutes, and read again', async () => {
    const store = new MemoryStore();
    const finds = await Finds.open(store, log, 0);
    for (let i = 0; i < 600; i++) {
      finds.add([share(i + 1, i + 1)]);
      await finds.writeIfDue(1_000_000 + i * 1000);
    }
    expect(store.writes).to.equal(2);
    expect(store.values.size).to.equal(1);
    const again = await Finds.open(store, log, 600);
    expect(again.round).to.equal(3);
    expect(again.after(0)).to.have.length(100);
  });
});

describe('History', () => {
  let store: MemoryStore;
  let shares: ShareLog;
  /** The newest first. */
  let found: Block[];
  let tell: BlockListener;
  let now: number;
  /** How far the clock is ahead. */
  let aheadMs: number;
  const clock: HistoryClock = { now: () => now + aheadMs, steady: () => now };
  beforeEach(async () => {
    store = new MemoryStore();
    shares = await ShareLog.open(store, log);
    found = [];
    now = 1_700_000_000_000;
    aheadMs = 0;
  });

  const open = (): Promise<History> =>
    History.open(
      {
        shares,
        blocks: { list: () => found, onChange: (listener) => (tell = listener) },
        store,
        log,
        engine: {
          hashrateHps: 5e6,
          threadStates: [{ backend: 'js', notes: [], hashrateHps: 5e6, failed: false }],
        },
        miner: { lastRound: undefined },
      },
      clock,
    );

  it('samples the engine and takes shares from the log', async () => {
    const history = await open();
    shares.note(share(0, 5));
    history.tick();
    now += 1000;
    history.tick();
    now += 1000;
    history.tick();
    expect(history.samples.after(0)).to.deep.equal([
      [now / 1000 - 2, -1, 0, 0, 0, 5000, 5000],
      [now / 1000, -1, 0, 0, 0, 5000, 5000],
    ]);
    expect(history.finds.after(0)).to.have.length(1);
  });

  it('keeps the last audits with what was found, over a restart', async () => {
    const history = await open();
    for (let round = 0; round < 60; round++) {
      await history.audited(
        round,
        'A',
        Promise.resolve({ valid: true, source: 0, shares: 1, hashes: 9n }),
      );
    }
    await history.audited(60, 'B', Promise.resolve({ valid: false, reason: 'too short' }));
    const failure = history.audited(61, 'C', Promise.reject(new Error('no seed')));
    expect(await failure.catch((error: Error) => error.message)).to.equal('no seed');
    await history.audits.written();

    const entries = (await open()).audits.after(0);
    expect(entries).to.have.length(50);
    expect(entries.slice(-3).map((entry) => ({ ...entry, at: 0 }))).to.deep.equal([
      { at: 0, round: 59, submitter: 'A', verdict: 'valid', hashes: '9' },
      { at: 0, round: 60, submitter: 'B', verdict: 'invalid', reason: 'too short' },
      { at: 0, round: 61, submitter: 'C', verdict: 'abstained', reason: 'no seed' },
    ]);
    // Even entries of the same millisecond are distinct for readers that come back.
    expect(history.audits.after(history.audits.last - 1)).to.have.length(1);
  });

  it('keeps the blocks found with what became of them, over a restart', async () => {
    const history = await open();
    for (const state of ['pending', 'accepted', 'accepted'] as const) tell(block(1, state));
    tell(block(2));
    const { last } = history.blocks;
    tell(block(2, 'refused'));
    expect(history.blocks.after(last).map(({ state }) => state)).to.deep.equal(['refused']);
    await history.blocks.written();
    const entries = (await open()).blocks.after(0);
    expect(entries).to.deep.equal([
      {
        at: 1_700_000_000_001,
        hash: block(1).hash,
        height: 900_001,
        round: 3,
        workerId: 'rig1',
        valueSat: 312_500_000,
        state: 'accepted',
      },
      { ...entries[1]!, hash: block(2).hash, state: 'refused' },
    ]);
  });

  it('takes in blocks that an earlier process had no time to write, and changes nothing of those it knows', async () => {
    found = [block(2), block(1, 'accepted')];
    await (await open()).blocks.written();
    const { writes } = store;
    found = [block(3), ...found];
    const history = await open();
    await history.blocks.written();
    expect(history.blocks.entries.map(({ height }) => height - 900_000)).to.deep.equal([1, 2, 3]);
    expect(store.writes).to.equal(writes + 1);
  });

  it('keeps no more than a hundred blocks', async () => {
    const history = await open();
    for (let number = 1; number <= 150; number++) tell(block(number));
    await history.blocks.written();
    const entries = (await open()).blocks.entries;
    expect(entries).to.have.length(100);
    expect(entries[0]!.height).to.equal(900_051);
    expect(store.values.get('history:blocks')!.length).to.be.below(65_536);
  });

  it('counts the reward of a round once, by the newest list', async () => {
    const history = await open();
    for (const roe of [5, 7]) history.rewarded(reward(2, roe));
    await history.rewards.written();
    const rows = (await open()).rewards.after(0);
    expect(rows.map(({ round, listedRoe }) => [round, listedRoe])).to.deep.equal([[2, '7']]);
  });

  it('tells how much of a reward was not counted before, over restarts, whatever other lists gave meanwhile', async () => {
    const counted: number[] = [];
    for (const [round, roe] of [
      [2, 5],
      [2, 5],
      [3, 4],
      [2, 7],
      [2, 6],
      [2, 8],
      [3, 4],
    ] as const) {
      const history = await open();
      counted.push(history.rewarded(reward(round, roe)));
      await history.rewards.written();
    }
    expect(counted).to.deep.equal([5, 0, 4, 2, 0, 1, 0]);
    const rows = (await open()).rewards.recent(9);
    expect(rows.map(({ round, listedRoe }) => [round, listedRoe])).to.deep.equal([
      [3, '4'],
      [2, '8'],
    ]);
  });

  it('counts the rewards of a network that was reset, which have the numbers of earlier ones', async () => {
    const counted = async (round: number): Promise<number> => {
      const history = await open();
      const roe = history.rewarded(reward(round, 5));
      await history.rewards.written();
      return roe;
    };
    for (let round = 1; round <= 40; round++) expect(await counted(round)).to.equal(5);
    // A list that was voted out is made again two rounds later.
    expect(await counted(37)).to.equal(0);
    for (let round = 1; round <= 3; round++) expect(await counted(round)).to.equal(5);
    const rounds = (await open()).rewards.recent(99).map(({ round }) => round);
    expect(rounds).to.deep.equal([3, 2, 1]);
  });

  it('drops the rewards and the rounds of a dead chain when it is told of a reset, and only those', async () => {
    const history = await open();
    history.tick();
    for (const round of [38, 39, 40, 37]) {
      history.rewarded(reward(round, 5));
    }
    const { edition } = history;
    history.forgetRounds(38);
    expect(history.rewards.recent(9)).to.have.length(1);
    expect(history.edition).to.be.greaterThan(edition);
    expect(history.rewarded(reward(36, 5))).to.equal(5);
    history.forgetRounds(39);
    expect(history.rewards.recent(9).map(({ round }) => round)).to.deep.equal([37, 36]);
    expect(history.samples.after(0).map((sample) => sample[1])).to.deep.equal([-1]);
  });

  it('knows the rewards of the day again once a clock that was wrong at the start is set right', async () => {
    const before = await open();
    before.rewarded(reward(1, 5));
    before.rewards.settled(1, 'paid', 5n);
    await before.rewards.written();
    aheadMs = -5 * 86_400_000;
    const history = await open();
    history.tick();
    aheadMs = 0;
    history.tick();
    await until(() => history.rewards.paid !== undefined);
    expect(history.rewards.paid).to.deep.equal({ roe: 5n, rounds: 1, since: now });
    expect(history.rewards.ofDay(dayOf(now))).to.have.length(1);
  });

  const MINUTE = 60_000;
  const times = (history: History): number[] => history.samples.after(0).map(timeOf);
  const run = (history: History, ms: number): void => {
    for (const end = now + ms; now < end; now += 1000) history.tick();
  };

  for (const jumpMs of [60 * MINUTE, -60 * MINUTE, 17 * MINUTE + 3456, -26 * MINUTE - 123]) {
    it(`goes on with the charts when the clock is set by ${jumpMs / MINUTE} minutes, without a gap, after a kill too`, async () => {
      const history = await open();
      run(history, 20 * MINUTE);
      shares.note(share(0, 5));
      run(history, 1000);
      const { edition } = history;
      aheadMs = jumpMs;
      run(history, 5 * MINUTE);
      expect(history.edition).to.equal(edition + 1);

      const after = times(history);
      const gaps = (of: number[]): number[] => of.slice(1).map((at, i) => at - of[i]!);
      const ofLastMinutes = after.filter((at) => at > now + aheadMs - 5 * MINUTE);
      expect(ofLastMinutes.length).to.be.at.least(140);
      expect(after[0]).to.be.at.most(now + aheadMs - 24 * MINUTE);
      expect(Math.min(...gaps(after))).to.be.greaterThan(0);
      expect(Math.max(...gaps(after))).to.be.at.most(20_000);
      expect(after.at(-1)).to.be.within(now + aheadMs - 4000, now + aheadMs);
      const [found] = history.finds.after(0);
      expect(found![0] - (Date.now() + jumpMs)).to.be.within(-60_000, 60_000);

      await history.samples.written();
      const restored = times(await open());
      expect(restored[0]).to.be.at.most(now + aheadMs - 24 * MINUTE);
      expect(Math.max(...gaps(restored))).to.be.at.most(20_000);
      expect(restored.at(-1)).to.be.within(now + aheadMs - 40_000, now + aheadMs);
    });
  }

  it('shows as a gap that the machine slept, for its clock was right all the time', async () => {
    const history = await open();
    run(history, MINUTE);
    now += 30 * MINUTE;
    run(history, MINUTE);
    const of = times(history);
    expect(history.edition).to.equal(0);
    expect(Math.max(...of.slice(1).map((at, i) => at - of[i]!))).to.be.at.least(30 * MINUTE);
  });

  it('takes samples at once after a restart by a clock that was set back', async () => {
    aheadMs = 60 * MINUTE;
    run(await open(), 10 * MINUTE);
    aheadMs = 0;
    const history = await open();
    expect(times(history)).to.deep.equal([]);
    run(history, 10_000);
    expect(times(history)).to.have.length(5);
  });

  it('goes on without records that are unreadable', async () => {
    for (const key of ['history:audits', `rewards:${dayOf(now) % 367}`, 'history:finds']) {
      store.values.set(key, '{"no": 1}');
    }
    const history = await open();
    expect(history.audits.after(0)).to.deep.equal([]);
    expect(history.rewards.after(0)).to.deep.equal([]);
  });
});
