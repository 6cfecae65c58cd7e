import { expect } from 'chai';
import { RoundClock, type RoundTimes } from '../../src/rounds/round-clock';

describe('RoundClock', () => {
  const times = (round: number, roundMs = 600_000): RoundTimes => ({
    round,
    startsAt: 0,
    submissionEndsAt: 1,
    auditEndsAt: 2,
    endsAt: roundMs,
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('asks in the background, once a minute, and at once about another round', async () => {
    let now = 0;
    const asked: number[] = [];
    const clock = new RoundClock(
      (round) => {
        asked.push(round);
        return Promise.resolve(times(round));
      },
      () => now,
    );
    expect(clock.timesOf(5)).to.equal(undefined);
    await turn();
    expect(clock.timesOf(5)).to.deep.equal(times(5));
    now = 50_000;
    clock.timesOf(5);
    now = 61_000;
    clock.timesOf(5);
    await turn();
    expect(clock.timesOf(6)).to.equal(undefined);
    await turn();
    expect(clock.timesOf(6)).to.deep.equal(times(6));
    expect(asked).to.deep.equal([5, 5, 6]);
  });

  it('tries again some time after a failure', async () => {
    let now = 0;
    let calls = 0;
    const clock = new RoundClock(
      (round) =>
        ++calls === 1 ? Promise.reject(new Error('away')) : Promise.resolve(times(round)),
      () => now,
    );
    clock.timesOf(1);
    await turn();
    now = 5_000;
    clock.timesOf(1);
    await turn();
    expect(calls).to.equal(1);
    now = 11_000;
    clock.timesOf(1);
    await turn();
    expect(clock.timesOf(1)).to.deep.equal(times(1));
  });

  it('asks more often in short rounds, whose estimated end may be far off', async () => {
    let now = 0;
    const ends = [16_000, 24_000];
    const clock = new RoundClock(
      (round) => Promise.resolve(times(round, ends.shift())),
      () => now,
    );
    clock.timesOf(5);
    await turn();
    now = 2000;
    expect(clock.timesOf(5)!.endsAt).to.equal(16_000);
    await turn();
    expect(clock.timesOf(5)!.endsAt).to.equal(24_000);
  });
});
