import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { expectedHashes } from '../../src/bitcoin/target';
import { StandaloneNode } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

/** 120 × 250 ms: half a minute in which a real node measures its rate. */
const READS = 120;
const READ_MS = 250;
/** The owner changes the intensity after every so many reads. */
const READS_PER_CHANGE = 10;

describeProcesses('the rate that GET /task tells', function () {
  this.timeout(180_000);
  let node: StandaloneNode;
  before(
    async () => (node = await StandaloneNode.start({ MINING_INTENSITY: '', API_RATE_LIMIT: '0' })),
  );
  after(() => node.dispose());

  it('is never 0 while the node mines, and no share target falls to the floor', async () => {
    await node.post('/task/7', {});
    const read = async () => (await node.ask('/task')).body;
    const hashesOf = (target: string): number => Number(expectedHashes(BigInt(`0x${target}`)));
    let task = await read();
    // 20 s: by then the rate is known, and the 28 shares are found for which the floor is asked.
    for (let reads = 0; reads < 80; reads++) {
      await sleep(READ_MS);
      task = await read();
    }
    const [least, most] = [40, 60];
    const before = task;
    const zeros: number[] = [];
    const easy: number[] = [];
    for (let reads = 0; reads < READS; reads++) {
      if (reads % READS_PER_CHANGE === 0) {
        const json = { MINING_INTENSITY: (reads / READS_PER_CHANGE) % 2 ? most : least };
        const { status } = await node.ask('/settings', {
          method: 'PUT',
          headers: node.ownersHeaders,
          json,
        });
        expect(status).to.equal(200);
      }
      task = await read();
      if (task.hash_rate === 0) zeros.push(reads);
      // Shares of a third of the rate would come three times a second; the floor is far below that.
      const asked = hashesOf(task.work.share_target);
      if (asked < task.hash_rate / 3 && asked < 2 ** 19) easy.push(reads);
      await sleep(READ_MS);
    }
    const found = task.valid_shares - before.valid_shares;
    console.log(`      ${found} shares in ${READS} reads, ${zeros.length} at 0`);
    expect(zeros).to.deep.equal([]);
    expect(easy).to.deep.equal([]);
  });
});
