import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Level } from 'level';
import { LoneTask } from '../fixtures/lone-task';
import { eventually, until } from '../fixtures/until';
import { mineShares, type Work } from '../fixtures/shares';
import { StandaloneNode, startProgram, SUBMITTER, TASK_ID } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

describeProcesses('fault: two processes on one store', function () {
  this.timeout(120_000);

  describe('of a node', () => {
    let task: LoneTask;
    let second: LoneTask;
    beforeEach(() => {
      task = new LoneTask();
      second = new LoneTask();
      second.methods['getTaskLevelDBPath'] = () => task.storePath;
    });
    afterEach(() => Promise.all([task.dispose(), second.dispose()]));

    it('the second says so and ends with 0; nothing is moved aside, nothing acknowledged is lost', async () => {
      const mine = async (): Promise<void> => {
        await task.start();
        task.send('executeTask', ROUND);
        await task.hasShares(ROUND);
      };
      await mine();
      await second.start();
      let exit: unknown;
      void second.exit.then((ended) => (exit = ended));
      const worked = await task.get<{ work: Work }>(`/task/${ROUND}?worker_id=rig1`);
      const acknowledged: string[] = [];
      await until(async () => {
        const [share] = mineShares(worked!.work, 1);
        if (acknowledged.length < 200 && (await task.submit(ROUND, share!)) === 201) {
          acknowledged.push(share!.submission_id);
        }
        return exit !== undefined;
      }, 100_000);
      expect(exit).to.deep.equal({ code: 0, signal: null });
      expect(second.log)
        .to.include('another process uses this store')
        .and.include(`${task.storePath}.lock is held by process ${task.pid} on `);
      task.kill('SIGKILL');
      await task.exit;
      await mine();
      const ids = await task.shareIds();
      expect(acknowledged).to.have.length.above(20);
      expect(acknowledged.filter((id) => !ids.has(id))).to.deep.equal([]);
      expect(existsSync(`${task.storePath}.unreadable`)).to.equal(false);
    });

    it('a store that another keeps open is left alone, and the task ends with 0', async () => {
      const db = new Level(task.storePath);
      await db.open();
      try {
        await db.put('key', 'kept');
        await Promise.all([task.start(), second.start()]);
        // Independent of who holds the lock.
        second.kill('SIGKILL');
        expect(await task.exit).to.deep.equal({ code: 0, signal: null });
        expect(task.log).to.include('what is in it is left alone');
        expect(await db.get('key')).to.equal('kept');
        expect(readdirSync(path.dirname(task.storePath))).to.include('KOIILevelDB.db');
        expect(existsSync(`${task.storePath}.unreadable`)).to.equal(false);
      } finally {
        await db.close();
      }
    });
  });

  describe('without a node', () => {
    let first: StandaloneNode;
    beforeEach(async () => {
      first = await StandaloneNode.start({ LOG_LEVEL: 'warn' });
      await first.post(`/task/${ROUND}`, {});
    });
    afterEach(() => first.dispose());

    /** Another node on the same directory. */
    const startSecond = (): ReturnType<typeof startProgram> =>
      startProgram('cli/serve.ts', [], {
        TASK_ID,
        SUBMITTER_PUBLIC_KEY: SUBMITTER,
        STATE_DIR: first.directory,
        MINING_THREADS: '1',
        MINING_INTENSITY: '20',
        LOG_LEVEL: 'info',
      });

    it('the second says so and ends with 0', async () => {
      const second = startSecond();
      expect((await once(second, 'exit'))[0]).to.equal(0);
      expect(second.output()).to.match(
        new RegExp(
          `^another process uses this store: .*lock is held by process ${first.process.pid} on `,
        ),
      );
      expect(first.isRunning).to.equal(true);
    });

    it('one that was frozen while another took it ends with 0 and writes nothing', async () => {
      const state = path.join(first.directory, `${TASK_ID}-${SUBMITTER}`);
      const files = (): Record<string, string> =>
        Object.fromEntries(
          readdirSync(state).map((name) => [name, readFileSync(path.join(state, name), 'utf8')]),
        );
      await eventually(() => Boolean(files()[`round%3A${ROUND % 8}`]));
      first.process.kill('SIGSTOP');
      // It mines at once, from what is stored of the round.
      const second = startSecond();
      await eventually(() => second.output().includes(`mining round ${ROUND}`));
      const exit = once(second, 'exit');
      second.kill('SIGSTOP');
      const before = files();
      const ended = once(first.process, 'exit');
      first.process.kill('SIGCONT');
      expect(await ended).to.deep.equal([0, null]);
      expect(first.output()).to.include(
        'nothing is saved any more: another process uses this store',
      );
      expect(files()).to.deep.equal(before);
      second.kill('SIGKILL');
      await exit;
    });
  });
});
