import { expect } from 'chai';
import { NotYetError } from '../../src/audit/seeds';
import { believedRound, RoundClock, type RoundTimes } from '../../src/rounds/round-clock';

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

describe('the round that runs', () => {
  let asked: number;
  let computed: number;
  const bySlots = (): Promise<number> => {
    asked++;
    return Promise.resolve(computed);
  };
  beforeEach(() => ([asked, computed] = [0, 10]));

  it('is what the node says, next to the one that is expected', async () => {
    for (const told of [99, 100, 101]) {
      expect(await believedRound(told, 100, bySlots)).to.equal(told);
    }
    expect(asked).to.equal(0);
  });

  it('has to agree with the slots, give or take one, where it is another or none is expected', async () => {
    for (const expected of [undefined, 2, 8, 12]) {
      for (computed of [9, 10, 11]) {
        expect(await believedRound(10, expected, bySlots)).to.equal(10);
      }
    }
    expect(asked).to.equal(12);
  });

  it('is not known while the node contradicts its own slots', async () => {
    for (const expected of [undefined, 7]) {
      for (computed of [8, 12, 4000]) {
        const failure = await believedRound(10, expected, bySlots).catch((e: unknown) => e);
        expect(failure).to.be.instanceOf(NotYetError);
      }
    }
  });
});
