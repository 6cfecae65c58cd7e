import { expect } from 'chai';
import { createLog } from '../../src/log';
import { Round } from '../../src/rounds/round';
import { RECENT_SHARES, ShareLog } from '../../src/rounds/share-log';
import type { JudgedShare } from '../../src/rounds/share-record';
import { decodeProof } from '../../src/proof/codec';
import { shareOf } from '../../src/proof/share';
import { displayHash } from '../../src/bitcoin/target';
import { decodeKey } from '../../src/template/koii';
import { MemoryStore } from '../fixtures/memory-store';
import { vectors } from '../fixtures/proofs';

const log = createLog('silent');
const vector = vectors[0]!;
const identity = { taskId: decodeKey(vector.taskId), submitter: decodeKey(vector.submitter) };
const seed = Buffer.from(vector.seed, 'hex');
const decoded = decodeProof(vector.proof);
const attempts = 'proof' in decoded ? decoded.proof.segments[0]!.attempts : [];
const { template } = Round.begin(identity, vector.round, seed);

const share = (i: number, more: Partial<JudgedShare> = {}): JudgedShare => {
  const attempt = attempts[i % attempts.length]!;
  return {
    round: vector.round,
    workerId: 'rig1',
    submissionId: `rig1-${i}`,
    hash: displayHash(shareOf(template, attempt).hashValue),
    attempt,
    best: true,
    ...more,
  };
};

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
    const again = await open();
    expect(again.recent(500)).to.deep.equal(shares.recent(500));
    expect(idsOf(again)).to.deep.equal(['rig1-2', 'rig1-1', 'rig1-0']);
    expect(again.statistics).to.deep.equal({ valid: 2, invalid: 1, uniqueWorkers: 2 });
    expect(again.sinceStart).to.deep.equal({ valid: 0, invalid: 0 });
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
    const places = shares.recent(100).map(({ at }) => at);
    expect(new Set(places).size).to.equal(100);
    expect(shares.lastAt).to.equal(places[0]);
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

  it('brings a round up to date that was saved before its last shares came', async () => {
    const shares = await open();
    const saved = Round.begin(identity, vector.round, seed);
    const keep = async (i: number): Promise<void> => {
      saved.admit(shareOf(template, attempts[i]!));
      await shares.keep(share(i));
    };
    for (let i = 0; i < 10; i++) await keep(i);
    saved.setCountedUntil(shares.lastAt);
    const record = saved.toRecord();
    for (let i = 10; i < 28; i++) await keep(i);
    await shares.keep(share(0, { submissionId: 'bad', reason: 'above_target' }));

    const restored = Round.restore(identity, record);
    restored.replay((await open()).restoredOf(vector.round));
    expect(restored.proof()).to.equal(vector.proof);
    expect([restored.validShares, restored.invalidShares]).to.deep.equal([28, 1]);
    restored.replay((await open()).restoredOf(vector.round));
    expect([restored.validShares, restored.invalidShares]).to.deep.equal([28, 1]);
  });

  it('takes no logged share into a round with another seed', async () => {
    const shares = await open();
    await shares.keep(share(0));
    const other = Round.begin(identity, vector.round, Buffer.alloc(32, 9));
    other.replay((await open()).restoredOf(vector.round));
    expect(other.shares).to.deep.equal([]);
  });
});
