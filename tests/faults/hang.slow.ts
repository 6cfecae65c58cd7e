import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';

const ROUND = 10;

describe('fault: the whole process stands still for longer than its main loop may', function () {
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
    // Longer than it takes to count ten ticks.
    await sleep(12_000);
    await task.hasShares(ROUND);
    expect(task.timesLogged('mining round')).to.equal(1);
    expect(task.timesLogged('the main loop has not turned')).to.equal(0);
  });
});
