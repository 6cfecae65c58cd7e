import { expect } from 'chai';
import { AwakeClock } from '../../../cli/soak/awake-clock';
import { until } from '../../fixtures/until';

describe('a clock that stands still while its process does', () => {
  it('leaves out the time in which nothing could run', async () => {
    const clock = new AwakeClock();
    const madeAt = clock.now();
    await until(() => clock.now() > madeAt + 20);
    const from = clock.now();
    const busyUntil = performance.now() + 300;
    while (performance.now() < busyUntil);
    await until(() => clock.longestMs >= 280);
    expect(clock.now() - from).to.be.below(100);
    expect(clock.stoodStillMs).to.be.at.least(clock.longestMs);
    // It goes on afterwards.
    await until(() => clock.now() > from + 10);
  });
});
