import { expect } from 'chai';
import { NodeCallError, LONGEST_WAIT_MS, Patience } from '../../src/koii/calls';
import { createLog } from '../../src/process/log';
import { RoundRunner } from '../../src/rounds/round-runner';
import { FakeClock } from '../fixtures/fake-clock';
import { FakeChain, FakeMiner, SLOTS } from '../fixtures/round-chain';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('RoundRunner', () => {
  let clock: FakeClock;
  let chain: FakeChain;
  let miner: FakeMiner;
  let runner: RoundRunner;
  let lines: string[];
  let seeds: {
    of: (round: number) => Promise<Buffer>;
    confirm: (round: number) => Promise<Buffer>;
    rewind: (current: number) => Promise<boolean>;
  };
  let budgetMs: number;
  let mayMine: boolean;
  let begun: number | undefined;
  beforeEach(() => {
    clock = new FakeClock();
    chain = new FakeChain(clock);
    miner = new FakeMiner(clock);
    lines = [];
    [budgetMs, mayMine, begun] = [Infinity, true, undefined];
    const seed = (round: number): Promise<Buffer> =>
      chain.away
        ? Promise.reject(new NodeCallError('away'))
        : Promise.resolve(Buffer.from(`seed ${round}`));
    seeds = { of: seed, confirm: seed, rewind: () => Promise.resolve(false) };
    const log = createLog('info', (line) => lines.push(line));
    runner = new RoundRunner({
      chain,
      clock,
      log,
      miner,
      seeds,
      patiently: new Patience({ log, clock }).patiently,
      budgetMs: () => budgetMs,
      isBegun: (round) => Promise.resolve(round === begun),
      mayMine: () => Promise.resolve(mayMine),
      mustCome: (coming) => coming,
    });
  });

  const roundMs = (): number => SLOTS * chain.slotMs;
  const run = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms);
  const rounds = (): number[] => miner.mined.map(({ round }) => round);
  /** For how long something was mined, in all. */
  const minedMs = (): number =>
    miner.mined.reduce((sum, { from, until = clock.now() }) => sum + until - from, 0);

  it('mines a round to its end', async () => {
    chain.reset(10);
    const mined = runner.announce(10);
    await run(roundMs() + MINUTE_MS);
    await mined;
    expect(rounds()).to.deep.equal([10]);
    expect(minedMs()).to.be.within(roundMs(), 1.006 * roundMs());
  });

  // 200 ms said, 300 ms true: the mining ended at 16 of 24 s.
  for (const slots of [80, SLOTS]) {
    it(`mines to the true end where slots last half as long again as the node says, in rounds of ${slots} slots`, async () => {
      chain.slotMs = (300 * slots) / SLOTS;
      chain.toldSlotMs = (200 * slots) / SLOTS;
      chain.reset(10);
      void runner.announce(10);
      await run(1);
      const { asked } = chain;
      await run(1.1 * roundMs());
      expect(miner.mined).to.have.length(1);
      expect(minedMs()).to.be.within(roundMs(), 1.006 * roundMs());
      // Asked more often near the end, and not all the time.
      expect(chain.asked - asked).to.be.lessThan(50);
    });
  }

  it('tells its newest estimate of the end', async () => {
    [chain.slotMs, chain.toldSlotMs] = [600, 400];
    chain.reset(10);
    void runner.announce(10);
    await run(1);
    expect(miner.expectedEndAt).to.be.closeTo(SLOTS * 400, 1000);
    await run(SLOTS * 500);
    expect(miner.expectedEndAt).to.be.greaterThan(SLOTS * 550);
  });

  it('mines a round of more than 24.8 days, the most that a timer holds, and looks at it each minute', async () => {
    chain.slotMs = chain.toldSlotMs = (30 * DAY_MS) / SLOTS;
    chain.reset(10);
    void runner.announce(10);
    await run(10 * MINUTE_MS);
    const { asked } = chain;
    await run(60 * MINUTE_MS);
    expect(miner.miningRound).to.equal(10);
    expect(chain.asked - asked).to.be.within(60, 200);
  });

  it('notices within a minute that the round is over when the machine has slept', async () => {
    chain.slotMs = chain.toldSlotMs = 60_000;
    chain.reset(10);
    void runner.announce(10);
    await run(60 * MINUTE_MS);
    // Timers stand still while it sleeps, but the chain doesn't.
    chain.startedAt -= roundMs();
    await run(MINUTE_MS);
    expect(miner.miningRound).to.equal(undefined);
  });

  it('mines for the budget, once a round', async () => {
    budgetMs = 5 * MINUTE_MS;
    chain.reset(10);
    await Promise.race([runner.announce(10), run(6 * MINUTE_MS)]);
    expect(minedMs()).to.equal(budgetMs);
    void runner.announce(10);
    void runner.announce(9);
    await run(MINUTE_MS);
    expect(rounds()).to.deep.equal([10]);
    expect(lines.join('')).to.include('round 10 is not mined again');
  });

  it('mines for what an earlier process left of the budget', async () => {
    budgetMs = 5 * MINUTE_MS;
    chain.reset(10);
    miner.mined.push({ round: 10, seed: 'seed 10', from: 0, until: 4 * MINUTE_MS });
    begun = 10;
    await Promise.race([runner.resume(), run(6 * MINUTE_MS)]);
    expect(minedMs()).to.equal(budgetMs);
  });

  it('mines a lower round after a higher one, where the chain says that it runs', async () => {
    chain.reset(40);
    void runner.announce(40);
    await run(MINUTE_MS);
    chain.reset(3);
    void runner.announce(3);
    await run(MINUTE_MS);
    expect(rounds()).to.deep.equal([40, 3]);
    expect(miner.miningRound).to.equal(3);
  });

  it('ends a round that is none any more after a reset, though nothing is announced', async () => {
    chain.reset(40);
    void runner.announce(40);
    await run(2 * MINUTE_MS);
    chain.reset(3);
    await run(2 * MINUTE_MS);
    expect(miner.miningRound).to.equal(undefined);
  });

  it('mines on while a view of the chain lags by a round', async () => {
    chain.reset(10);
    void runner.announce(10);
    await run(1);
    const current = chain.current.bind(chain);
    chain.current = () => Promise.resolve(9);
    await run(roundMs() / 2);
    chain.current = current;
    await run(roundMs());
    expect(rounds()).to.deep.equal([10]);
    expect(minedMs()).to.be.within(roundMs(), 1.006 * roundMs());
  });

  it('says why a round is dropped, and stays in the one that runs', async () => {
    chain.reset(10);
    void runner.announce(10);
    await run(1);
    for (const other of [2, 9, 18, 2 ** 52]) {
      await Promise.race([runner.announce(other), run(1000)]);
      expect(lines.join('')).to.include(`round ${other} is not mined: the chain is in round 10`);
    }
    expect(rounds()).to.deep.equal([10]);
    expect(miner.miningRound).to.equal(10);
  });

  it('mines the round that runs where it finds another one and nothing is mined', async () => {
    chain.reset(10);
    void runner.announce(9);
    await run(1);
    void runner.announce(10);
    await run(1);
    expect(rounds()).to.deep.equal([10]);
  });

  it('waits for the next round, and mines the one that runs until then', async () => {
    chain.reset(10);
    void runner.announce(10);
    await run(roundMs() - 20_000);
    void runner.announce(11);
    await run(19_000);
    expect(miner.miningRound).to.equal(10);
    await run(1000 + LONGEST_WAIT_MS);
    expect(miner.miningRound).to.equal(11);
    expect(rounds()).to.deep.equal([10, 11]);
  });

  it('mines once what is announced several times', async () => {
    chain.reset(10);
    for (let i = 0; i < 3; i++) void runner.announce(10);
    await run(MINUTE_MS);
    void runner.announce(10);
    await run(MINUTE_MS);
    expect(rounds()).to.deep.equal([10]);
  });

  it('asks little, and says little, through an outage of thirty rounds, and mines the one that runs then', async () => {
    chain.away = true;
    for (let round = 10; round < 40; round++) {
      chain.reset(round);
      void runner.announce(round);
      await run(10_000);
    }
    // In five minutes; if each round waited by itself, it would be thousands.
    expect(chain.asked).to.be.lessThan(60);
    expect(lines.join('').length).to.be.lessThan(4000);
    expect(lines.filter((line) => line.includes('"stack"'))).to.have.length(1);
    chain.away = false;
    await run(LONGEST_WAIT_MS);
    expect(rounds()).to.deep.equal([39]);
    expect(lines.join('')).to.include('the node answers again');
  });

  it('mines on in an outage, rests some time after the end it expects, and goes on if the round still runs', async () => {
    [chain.slotMs, chain.toldSlotMs] = [600, 400];
    chain.reset(10);
    void runner.announce(10);
    await run(1000);
    chain.away = true;
    await run(0.7 * roundMs());
    expect(miner.miningRound).to.equal(10);
    await run(0.15 * roundMs());
    expect(miner.miningRound).to.equal(undefined);
    expect(lines.join('')).to.include('mining rests until then');
    chain.away = false;
    await run(LONGEST_WAIT_MS);
    expect(miner.miningRound).to.equal(10);
    await run(0.15 * roundMs());
    expect(miner.miningRound).to.equal(undefined);
    expect(rounds()).to.deep.equal([10, 10]);
  });

  it('starts over when the chain soon shows another seed, and does not when it is late', async () => {
    chain.reset(10);
    void runner.announce(10);
    await run(10_000);
    seeds.confirm = () => Promise.resolve(Buffer.from('another'));
    await run(0.1 * roundMs());
    expect(miner.mined.map(({ seed }) => seed)).to.deep.equal(['seed 10', 'another']);
    seeds.confirm = () => Promise.resolve(Buffer.from('a third'));
    await run(roundMs());
    expect(miner.mined).to.have.length(2);
  });

  it('mines on when a look fails for good', async () => {
    chain.reset(10);
    seeds.confirm = () => Promise.reject(new TypeError('no seed'));
    void runner.announce(10);
    await run(roundMs() / 2);
    expect(miner.mined).to.have.length(1);
    expect(miner.miningRound).to.equal(10);
    expect(lines.filter((line) => line.includes("can't be looked at now")).length).to.be.within(
      1,
      6,
    );
  });

  it('goes on with the round that runs, if an earlier process began it', async () => {
    chain.reset(10);
    await Promise.race([runner.resume(), run(1000)]);
    expect(rounds()).to.deep.equal([]);
    begun = 10;
    void runner.resume();
    await run(1000);
    expect(rounds()).to.deep.equal([10]);
  });

  it('mines nothing while it may not', async () => {
    mayMine = false;
    chain.reset(10);
    await Promise.race([runner.announce(10), run(1000)]);
    expect(rounds()).to.deep.equal([]);
  });
});
