import { expect } from 'chai';
import { displayHash, DIFFICULTY_1_TARGET } from '../../src/bitcoin/target';
import { Finds } from '../../src/history/finds';
import { History, type HistoryClock } from '../../src/history/history';
import { createLog } from '../../src/log';
import { ShareLog } from '../../src/rounds/share-log';
import type { LoggedShare } from '../../src/rounds/share-record';
import { MemoryStore } from '../fixtures/memory-store';

const log = createLog('silent');

/** Shares of earlier versions have their time for a place. */
function share(at: number, difficulty: number, round = 3, reason?: string): LoggedShare {
  const hash = displayHash(DIFFICULTY_1_TARGET / BigInt(difficulty));
  return {
    ...{ place: at, at, round, workerId: 'rig1', submissionId: `s${at}`, hash, best: false },
    ...(reason !== undefined && { reason }),
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
  let now: number;
  /** By how much the clock is ahead. */
  let aheadMs: number;
  const clock: HistoryClock = { now: () => now + aheadMs, steady: () => now };
  beforeEach(async () => {
    store = new MemoryStore();
    shares = await ShareLog.open(store, log);
    now = 1_700_000_000_000;
    aheadMs = 0;
  });

  const open = (): Promise<History> =>
    History.open(
      {
        ...{ shares, store, log },
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
      await history.audited(round, 'A', Promise.resolve({ valid: true, shares: 1, hashes: 9n }));
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
    // Also those of one millisecond are told apart, for readers that come back.
    expect(history.audits.after(history.audits.last - 1)).to.have.length(1);
  });

  it('counts the reward of a round once, by the newest list', async () => {
    const history = await open();
    for (const roe of [5, 7]) history.rewarded({ round: 2, roe, proofs: 3, valid: 2 });
    await history.rewards.written();
    const entries = (await open()).rewards.after(0);
    expect(entries.map(({ round, roe }) => ({ round, roe }))).to.deep.equal([{ round: 2, roe: 7 }]);
  });

  it('goes on without records that are unreadable', async () => {
    for (const key of ['history:audits', 'history:rewards', 'history:finds']) {
      store.values.set(key, '{"no": 1}');
    }
    const history = await open();
    expect(history.audits.after(0)).to.deep.equal([]);
    expect(history.rewards.after(0)).to.deep.equal([]);
  });
});
