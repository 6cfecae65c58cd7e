import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { mineShares, type Work } from '../fixtures/shares';
import { StandaloneNode } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

describeProcesses('fault: the state directory is removed while it is used', function () {
  this.timeout(60_000);

  describe('by a task', () => {
    let task: LoneTask;
    beforeEach(async () => {
      task = new LoneTask();
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
    });
    afterEach(() => task.dispose());

    it('makes it again, with all that it held', async () => {
      const { work } = (await task.get<{ work: Work }>(`/task/${ROUND}?worker_id=rig1`))!;
      const shares = mineShares(work, 10);
      for (const share of shares.slice(0, 5)) expect(await task.submit(ROUND, share)).to.equal(201);
      rmSync(path.dirname(task.storePath), { recursive: true });
      for (const share of shares.slice(5)) expect(await task.submit(ROUND, share)).to.equal(201);
      expect((await task.getAnyStatus<{ status: string }>('/healthz'))?.status).to.equal('healthy');
      task.kill('SIGKILL');
      await task.exit;
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      const ids = await task.shareIds();
      for (const { submission_id } of shares) expect(ids).to.include(submission_id);
    });

    it('makes its lock again where that alone was removed', async () => {
      const lock = `${task.storePath}.lock`;
      rmSync(lock);
      await eventually(() => existsSync(lock));
      await task.hasShares(ROUND);
      task.kill('SIGTERM');
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(existsSync(lock)).to.equal(false);
    });
  });

  it('by a node without Koii: makes it again, and goes on with its round', async () => {
    const node = await StandaloneNode.start();
    try {
      await node.post(`/task/${ROUND}`, {});
      const { work } = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body;
      const shares = mineShares(work, 2);
      rmSync(node.directory, { recursive: true });
      for (const share of shares) {
        expect((await node.post(`/submission/${ROUND}`, share)).status).to.equal(201);
      }
      expect((await node.ask('/healthz')).body.status).to.equal('healthy');
      await node.kill('SIGTERM');
      await node.run();
      const { recent_shares } = (await node.ask('/audit?limit=500')).body;
      const ids = recent_shares.map(({ submission_id }) => submission_id);
      for (const { submission_id } of shares) expect(ids).to.include(submission_id);
      expect((await node.ask(`/task/${ROUND}`)).status).to.equal(200);
    } finally {
      await node.dispose();
    }
  });
});
