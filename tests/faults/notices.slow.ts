import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { BUNDLE } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { ShownNotices } from '../fixtures/shown-notices';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

// Runs the bundle, with a node that records the notices it is to show.
describeProcesses('notices in the desktop node', function () {
  this.timeout(300_000);
  const notices = new ShownNotices();

  it('tell the address of the page, with its token, at the first start alone', async () => {
    await notices.task.start();
    const [level, message] = await notices.shows('Your mining page');
    expect(level).to.equal('log');
    const [address] = /http:\S+/.exec(message)!;
    const response = await fetch(address, { redirect: 'manual' });
    expect(response.headers.get('set-cookie')).to.match(/^orca-control-/);
    await notices.task.storedAsTold('address', 'notices');
    await notices.kill();
    const { port } = new URL(address);
    await notices.task.start(BUNDLE, { API_PORT: port });
    await eventually(() => notices.task.timesLogged('the dashboard, with') === 2);
    await sleep(2000);
    expect(notices.about('Your mining page')).to.have.length(1);
  });

  it('tell it at the next start where the node could not show it at the first', async () => {
    const repair = notices.task.breakMethods(['logger'], () => ({ error: 'no window' }));
    await notices.task.start();
    await notices.shows('Your mining page');
    await notices.task.logged('a notice could not be shown');
    await notices.kill();
    repair();
    await notices.task.start();
    await eventually(() => notices.about('Your mining page').length === 2);
  });

  for (const [what, logger] of [
    ['never answers', () => new Promise(() => undefined)],
    ['takes 30 s', () => sleep(30_000, true, { ref: false })],
    ['fails', () => Promise.reject(new Error('no window'))],
    ['answers null', () => null],
    ['answers false', () => false],
    ['answers a number', () => -32000],
    ['answers an error of another shape', () => ({ error: { nested: ['x'] } })],
  ] as const) {
    it(`delay nothing where the node ${what}`, async () => {
      notices.task.methods['logger'] = logger;
      await notices.mine(ROUND);
      await notices.task.hasShares(ROUND);
      await notices.shows('Your mining page');
      const proof = await notices.task.proofAfter(ROUND);
      expect(notices.task.verdictOn(proof, ROUND)).to.include({ valid: true });
      expect(notices.all).to.have.length(1);
      expect(await notices.task.metric('orca_uncaught_errors_total')).to.equal(0);
      const stoppedAt = performance.now();
      notices.task.kill('SIGTERM');
      expect(await notices.task.exit).to.deep.equal({ code: 0, signal: null });
      // Far less than the task waits for an answer.
      expect(performance.now() - stoppedAt).to.be.lessThan(20_000);
    });
  }

  it('are shown once by a node that takes 30 s for each', async () => {
    notices.task.methods['logger'] = () => sleep(30_000, true);
    await notices.task.start();
    await notices.shows('Your mining page');
    // Long enough for the notice to be repeated if its slow answer were not awaited.
    await sleep(50_000);
    expect(notices.all).to.have.length(1);
    expect(notices.task.timesLogged('a notice could not be shown')).to.equal(0);
  });
});
