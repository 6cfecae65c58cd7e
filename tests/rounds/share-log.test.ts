import { expect } from 'chai';
import fc from 'fast-check';
import { createLog } from '../../src/process/log';
import type { JudgedShare } from '../../src/rounds/share-batches';
import { RECENT_INVALID_SHARES, RECENT_SHARES, ShareLog } from '../../src/rounds/share-log';
import { packAttempt } from '../../src/work/attempt';
import { MemoryStore } from '../fixtures/memory-store';
import { judgedShare as share, vector } from './vector';

const log = createLog('silent');

/** An invalid share. */
const forged = (i: number, submissionId = `forged-${i}`): JudgedShare =>
  share(i, { submissionId, best: false, reason: 'wrong_hash' });

describe('ShareLog', () => {
  let store: MemoryStore;
  beforeEach(() => (store = new MemoryStore()));
  const open = (): Promise<ShareLog> => ShareLog.open(store, log);
  const idsOf = (shares: ShareLog): string[] =>
    shares.recent(RECENT_SHARES).map(({ submissionId }) => submissionId);

  it('has what it kept after a restart: shares, statistics and workers', async () => {
    const shares = await open();
    await shares.keep(share(0));
    shares.note(share(1, { workerId: 'rig2', reason: 'wrong_hash' }));
    await shares.keep(share(2, { workerId: 'rig3' }));
    await shares.flush();
    const again = await open();
    expect(again.recent(500)).to.deep.equal(shares.recent(500));
    expect(idsOf(again)).to.deep.equal(['rig1-2', 'rig1-1', 'rig1-0']);
    expect(again.statistics).to.deep.equal({ valid: 2, invalid: 1, uniqueWorkers: 2 });
    expect(again.sinceStart).to.deep.equal({ valid: 0, invalid: 0, conflicts: 0 });
  });

  it('writes what comes together in one batch', async () => {
    const shares = await open();
    await shares.keep(share(0));
    const { writes } = store;
    await Promise.all(Array.from({ length: 50 }, (_, i) => shares.keep(share(i + 1))));
    expect(store.writes - writes).to.be.at.most(2);
    expect(idsOf(await open())).to.have.length(51);
  });

  it('keeps 500 shares under a bounded set of keys, in records of bounded size', async () => {
    const shares = await open();
    for (let i = 0; i < 1200; i++) await shares.keep(share(i));
    await Promise.all(Array.from({ length: 400 }, (_, i) => shares.keep(share(1200 + i))));
    expect(store.values.size).to.be.at.most(RECENT_SHARES + 1);
    for (const value of store.values.values()) expect(value.length).to.be.below(32_768);
    const again = await open();
    expect(again.recent(500)).to.deep.equal(shares.recent(500));
    expect(again.statistics.valid).to.equal(1600);
    await again.keep(share(9999));
    expect(idsOf(await open())[0]).to.equal('rig1-9999');
  });

  it('keeps valid and invalid shares apart, in memory and in the store', async () => {
    const shares = await open();
    for (let i = 0; i < 3; i++) await shares.keep(share(i));
    // Flushing after each makes as many batches of invalid shares as possible.
    for (let i = 0; i < 600; i++) {
      shares.note(forged(i));
      await shares.flush();
    }
    for (const log of [shares, await open()]) {
      const recent = log.recent(RECENT_SHARES);
      expect(recent.slice(-3).map(({ submissionId }) => submissionId)).to.deep.equal([
        'rig1-2',
        'rig1-1',
        'rig1-0',
      ]);
      expect(recent).to.have.length(RECENT_INVALID_SHARES + 3);
      expect(log.statistics).to.deep.equal({ valid: 3, invalid: 600, uniqueWorkers: 1 });
    }
    expect(store.values.size).to.be.at.most(RECENT_SHARES + RECENT_INVALID_SHARES + 1);
  });

  it('stores what its own threads found however many invalid ones wait beside it', async () => {
    const shares = await open();
    for (let i = 0; i < 50; i++) {
      shares.note(share(i, { workerId: 'local' }));
      for (let j = 0; j < 20; j++) shares.note(forged(j));
    }
    await shares.flush();
    const again = (await open()).recent(RECENT_SHARES);
    expect(again.filter(({ workerId }) => workerId === 'local')).to.have.length(50);
  });

  it('writes nothing more for invalid shares until it is flushed, and then two batches at most', async () => {
    const shares = await open();
    await shares.keep(share(0));
    const { writes } = store;
    for (let i = 0; i < 1000; i++) {
      shares.note(forged(i));
      await shares.settle();
    }
    expect(store.writes).to.equal(writes);
    await shares.flush();
    expect(store.writes - writes).to.be.at.most(2);
  });

  it('gives way to no flood that comes while it writes', async () => {
    const shares = await open();
    const set = store.set.bind(store);
    store.set = async (key, value) => {
      for (let i = 0; i < 100; i++) shares.note(forged(i));
      await new Promise(setImmediate);
      await set(key, value);
    };
    shares.note(forged(0));
    await shares.flush();
    expect(store.writes).to.be.at.most(2);
  });

  it('goes on without what an earlier build kept, which knew no segments, and tells of it once', async () => {
    const lines: string[] = [];
    const old = share(0);
    for (let batch = 38; batch <= 41; batch++) {
      const attempt = packAttempt(old.attempt!).toString('hex');
      const tuple = [batch, vector.round, 'rig1', `old-${batch}`, old.hash, attempt, 1, '', 1.7e12];
      const record = { batch, valid: batch, invalid: 9, shares: [tuple] };
      store.values.set(`shares:${batch}`, JSON.stringify(record));
    }
    const shares = await ShareLog.open(
      store,
      createLog('info', (line) => lines.push(line)),
    );
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include("4 of the store's records of shares are unreadable");
    expect(shares.restoredOf(vector.round)).to.deep.equal([]);
    expect(shares.statistics).to.deep.equal({ valid: 0, invalid: 0, uniqueWorkers: 0 });
    await shares.keep(share(1));
    expect(idsOf(await open())).to.deep.equal(['rig1-1']);
  });

  it('shows the newest first, of each kind as many as are its part, after a restart too', () => {
    const step = fc.constantFrom('kept', 'noted', 'forged', 'flush');
    const steps = fc.array(fc.record({ step, times: fc.nat(150) }), { maxLength: 12 });
    return fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: RECENT_SHARES }), async (all, limit) => {
        store = new MemoryStore();
        const shares = await open();
        const [valid, invalid]: [string[], string[]] = [[], []];
        let i = 0;
        for (const { step, times } of all) {
          for (let n = 0; n < times; n++) {
            const id = `${step}-${i++}`;
            if (step === 'flush') break;
            if (step === 'kept') void shares.keep(share(i, { submissionId: id }));
            else if (step === 'noted') shares.note(share(i, { submissionId: id }));
            else shares.note(forged(i, id));
            (step === 'forged' ? invalid : valid).push(id);
          }
          // Flush as often as the miner does: its threads don't find 64 shares in between.
          if (step !== 'forged') await shares.flush();
        }
        const shown = shares.recent(limit);
        expect(shown.map(({ place }) => place)).to.deep.equal(
          shown.map(({ place }) => place).sort((a, b) => b - a),
        );
        const ids = (isValid: boolean): string[] =>
          shown
            .filter(({ reason }) => (reason === undefined) === isValid)
            .map(({ submissionId }) => submissionId);
        // The newest of each kind, without gaps.
        expect(ids(true)).to.deep.equal(valid.slice(valid.length - ids(true).length).reverse());
        expect(ids(false)).to.deep.equal(
          invalid.slice(invalid.length - ids(false).length).reverse(),
        );
        const kept = Math.min(valid.length, RECENT_SHARES);
        const keptInvalid = Math.min(invalid.length, RECENT_INVALID_SHARES);
        expect(shown).to.have.length(Math.min(limit, kept + keptInvalid));
        expect(ids(false).length).to.be.at.most(Math.max(Math.ceil(limit / 2), limit - kept));

        await shares.flush();
        const again = await open();
        const acknowledged = valid.filter((id) => id.startsWith('kept')).slice(-RECENT_SHARES);
        const restored = again.restoredOf(vector.round).map(({ submissionId }) => submissionId);
        expect(restored).to.include.members(acknowledged);
        expect(again.statistics.valid).to.equal(valid.length);
        expect(store.values.size).to.be.at.most(RECENT_SHARES + RECENT_INVALID_SHARES + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('does not resolve before the write, and tries again after one that failed', async () => {
    const shares = await open();
    store.broken = true;
    const failure: unknown = await shares.keep(share(0)).catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'disk full');
    expect(shares.writable).to.equal(false);
    store.broken = false;
    await shares.flush();
    expect(shares.writable).to.equal(true);
    expect(idsOf(await open())).to.deep.equal(['rig1-0']);
  });

  it('gives every share a place of its own in the log', async () => {
    const shares = await open();
    for (let i = 0; i < 100; i++) shares.note(share(i));
    const places = shares.recent(100).map(({ place }) => place);
    expect(new Set(places).size).to.equal(100);
    expect(shares.lastPlace).to.equal(places[0]);
  });

  describe('under a clock that moves', () => {
    const realNow = Date.now;
    let now = 0;
    beforeEach(() => (Date.now = () => now));
    afterEach(() => (Date.now = realNow));
    const NOON = Date.UTC(2026, 0, 1, 12);
    const HOUR_MS = 3_600_000;

    it('says when a share came by the clock as it was, however it was set since, in later processes too', async () => {
      const times = [NOON + HOUR_MS, NOON, NOON + 1, NOON - HOUR_MS, NOON - HOUR_MS];
      for (const [i, time] of times.entries()) {
        now = time;
        await (await open()).keep(share(i));
      }
      const recent = (await open()).recent(500);
      expect(recent.map(({ at }) => at)).to.deep.equal([...times].reverse());
      expect(recent.map(({ submissionId }) => submissionId)).to.deep.equal(
        [4, 3, 2, 1, 0].map((i) => `rig1-${i}`),
      );
    });

    it('has each share once, in the order in which they came, whatever the clock does and whenever it is killed', () => {
      const step = fc.oneof(
        fc.record({ clock: fc.integer({ min: -HOUR_MS, max: HOUR_MS }) }),
        fc.record({ shares: fc.integer({ min: 1, max: 4 }), valid: fc.boolean() }),
        fc.constant({ killed: true }),
        fc.constant({ saved: true }),
      );
      return fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          store = new MemoryStore();
          now = NOON;
          let shares = await open();
          const ids: string[] = [];
          const labels = new Map<string, number>();
          let saved: [until: number, count: number] = [0, 0];
          for (const each of steps) {
            if ('clock' in each) now += each.clock;
            else if ('killed' in each) shares = await open();
            else if ('saved' in each) saved = [shares.lastPlace, ids.length];
            else {
              for (let n = 0; n < each.shares; n++) {
                const id = `share-${ids.length}`;
                ids.push(id);
                labels.set(id, now);
                const more = { submissionId: id, ...(!each.valid && { reason: 'wrong_hash' }) };
                void shares.keep(share(ids.length, more));
              }
              await shares.flush();
            }
          }
          for (const log of [shares, await open()]) {
            const recent = log.recent(RECENT_SHARES);
            expect(recent.map(({ submissionId }) => submissionId)).to.deep.equal(
              [...ids].reverse(),
            );
            for (const { submissionId, at } of recent)
              expect(at).to.equal(labels.get(submissionId));
            const later = recent.filter(({ place }) => place > saved[0]);
            expect(later).to.have.length(ids.length - saved[1]);
          }
        }),
        { numRuns: 50 },
      );
    });
  });

  it('gives shares of earlier processes to no round after a reset of the network', async () => {
    await (await open()).keep(share(0));
    const shares = await open();
    shares.forgetRestored();
    expect(shares.restoredOf(vector.round)).to.deep.equal([]);
    expect(idsOf(shares)).to.deep.equal(['rig1-0']);
  });

  it('does not count workers that prove nothing', async () => {
    const shares = await open();
    shares.note(share(0, { reason: 'no_proof' }));
    expect(shares.statistics.uniqueWorkers).to.equal(0);
  });

  for (const garbage of ['', '{', 'null', '{"batch":1}', '{"batch":-1,"valid":0}']) {
    it(`goes on without a record that is ${JSON.stringify(garbage)}`, async () => {
      await (await open()).keep(share(0));
      store.values.set('shares:7', garbage);
      store.values.set('workers-seen', garbage);
      const again = await open();
      expect(idsOf(again)).to.deep.equal(['rig1-0']);
      expect(again.statistics.uniqueWorkers).to.equal(1);
    });
  }
});
