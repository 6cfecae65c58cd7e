import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { node18 } from '../fixtures/node18';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const LAST_WORDS = 'the main loop has not turned for 10 s: ending, to be started again\n';

describeProcesses('fault: the main loop hangs', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Starts the bundle, made to hang for this many seconds on SIGUSR2, and has it mine. */
  const mine = async (hangsForSeconds: number, execPath = process.execPath): Promise<number> => {
    const executable = path.join(task.directory, 'hanging.js');
    const hang = `const until = performance.now() + ${hangsForSeconds} * 1000; while (performance.now() < until);`;
    const trap = `process.on('SIGUSR2', () => { console.log('hangs'); ${hang} });\n`;
    writeFileSync(executable, trap + readFileSync(BUNDLE, 'utf8'));
    await task.start(executable, {}, { execPath });
    task.send('executeTask', ROUND);
    return task.hasShares(ROUND);
  };
  const shares = (): Promise<number> =>
    eventually(
      async () => (await task.get<{ valid_shares: number }>(`/task/${ROUND}`))?.valid_shares,
    );

  for (const [version, node] of [
    ['this Node', () => process.execPath],
    ['Node 18', node18],
  ] as const) {
    it(`ends with 0 after ten seconds, to be started again, and goes on with its shares: ${version}`, async () => {
      await mine(Infinity, node());
      const before = await shares();
      // What is older than a second is kept, as after a kill.
      await sleep(1500);
      const startedAt = performance.now();
      task.kill('SIGUSR2');
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(performance.now() - startedAt).to.be.within(9000, 20_000);
      expect(task.log).to.include(LAST_WORDS);
      await task.start(BUNDLE, {}, { execPath: node() });
      expect(await shares()).to.be.at.least(before);
      await task.hasShares(ROUND);
    });
  }

  it('goes on after it was busy for three seconds', async () => {
    await mine(3);
    task.kill('SIGUSR2');
    await task.logged('hangs');
    const before = await shares();
    await eventually(async () => (await shares()) > before);
    expect(task.timesLogged(LAST_WORDS)).to.equal(0);
  });
});

describeProcesses(
  'fault: the whole process stands still for longer than its main loop may',
  function () {
    this.timeout(90_000);
    let task: LoneTask;
    beforeEach(() => (task = new LoneTask()));
    afterEach(() => task.dispose());

    // As when a laptop sleeps.
    it('is no hang: it goes on in the same round', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.kill('SIGSTOP');
      await sleep(15_000);
      task.kill('SIGCONT');
      // Longer than counting ten ticks takes.
      await sleep(12_000);
      await task.hasShares(ROUND);
      expect(task.timesLogged('mining round')).to.equal(1);
      expect(task.timesLogged('the main loop has not turned')).to.equal(0);
    });
  },
);
