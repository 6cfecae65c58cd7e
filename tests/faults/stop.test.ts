import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../fixtures/until';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
/** How long a node gives a task to end. */
const STOP_MS = 2000;

describeProcesses('fault: the process is stopped, killed or frozen', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const shares = (): Promise<number> =>
    eventually(
      async () => (await task.get<{ valid_shares: number }>(`/task/${ROUND}`))?.valid_shares,
    );
  const mine = async (): Promise<void> => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
  };

  for (const [what, stop] of [
    ['SIGTERM', () => task.kill('SIGTERM')],
    ['SIGINT', () => task.kill('SIGINT')],
    ['the end of its node', () => task.disconnect()],
  ] as const) {
    it(`saves everything and ends with 0 within two seconds after ${what}`, async () => {
      await mine();
      const before = await shares();
      const startedAt = performance.now();
      stop();
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(performance.now() - startedAt).to.be.lessThan(STOP_MS);
      const [, mined] = /by (\d+) shares\n/.exec(task.log)!;
      await task.start();
      expect(await shares()).to.be.at.least(before);
      // A restarted task continues by itself: the round is not announced again.
      await task.hasShares(ROUND);
      expect(Number(mined)).to.be.greaterThan(0);
      expect(task.timesLogged(`mining round ${ROUND}\n`)).to.equal(2);
    });
  }

  it('ends with 0 when it is stopped before it is ready', async () => {
    task.methods['getTaskLevelDBPath'] = () => new Promise(() => undefined);
    await task.start();
    // The task's first own call; some versions of the SDK ask for the path before they call the task.
    await task.nextCallOf('getSubmitterAccount');
    task.kill('SIGTERM');
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
  });

  it('ends in time though its node no longer answers', async () => {
    await mine();
    for (const name of Object.keys(task.methods)) {
      task.methods[name] = () => new Promise(() => undefined);
    }
    const startedAt = performance.now();
    task.kill('SIGTERM');
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    expect(performance.now() - startedAt).to.be.lessThan(STOP_MS);
  });

  it('ends in time though both its servers are flooded', async () => {
    await mine();
    let answers = 0;
    const flood = new AbortController();
    const ask = async (url: string): Promise<void> => {
      while (!flood.signal.aborted) {
        // Refused when the process has ended.
        const answer = await fetch(url).catch(() => sleep(50));
        await answer?.arrayBuffer().catch(() => undefined);
        answers++;
      }
    };
    const floods = [task.apiPort, task.publicPort].flatMap((port) =>
      Array.from({ length: 50 }, () => ask(`http://127.0.0.1:${port}/task/${ROUND}`)),
    );
    await eventually(() => answers > 1000);
    const startedAt = performance.now();
    task.kill('SIGTERM');
    const exit = await task.exit;
    const elapsedMs = performance.now() - startedAt;
    flood.abort();
    await Promise.all(floods);
    expect(exit).to.deep.equal({ code: 0, signal: null });
    expect(elapsedMs).to.be.lessThan(STOP_MS);
  });

  it('ends with 1 only because of a variable, which it names', async () => {
    await task.start(undefined, { MINING_THREADS: 'many' });
    expect(await task.exit).to.deep.equal({ code: 1, signal: null });
    expect(task.log).to.include(
      'MINING_THREADS: expected a whole number from 0 to 256, got "many"',
    );
    expect(existsSync(task.storePath)).to.equal(false);
  });

  it('keeps what is older than a second when it is killed', async () => {
    await mine();
    const before = await shares();
    // What is mined is saved each second.
    await sleep(1500);
    task.kill('SIGKILL');
    await task.exit;
    await task.start();
    expect(await shares()).to.be.at.least(before);
  });

  it('goes on in the same round after it was frozen', async () => {
    await mine();
    task.kill('SIGSTOP');
    const before = task.timesLogged('mining round');
    // The length of the freeze.
    await sleep(2500);
    task.kill('SIGCONT');
    await task.hasShares(ROUND);
    expect(task.timesLogged('mining round')).to.equal(before);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });
});
