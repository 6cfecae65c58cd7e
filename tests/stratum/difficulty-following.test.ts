import { expect } from 'chai';
import fc from 'fast-check';
import { Difficulty, HASHES_PER_DIFFICULTY, LOWEST_DIFFICULTY } from '../../src/stratum/difficulty';
import { LuckyRig, msPerShare, Rig } from './difficulty-rigs';

/** The lowest difficulty that a kind of miner is given. */
const floorOf = (agent: string): number =>
  agent === 'NiceHash' ? 524_288 : agent === 'MiningRigRentals' ? 1_048_576 : LOWEST_DIFFICULTY;

describe('the difficulty of a Stratum connection', () => {
  for (const [name, hashrateHps, agent] of [
    ['an ESP32', 55e3, 'NerdMinerV2'],
    ['a processor', 8e6, 'cpuminer/2.5.1'],
    ['a Bitaxe', 1.2e12, 'bitaxe/BM1370'],
    ['an old Antminer', 13e12, 'bmminer/2.0.0'],
    ['a farm behind a proxy', 5e15, 'a proxy'],
    ['a processor whose name tells nothing', 8e6, 'my own miner'],
  ] as const) {
    it(`comes to a share in 2 s within five minutes with ${name}, and stays`, () => {
      const rig = new Rig(hashrateHps, { agent }).run(300);
      const lowestMs = (1000 * LOWEST_DIFFICULTY * HASHES_PER_DIFFICULTY) / hashrateHps;
      const settled = rig.difficulty.current;
      expect(rig.shareMs).to.be.within(900, Math.max(4100, lowestMs));
      rig.run(600);
      expect(rig.difficulty.current).to.equal(settled);
    });
  }

  it('jumps to what was measured after 16 shares that come 4 times too fast', () => {
    const rig = new Rig(1e15, { suggested: 64 });
    rig.run(1);
    expect(rig.difficulty.current).to.be.at.least(2 ** 18);
  });

  it('falls to a sixteenth every 10 s without a share, and once it had some to a quarter after 30 s', () => {
    const fresh = new Rig(1, {}).run(11);
    expect(fresh.difficulty.current).to.equal(512);
    expect(fresh.run(10).difficulty.current).to.equal(32);
    const seen = new Rig(1e-9, {});
    seen.difficulty.found(8192, 0);
    expect(seen.run(29).difficulty.current).to.equal(8192);
    expect(seen.run(2).difficulty.current).to.equal(2048);
  });

  it('stays while the rate is between half and twice what fits', () => {
    for (const factor of [0.55, 1.9]) {
      const fitting = (1024 * HASHES_PER_DIFFICULTY) / 2;
      const rig = new Rig(factor * fitting, { agent: 'bitaxe' }).run(600);
      expect(rig.difficulty.current, String(factor)).to.equal(1024);
    }
  });

  it('falls no lower than what rentals accept, however long they are silent', () => {
    for (const [agent, least] of [
      ['NiceHash/1.0.0', 524_288],
      ['MiningRigRentals', 1_048_576],
    ] as const) {
      const rig = new Rig(1, { agent, hashrateHps: 1e18 });
      expect(rig.difficulty.current).to.be.above(least);
      expect(rig.run(3_600).difficulty.current).to.equal(least);
      rig.difficulty.suggest(16, rig.nowMs);
      expect(rig.difficulty.current).to.equal(least);
    }
  });

  it('jumps only from 16 shares on, and only when they come 4 times too fast', () => {
    const after = (shares: number, ms: number): number => {
      const difficulty = new Difficulty({ agent: 'bitaxe' }, 0);
      for (let i = 0; i < shares; i++) difficulty.found(1024, (ms * (i + 1)) / shares);
      difficulty.follow(ms);
      return difficulty.current;
    };
    expect(after(15, 1_000)).to.equal(1024);
    expect(after(16, 1_000)).to.equal(32_768);
    expect(after(16, 8_000)).to.equal(4096);
    expect(after(16, 8_001)).to.equal(1024);
    expect(after(16, 0)).to.be.within(8192, 2 ** 30);
    // Later, twice too fast is enough.
    expect(after(51, 50_000)).to.equal(2048);
    expect(after(51, 49_999)).to.equal(1024);
    expect(after(50, 50_000)).to.equal(1024);
    expect(after(13, 50_000)).to.equal(1024);
    expect(after(12, 50_000)).to.equal(512);
  });

  it('counts shares of an earlier, easier difficulty for no work', () => {
    const difficulty = new Difficulty({ agent: 'bitaxe' }, 0);
    for (let i = 0; i < 1_000; i++) difficulty.found(0, 1_000);
    difficulty.follow(1_000);
    expect(difficulty.current).to.equal(1024);
    // But such a miner isn't silent.
    difficulty.follow(30_999);
    expect(difficulty.current).to.equal(1024);
    difficulty.follow(31_000);
    expect(difficulty.current).to.equal(256);
  });

  it('tries a fraction with any miner after a minute at 1 without a share, not before', () => {
    const difficulty = new Difficulty(
      { agent: 'AxeOS', suggested: undefined, fixed: undefined },
      0,
    );
    let nowMs = 0;
    const run = (seconds: number): number => {
      for (let i = 0; i < seconds; i++) difficulty.follow((nowMs += 1_000));
      return difficulty.current;
    };
    expect(run(40)).to.equal(1);
    expect(run(59)).to.equal(1);
    expect(run(1)).to.be.below(1);
    const shared = new Difficulty({ agent: 'AxeOS', hashrateHps: 1 }, 0);
    for (let ms = 0; ms < 600_000; ms += 1_000) {
      if (ms % 50_000 === 0) shared.found(1, ms);
      shared.follow(ms);
    }
    expect(shared.current).to.equal(1);
    const fallen = new Difficulty({ agent: 'AxeOS', hashrateHps: 4e9 }, 0);
    for (let ms = 0; ms < 110_000; ms += 1_000) {
      if (ms > 0 && ms <= 25_000) fallen.found(0.6, ms);
      fallen.follow(ms);
      expect(fallen.current).to.equal(ms < 50_000 ? 2 : 1);
    }
    fallen.follow(110_000);
    expect(fallen.current).to.be.below(1);
  });

  it('takes a rest of the node for no silence', () => {
    const rested = new Difficulty({ agent: 'bitaxe' }, 0);
    const silent = new Difficulty({ agent: 'bitaxe' }, 0);
    for (let ms = 0; ms <= 3_600_000; ms += 1_000) rested.rest(ms);
    rested.follow(3_609_000);
    silent.follow(3_609_000);
    expect(rested.current).to.equal(1024);
    expect(silent.current).to.equal(64);
    rested.follow(3_610_000);
    expect(rested.current).to.equal(64);
  });

  it('rises at a flood once, until the miner can have taken it up', () => {
    const difficulty = new Difficulty({ agent: '', fixed: 1 }, 0);
    difficulty.flooded(250, 1_000);
    expect(difficulty.current).to.equal(512);
    for (let ms = 2_000; ms < 11_000; ms += 1_000) difficulty.flooded(250, ms);
    expect(difficulty.current).to.equal(512);
    difficulty.flooded(250, 11_000);
    expect(difficulty.current).to.equal(2 ** 18);
    difficulty.flooded(0, 60_000);
    expect(difficulty.current).to.equal(2 ** 18);
  });

  it('comes to about a share in 2 s with any miner by luck, and is never below its floor', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 4, max: Math.log10(500e12), noNaN: true }),
        fc.constantFrom(
          '',
          'cpuminer/2.5.1',
          'NerdMinerV2',
          'bitaxe',
          'NiceHash',
          'MiningRigRentals',
        ),
        fc.option(fc.double({ min: 4, max: 15, noNaN: true })),
        fc.nat(10),
        fc.integer(),
        (digits, agent, known, lateS, luck) => {
          const hashrateHps = 10 ** digits;
          const hashrateBefore = known === null ? undefined : 10 ** known;
          const rig = new LuckyRig(
            { agent, hashrateHps: hashrateBefore },
            { hashrateHps, lateS, luck },
          );
          rig.run(600);
          const { shares, lowest } = rig.run(1_200);
          expect(lowest).to.be.at.least(floorOf(agent));
          expect(shares).to.be.at.most(1_200);
          const lowestTaken = Math.max(/miner/i.test(agent) ? 0 : 1, floorOf(agent));
          const expected = 1_200_000 / Math.max(4_000, msPerShare(lowestTaken, hashrateHps));
          expect(shares).to.be.at.least(expected - 4 * Math.sqrt(expected));
        },
      ),
      { numRuns: 200, seed: 18 },
    );
  });

  it('stays a number within bounds, whatever comes and when', () => {
    const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    const step = fc.oneof(
      fc.record({ does: fc.constant('find' as const), difficulty: positive }),
      fc.record({ does: fc.constant('suggest' as const), difficulty: positive }),
      fc.record({ does: fc.constant('flood' as const), rate: fc.integer({ min: 0, max: 1e6 }) }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 1e6 }) }),
    );
    const start = fc.record({
      agent: fc.constantFrom('', 'cpuminer', 'NiceHash', 'bitaxe'),
      suggested: fc.option(positive, { nil: undefined }),
      fixed: fc.option(positive, { nil: undefined }),
      hashrateHps: fc.option(positive, { nil: undefined }),
    });
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 60 }), (begins, steps) => {
        let nowMs = 0;
        const difficulty = new Difficulty(begins, nowMs);
        for (const each of steps) {
          if (each.does === 'find') difficulty.found(each.difficulty, nowMs);
          else if (each.does === 'suggest') difficulty.suggest(each.difficulty, nowMs);
          else if (each.does === 'flood') difficulty.flooded(each.rate, nowMs);
          else nowMs += each.ms;
          expect(difficulty.current).to.be.within(LOWEST_DIFFICULTY, 2 ** 48);
          difficulty.follow(nowMs);
          expect(difficulty.current).to.be.within(LOWEST_DIFFICULTY, 2 ** 48);
        }
      }),
    );
  });
});
