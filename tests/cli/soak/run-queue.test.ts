import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { RunQueue } from '../../../cli/soak/run-queue';
import { until } from '../../fixtures/until';

const SPIN = 'const end = Date.now() + 1000; while (Date.now() < end);';

describe('the time that a process waits for a processor', () => {
  before(function () {
    if (!existsSync('/proc/self/schedstat')) this.skip();
  });

  it('is seen where two share one', async function () {
    // Any scheduler makes one of them wait for 1 ms within a second.
    const both = [0, 1].map(() => spawn('taskset', ['-c', '0', process.execPath, '-e', SPIN]));
    const queue = new RunQueue();
    await until(() => {
      queue.look(both[0]!.pid);
      return queue.longestMs > 1;
    }, 900);
    for (const each of both) each.kill();
    expect(queue.longestMs).to.be.above(1);
  });

  it('is none of a process that has ended, and starts over with another', () => {
    const queue = new RunQueue();
    queue.look(process.pid);
    queue.look(undefined);
    queue.look(2 ** 30);
    expect(queue.longestMs).to.equal(0);
  });
});
