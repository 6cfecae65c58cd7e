import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AwakeClock } from '../../../cli/soak/awake-clock';

describe('a clock that stands still while its process does', () => {
  it('leaves out the time in which nothing could run', async () => {
    const clock = new AwakeClock();
    await sleep(30);
    const from = clock.now();
    const until = performance.now() + 300;
    while (performance.now() < until);
    await sleep(30);
    // The 30 ms may be more on a busy machine, which it leaves out as well.
    expect(clock.now() - from).to.be.below(100);
    expect(clock.longestMs).to.be.at.least(280);
    expect(clock.stoodStillMs).to.be.at.least(clock.longestMs);
    // And it goes on.
    while (clock.now() <= from + 10) await sleep(10);
  });
});
