import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { find } from '../../cli/soak/mined';
import type { Acknowledged } from '../../cli/soak/rig';
import type { ShareBody } from '../../cli/worker/share-body';
import { VERSION_BITS_SHIFT } from '../../src/consensus';
import { packAttempt } from '../../src/work/attempt';
import { mineShares, type Work } from '../fixtures/shares';
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
    const rolled = [1, 255].flatMap((timeOffset) => mineShares(work, 10, 'rig1', { timeOffset }));
    const shares = [...mineShares(work, 10), ...rolled];
    const submit = async (share: object) => (await node.post(`/submission/${ROUND}`, share)).status;
    // The first ones one by one, the others at once, which are written in batches.
    for (const share of shares.slice(0, 5)) expect(await submit(share)).to.equal(201);
    const statuses = await Promise.all(shares.slice(5).map(submit));
    expect(new Set(statuses)).to.deep.equal(new Set([201]));
    const before = (await node.ask(`/task/${ROUND}`)).body;
    await node.kill('SIGKILL');
    await node.run();

    // It continues the round by itself, on the same seed.
    const again = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body;
    expect(again.work.prev).to.equal(work.prev);
    expect(again.work.extranonce1).to.equal(work.extranonce1);
    expect((await node.post(`/task/${ROUND}`, { submissions })).status).to.equal(200);
    // Shares of its own thread that were acknowledged to nobody may be missing.
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
    const { proof } = (await node.ask(`/submission/${ROUND}`)).body;
    for (const some of [shares, rolled]) {
      const { inProof, missing } = find(proof, some.map(acknowledged(again)));
      expect(missing).to.equal(0);
      expect(inProof).to.be.at.least(1);
    }
  });

  it('saves everything when it is asked to end', async () => {
    await node.kill('SIGTERM');
    await node.run();
    expect((await node.ask(`/submission/${ROUND}`)).status).to.equal(200);
  });

  it('goes on without what an earlier build left, whose shares had no time offset, and says so', async () => {
    await node.kill('SIGTERM');
    for (const file of readdirSync(node.directory, { recursive: true, encoding: 'utf8' })) {
      const name = path.basename(file);
      if (/^(shares|invalid-shares|round)%3A/.test(name))
        forgetTimes(path.join(node.directory, file));
    }
    await node.run();
    expect(node.output()).to.match(/\d+ of the store's records of shares are unreadable/);
    expect((await node.ask('/audit')).body.statistics.valid_shares).to.equal(0);
    expect((await node.ask(`/submission/${ROUND}`)).status).to.equal(404);
    expect(node.output()).to.include(`record of round ${ROUND} is unreadable: starting afresh`);
    expect((await node.post(`/task/${ROUND}`, {})).status).to.equal(202);
    const { work } = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body;
    const [share] = mineShares(work, 1);
    expect((await node.post(`/submission/${ROUND}`, share)).status).to.equal(201);
    expect((await node.ask(`/submission/${ROUND}`)).status).to.equal(200);
  });
});

/** Turns a record of rounds or shares into what a build without time offsets wrote. */
function forgetTimes(file: string): void {
  const record = JSON.parse(readFileSync(file, 'utf8')) as {
    shares?: (string | number)[][];
    segments?: { shares: string[] }[];
  };
  const without = (packed: string): string => packed.slice(0, 16) + packed.slice(18);
  for (const share of record.shares ?? []) share[5] = without(share[5] as string);
  for (const segment of record.segments ?? []) segment.shares = segment.shares.map(without);
  writeFileSync(file, JSON.stringify(record));
}

/** A share as its miner records it. */
function acknowledged(task: { work: Work }) {
  return (body: ShareBody): Acknowledged => {
    const attempt = packAttempt({
      prefix: Number.parseInt(task.work.extranonce1, 16),
      extranonce2: Number.parseInt(body.extranonce2, 16),
      versionBits: Number.parseInt(body.version_bits, 16) >>> VERSION_BITS_SHIFT,
      timeOffset: body.time_offset,
      nonce: Number.parseInt(body.nonce, 16),
    });
    return {
      round: ROUND,
      body,
      task: JSON.stringify(task),
      attempt: attempt.toString('hex'),
    };
  };
}
