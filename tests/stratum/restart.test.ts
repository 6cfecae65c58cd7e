import { expect } from 'chai';
import { HeldStore } from '../fixtures/held-store';
import { MemoryStore } from '../fixtures/memory-store';
import type { Found, Notified, StratumClient } from '../fixtures/stratum-client';
import { StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

const ROUND = 5;

describe('shares over Stratum and the store', () => {
  let store: HeldStore;
  let node: StratumTestNode;
  let client: StratumClient;
  let job: Notified;
  beforeEach(async () => {
    store = new HeldStore();
    node = await StratumTestNode.open({ store });
    await node.begin(ROUND);
    client = await node.rolling('rig1');
    job = await client.job();
  });
  afterEach(async () => {
    store.release();
    client.close();
    await node.close();
  });
  const sharesOf = (count: number): Found[] => client.mine(job, count, { rollsVersion: true });
  const writesOfShares = (): string[] => store.waiting.filter((key) => key.startsWith('shares:'));

  /** Hands a share in. Tells whether it is answered yet. */
  const submitting = (share: Found): { answer: Promise<unknown>; isAnswered: () => boolean } => {
    let isAnswered = false;
    const answer = client.submit('rig1', job, share).finally(() => (isAnswered = true));
    return { answer, isAnswered: () => isAnswered };
  };

  it('are answered once they are stored, where they may enter the proof', async () => {
    const [share] = sharesOf(1) as [Found];
    store.hold();
    const { answer, isAnswered } = submitting(share);
    await until(() => writesOfShares().length > 0);
    // What is asked later is answered later.
    const ping = client.ask('mining.ping', []);
    expect([
      isAnswered(),
      [...store.values.keys()].some((key) => key.startsWith('shares:')),
    ]).to.deep.equal([false, false]);
    store.release();
    expect(await answer).to.equal(true);
    expect(await ping).to.equal('pong');
    expect(store.values.get('shares:0')).to.include('rig1');
  });

  it('are answered without waiting, where they can not enter the proof', async () => {
    Object.defineProperty(node.door.miner.lastRound, 'entryTarget', { value: 0n });
    store.hold();
    expect(await submitting(sharesOf(1)[0]!).answer).to.equal(true);
    expect(writesOfShares()).to.have.length(0);
    expect(node.worker('rig1')).to.include({ accepted: 1 });
  });

  it('are refused with 20 while the store takes no writes, and the connection goes on', async () => {
    const [first, second] = sharesOf(2) as [Found, Found];
    store.broken = true;
    const unstored = [20, 'This node could not store the share'];
    expect(await client.submit('rig1', job, first)).to.deep.equal(unstored);
    store.broken = false;
    expect(await client.submit('rig1', job, second)).to.equal(true);
    // That one is in the round all the same, and was stored with the next.
    expect(store.values.get('shares:0')).to.include('rig1');
    expect(await client.submit('rig1', job, first)).to.deep.equal([22, 'Duplicate share']);
  });

  it('are in the round after a kill if they were acknowledged, and their jobs are unknown then', async () => {
    const shares = sharesOf(3);
    const [last] = shares.slice(-1) as [Found];
    for (const share of shares.slice(0, 2)) {
      expect(await client.submit('rig1', job, share)).to.equal(true);
    }
    const left = new MemoryStore();
    for (const [key, value] of store.values) left.values.set(key, value);
    const again = await StratumTestNode.open({ store: left });
    const round = await again.begin(ROUND);
    const hashes = shares.slice(0, 2).map(({ hash }) => hash);
    expect(round.shares.map(({ hashValue }) => hashValue)).to.have.members(hashes);
    const returned = await again.rolling('rig1');
    const its = await returned.job();
    for (const share of [shares[0]!, last]) {
      expect(await returned.submit('rig1', job, share)).to.deep.equal([21, 'Job not found']);
    }
    // Ground of its own, though it has the extranonce1 of before.
    expect(returned.extranonce1).to.equal(client.extranonce1);
    expect(its.coinbase1).not.to.equal(job.coinbase1);
    expect(its.id).not.to.equal(job.id);
    returned.close();
    await again.close();
  });
});
