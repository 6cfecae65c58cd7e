import { expect } from 'chai';
import { createLog } from '../../src/process/log';
import { RECENT_SHARES, ShareLog } from '../../src/rounds/share-log';
import { FakeClock } from '../fixtures/fake-clock';
import { MemoryStore } from '../fixtures/memory-store';
import { judgedShare as share } from './vector';

const log = createLog('silent');

describe('shares that are kept together', () => {
  let store: MemoryStore;
  let clock: FakeClock;
  let shares: ShareLog;
  /** What became of the shares given to `keepTogether`. */
  let kept: number;
  let failed: unknown[];
  beforeEach(async () => {
    store = new MemoryStore();
    clock = new FakeClock();
    shares = await ShareLog.open(store, log, clock);
    [kept, failed] = [0, []];
  });
  let ids = 0;
  const keep = (count: number): void => {
    for (let i = 0; i < count; i++) {
      shares.keepTogether(share(ids++)).then(
        () => kept++,
        (error: unknown) => failed.push(error),
      );
    }
  };
  const storedShares = async (): Promise<number> =>
    (await ShareLog.open(store, log)).recent(RECENT_SHARES).length;

  it('are written every 200 ms, at once after a pause, however many come', async () => {
    for (let ms = 0; ms < 1_000; ms += 10) {
      await clock.runUntil(ms);
      keep(5);
    }
    // At 0, 200, 400, 600 and 800 ms.
    expect(store.writes).to.equal(5);
    expect(kept).to.be.within(400, 410);
    await clock.runUntil(1_000);
    expect([store.writes, kept]).to.deep.equal([6, 500]);
    await clock.runUntil(5_000);
    expect(store.writes).to.equal(6);
    keep(1);
    await clock.runUntil(5_000);
    expect([store.writes, kept]).to.deep.equal([7, 501]);
    expect(await storedShares()).to.equal(RECENT_SHARES);
  });

  it('are acknowledged when they are written, not before', async () => {
    keep(1);
    await clock.runUntil(0);
    keep(3);
    await clock.runUntil(199);
    expect([kept, await storedShares()]).to.deep.equal([1, 1]);
    await clock.runUntil(200);
    expect([kept, await storedShares()]).to.deep.equal([4, 4]);
  });

  it('fail all when the store fails, and are written with the next', async () => {
    store.broken = true;
    keep(5);
    await clock.runUntil(0);
    expect([kept, failed]).to.deep.equal([0, Array.from({ length: 5 }, () => store.fault)]);
    expect(shares.writable).to.equal(false);
    keep(2);
    await clock.runUntil(200);
    expect(failed).to.have.length(7);
    store.broken = false;
    keep(1);
    await clock.runUntil(400);
    expect([kept, failed.length, shares.writable]).to.deep.equal([1, 7, true]);
    expect(await storedShares()).to.equal(8);
  });

  it('are written by a flush in between, and not twice', async () => {
    keep(1);
    await clock.runUntil(0);
    keep(4);
    shares.note(share(ids++));
    await clock.runUntil(100);
    await shares.flush();
    const { writes } = store;
    expect(await storedShares()).to.equal(6);
    await clock.runUntil(1_000);
    expect([kept, store.writes]).to.deep.equal([5, writes]);
    // The next come 200 ms after the last write.
    shares.note(share(ids++));
    await shares.flush();
    keep(1);
    await clock.runUntil(1_199);
    expect(kept).to.equal(5);
    await clock.runUntil(1_200);
    expect(kept).to.equal(6);
  });

  it('have those written along that nobody waits for, as far as there is room', async () => {
    for (let i = 0; i < 64; i++) shares.note(share(ids++));
    await shares.settle();
    expect(store.writes).to.equal(0);
    keep(150);
    await clock.runUntil(0);
    expect([store.writes, await storedShares()]).to.deep.equal([1, 192]);
    await shares.flush();
    expect(await storedShares()).to.equal(214);
  });

  it('are not those that came twice or too late, which are only counted, since the start', async () => {
    keep(2);
    await clock.runUntil(0);
    for (let i = 0; i < 3; i++) shares.noteConflict();
    expect(shares.sinceStart).to.deep.equal({ valid: 2, invalid: 0, conflicts: 3 });
    await shares.flush();
    const later = await ShareLog.open(store, log);
    expect(later.sinceStart).to.deep.equal({ valid: 0, invalid: 0, conflicts: 0 });
    expect(later.statistics).to.include({ valid: 2, invalid: 0 });
    expect(later.recent(RECENT_SHARES)).to.have.length(2);
  });
});
