import { expect } from 'chai';
import { createLog } from '../../src/process/log';
import { Bests } from '../../src/rounds/bests';
import { LOCAL_WORKER } from '../../src/rounds/share-batches';
import { MemoryStore } from '../fixtures/memory-store';

const KEY = 'best-shares';

describe('Bests', () => {
  let store: MemoryStore;
  let lines: string[];
  let bests: Bests;
  beforeEach(async () => {
    store = new MemoryStore();
    lines = [];
    bests = await open();
  });
  const open = (): Promise<Bests> =>
    Bests.open(
      store,
      createLog('info', (line) => lines.push(line)),
    );
  const note = (workerId: string, hashValue: bigint, round = 5): void =>
    bests.note({ workerId, hashValue, round });
  const ofWorkers = (of: Bests, ...ids: string[]) => ids.map((id) => of.ofWorker(id));

  it("are the lowest of the node's shares and of each worker's, in this process and later ones", async () => {
    expect([bests.ofNode, bests.ofWorker('rig1')]).to.deep.equal([undefined, undefined]);
    note('rig1', 70n);
    note('rig2', 50n, 6);
    note('rig1', 60n, 7);
    note('rig1', 80n, 7);
    const before = Date.now();
    note(LOCAL_WORKER, 40n, 8);
    note('rig2', 55n, 8);
    await bests.flush();
    for (const of of [bests, await open()]) {
      expect(of.ofNode).to.deep.include({ hashValue: 40n, round: 8, workerId: LOCAL_WORKER });
      expect(of.ofNode!.at).to.be.within(before, Date.now());
      // This node's own threads are no worker.
      expect(ofWorkers(of, 'rig1', 'rig2', LOCAL_WORKER)).to.deep.equal([60n, 50n, undefined]);
    }
    bests = await open();
    note('rig1', 61n, 9);
    note('rig2', 39n, 9);
    expect(bests.ofNode).to.include({ hashValue: 39n, round: 9, workerId: 'rig2' });
    expect(ofWorkers(bests, 'rig1', 'rig2')).to.deep.equal([60n, 39n]);
  });

  it('keep the highest hash value and the lowest as they are', async () => {
    note('rig1', 2n ** 256n - 1n);
    note('rig2', 0n);
    await bests.flush();
    expect(ofWorkers(await open(), 'rig1', 'rig2')).to.deep.equal([2n ** 256n - 1n, 0n]);
    expect(lines).to.deep.equal([]);
  });

  it('are written only when they changed, and again when they could not be', async () => {
    await bests.flush();
    expect(store.writes).to.equal(0);
    note('rig1', 70n);
    await bests.flush();
    note('rig1', 71n);
    note('rig1', 70n);
    await bests.flush();
    expect(store.writes).to.equal(1);
    note('rig1', 60n);
    store.broken = true;
    expect(await bests.flush().catch((error: unknown) => error)).to.equal(store.fault);
    store.broken = false;
    expect((await open()).ofWorker('rig1')).to.equal(70n);
    await bests.flush();
    expect((await open()).ofWorker('rig1')).to.equal(60n);
    // A worker's own best, not the node's.
    note('rig2', 99n);
    await bests.flush();
    expect(ofWorkers(await open(), 'rig1', 'rig2')).to.deep.equal([60n, 99n]);
  });

  it('forget of more than 1,024 workers those whose best is the longest ago, before a restart or after it', async () => {
    for (let i = 0; i < 1_024; i++) note(`rig${i}`, 1_000n + BigInt(i));
    note('rig0', 1n);
    note('rig1', 5_000n);
    note('one more', 7n);
    await bests.flush();
    bests = await open();
    expect(ofWorkers(bests, 'rig0', 'rig1', 'rig2', 'one more')).to.deep.equal([
      1n,
      undefined,
      1_002n,
      7n,
    ]);
    note('another', 8n);
    expect(ofWorkers(bests, 'rig0', 'rig2', 'rig3')).to.deep.equal([1n, undefined, 1_003n]);
    // However many came, the record can be read.
    for (let i = 0; i < 5_000; i++) note(`flood${i}`, 9n);
    await bests.flush();
    bests = await open();
    expect(bests.ofNode).to.include({ hashValue: 1n, workerId: 'rig0' });
    expect(ofWorkers(bests, 'flood3975', 'flood3976')).to.deep.equal([undefined, 9n]);
    expect(lines).to.deep.equal([]);
  });

  const hash = 'ab'.repeat(32);
  for (const garbage of [
    '',
    '{',
    'null',
    '[]',
    '{"node":null}',
    JSON.stringify({ node: { hash, round: -1, worker: 'rig1', at: 0 }, workers: [] }),
    JSON.stringify({ node: null, workers: [['rig1', 'ab']] }),
    JSON.stringify({ node: null, workers: [['rig1', hash.toUpperCase()]] }),
  ]) {
    it(`begin anew with a record that is ${garbage.slice(0, 50) || 'empty'}`, async () => {
      store.values.set(KEY, garbage);
      bests = await open();
      expect([bests.ofNode, bests.ofWorker('rig1')]).to.deep.equal([undefined, undefined]);
      expect(lines).to.have.length(1);
      note('rig1', 70n);
      await bests.flush();
      expect((await open()).ofWorker('rig1')).to.equal(70n);
    });
  }
});
