import { expect } from 'chai';
import { verifyProof } from '../../src/proof/verify';
import type { Segment } from '../../src/work/segment';
import { PushedSource, segmentAt } from '../fixtures/segments';
import type { Notified, StratumClient } from '../fixtures/stratum-client';
import { StratumTestNode } from '../fixtures/stratum-node';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 5;
/** The bytes of a prev all differ, so that their order shows; the heights are one, two and four bytes long. */
const SEGMENTS: readonly Segment[] = [17, 900_000, 2 ** 31 - 1].map((height) => {
  const prev = Buffer.from(Array.from({ length: 32 }, (_, i) => (height + i) % 256));
  return { ...segmentAt(1), height, prev };
});

describe('Stratum on the tips of Bitcoin', function () {
  this.timeout(30_000);
  let node: StratumTestNode;
  let client: StratumClient;
  let source: PushedSource;
  beforeEach(async () => {
    source = new PushedSource();
    node = await StratumTestNode.open({ source });
    await node.begin(ROUND);
    client = await node.rolling('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig1');
  });
  afterEach(async () => {
    client.close();
    await node.close();
  });

  const jobOn = async (nth: number): Promise<Notified> => {
    source.push(SEGMENTS[nth]!);
    await until(() => client.jobs.length > nth);
    return client.jobs[nth]!;
  };

  it('sends what a header is made of, in the byte orders of Stratum, and no merkle branch', async () => {
    for (const [nth, { prev, bits, time }] of SEGMENTS.entries()) {
      const job = await jobOn(nth);
      expect(job).to.deep.include({
        prev: Buffer.from(prev).swap32().toString('hex'),
        bits: bits.toString(16),
        time: time.toString(16),
        version: '20000000',
        isClean: true,
      });
    }
    const branches = client.lines
      .filter((line) => line.includes('"method":"mining.notify"'))
      .map((line) => (JSON.parse(line) as { params: unknown[] }).params[4]);
    expect(branches).to.deep.equal([[], [], []]);
  });

  it('has a miner work a whole round over two new tips without a reject', async () => {
    const worker = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig1';
    const accepted: bigint[] = [];
    let last: Notified | undefined;
    for (const nth of SEGMENTS.keys()) {
      const job = await jobOn(nth);
      // A find on the tip before, that was on its way.
      const late = last ? client.mine(last, 1, { rollsVersion: true, from: 9 }) : [];
      for (const share of [...late, ...client.mine(job, 3, { rollsVersion: true })]) {
        expect(await client.submit(worker, share.job, share), `tip ${nth}`).to.equal(true);
        accepted.push(share.hash);
      }
      last = job;
    }
    const closed = await node.door.miner.close(ROUND);
    expect(Object.fromEntries(node.worker(worker).rejected)).to.deep.equal({});
    expect(closed!.validShares).to.equal(accepted.length);
    // Those of the two segments that prove most.
    const proven = closed!.shares;
    expect(new Set(proven.map(({ segment }) => segment)).size).to.equal(2);
    expect(accepted).to.include.members(proven.map(({ hashValue }) => hashValue));
    const of = { taskId: identity.taskId, round: ROUND, seed };
    expect(verifyProof(closed!.proof()!, identity.submitter, of)).to.include({ valid: true });
  });
});
