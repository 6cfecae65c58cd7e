import { expect } from 'chai';
import { decodeProof } from '../../src/proof/codec';
import { mineShares } from '../fixtures/shares';
import { StandaloneNode, SUBMITTER } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 5;

describeProcesses('a standalone node killed behind its 201', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  before(async () => (node = await StandaloneNode.start({ LOG_LEVEL: 'warn' })));
  after(() => node.dispose());

  it('has every accepted share, its statistics and its round when it is back', async () => {
    const submissions = { [SUBMITTER]: 'EAAB' };
    await node.post(`/task/${ROUND}`, { submissions });
    const work = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body.work;
    const shares = mineShares(work, 30);
    const submit = async (share: object) => (await node.post(`/submission/${ROUND}`, share)).status;
    // The first ones alone, the others at once: they are written in batches.
    for (const share of shares.slice(0, 5)) expect(await submit(share)).to.equal(201);
    const statuses = await Promise.all(shares.slice(5).map(submit));
    expect(new Set(statuses)).to.deep.equal(new Set([201]));
    const before = (await node.ask(`/task/${ROUND}`)).body;
    await node.kill('SIGKILL');
    await node.run();

    // It goes on with the round by itself, on the same seed.
    const again = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body;
    expect(again.work.prev).to.equal(work.prev);
    expect(again.work.extranonce1).to.equal(work.extranonce1);
    expect((await node.post(`/task/${ROUND}`, { submissions })).status).to.equal(200);
    // What its own thread had found and nobody was told of may be missing.
    expect(again.valid_shares)
      .to.be.at.least(30)
      .and.at.most(before.valid_shares + 1000);

    const { statistics, recent_shares } = (await node.ask('/audit?limit=500')).body;
    expect(statistics.valid_shares).to.be.at.least(30);
    expect(statistics.unique_workers).to.be.at.least(1);
    const ids = new Set(recent_shares.map(({ submission_id }) => submission_id));
    for (const { submission_id } of shares) expect(ids).to.include(submission_id);

    for (const share of shares) {
      expect(await submit(share)).to.equal(200);
      expect(await submit({ ...share, submission_id: `x${share.submission_id}` })).to.equal(409);
    }
    const lowest = [...shares].sort((a, b) => (a.hash < b.hash ? -1 : 1))[0]!;
    const { proof } = (await node.ask(`/submission/${ROUND}`)).body;
    const decoded = decodeProof(proof);
    expect(JSON.stringify(decoded, hexBytes)).to.include(work.extranonce1 + lowest.extranonce2);
  });

  it('saves everything when it is asked to end', async () => {
    await node.kill('SIGTERM');
    await node.run();
    expect((await node.ask(`/submission/${ROUND}`)).status).to.equal(200);
  });
});

/** A buffer as JSON.stringify sees it, after its toJSON. */
function hexBytes(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
  return type === 'Buffer' ? Buffer.from(data!).toString('hex') : value;
}
