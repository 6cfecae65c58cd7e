import { expect } from 'chai';
import fc from 'fast-check';
import { difficultyOf } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import {
  Difficulty,
  HASHES_PER_DIFFICULTY,
  LOWEST_DIFFICULTY,
  nominalTargetOf,
  targetOf,
  type Start,
} from '../../src/stratum/difficulty';

/** How long a miner takes to a share, on average. */
const msPerShare = (difficulty: number, hashrateHps: number): number =>
  (1000 * difficulty * HASHES_PER_DIFFICULTY) / hashrateHps;

/** The lowest difficulty that a kind of miner is given. */
const floorOf = (agent: string): number =>
  agent === 'NiceHash' ? 524_288 : agent === 'MiningRigRentals' ? 1_048_576 : LOWEST_DIFFICULTY;

/** A miner of a constant rate, which takes up each new difficulty at once. */
class Rig {
  nowMs = 0;
  shares = 0;
  readonly difficulty: Difficulty;
  private dueMs: number;

  constructor(
    readonly hashrateHps: number,
    start: Partial<Start> = {},
  ) {
    this.difficulty = new Difficulty({ agent: 'a miner', ...start }, 0);
    this.dueMs = this.shareMs;
  }

  /** How long it takes to a share, on average. */
  get shareMs(): number {
    return msPerShare(this.difficulty.current, this.hashrateHps);
  }

  /** Mines for so long, finding each share just when it is due. */
  run(seconds: number): this {
    for (const endMs = this.nowMs + 1000 * seconds; this.nowMs < endMs;) {
      const tickMs = Math.floor(this.nowMs / 1000) * 1000 + 1000;
      for (; this.dueMs <= tickMs; this.dueMs += this.shareMs) {
        this.nowMs = this.dueMs;
        this.shares++;
        this.difficulty.found(this.difficulty.current, this.nowMs);
      }
      this.nowMs = tickMs;
      if (this.difficulty.follow(this.nowMs)) this.dueMs = this.nowMs + this.shareMs;
    }
    return this;
  }
}

/** A miner that finds its shares by luck, and takes up each new difficulty so many seconds late. */
class LuckyRig {
  private readonly difficulty: Difficulty;
  /** What it works with now, and in the next seconds. */
  private readonly queue: number[];
  private nowMs = 0;
  private state: number;

  constructor(
    start: Start,
    private readonly rig: { hashrateHps: number; lateS: number; luck: number },
  ) {
    this.difficulty = new Difficulty(start, 0);
    this.state = rig.luck;
    this.queue = Array.from({ length: rig.lateS + 1 }, () => this.difficulty.current);
  }

  /** @returns how many shares it found, and the lowest difficulty it was asked for */
  run(seconds: number): { shares: number; lowest: number } {
    let shares = 0;
    let lowest = Infinity;
    for (let i = 0; i < seconds; i++) {
      const difficulty = this.queue.shift()!;
      const found = this.poisson(1000 / msPerShare(difficulty, this.rig.hashrateHps));
      shares += found;
      this.nowMs += 1_000;
      // Of very many a few stand for all.
      const noted = Math.min(found, 100);
      for (let k = 0; k < noted; k++) {
        this.difficulty.found((difficulty * found) / noted, this.nowMs - 500);
      }
      this.difficulty.follow(this.nowMs);
      lowest = Math.min(lowest, this.difficulty.current);
      this.queue.push(this.difficulty.current);
    }
    return { shares, lowest };
  }

  /** How many events came in a time in which so many are expected, with exponential times between them. */
  private poisson(expected: number): number {
    if (expected > 500) return Math.round(expected);
    let count = -1;
    for (let time = 0; time <= expected; count++) time -= Math.log(1 - this.random());
    return count;
  }

  /** 0 to 1, the same each time (mulberry32). */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

describe('the difficulty of a Stratum connection', () => {
  describe('begins', () => {
    const begun = (start: Partial<Start>): number =>
      new Difficulty({ agent: '', ...start }, 0).current;

    for (const [agent, expected] of [
      ['cpuminer/2.5.1', 0.001],
      ['cpuminer-opt-26.1', 0.001],
      ['NerdMinerV2', 0.00015],
      ['bitaxe/BM1370/v2.4.1', 1024],
      ['NerdQAxe++/BM1370/v1.0.30', 1024],
      ['NiceHash/1.0.0', 524_288],
      ['MiningRigRentals.com', 1_048_576],
      ['bmminer/2.0.0', 8192],
      ['', 8192],
    ] as const) {
      it(`with ${expected} for ${agent || 'a miner that has no name'}`, () => {
        expect(begun({ agent })).to.equal(expected);
      });
    }

    it('with the rate known by the name, to be one share in two seconds', () => {
      const hashrateHps = 1.2e12;
      const difficulty = begun({ hashrateHps });
      expect(difficulty).to.equal(512);
      expect((difficulty * HASHES_PER_DIFFICULTY) / hashrateHps).to.be.within(1.4, 2.9);
    });

    it('with what the miner suggests, and with what its user fixed before all else', () => {
      expect(begun({ suggested: 1000, hashrateHps: 1e15 })).to.equal(1024);
      expect(begun({ fixed: 300, suggested: 1000 })).to.equal(256);
      expect(begun({ fixed: 0.0005 })).to.equal(0.0005);
    });

    it('never below the floor, nor below what rentals accept', () => {
      expect(begun({ fixed: 1e-9 })).to.equal(LOWEST_DIFFICULTY);
      expect(begun({ agent: 'NiceHash/1.0.0', suggested: 8 })).to.equal(524_288);
      expect(begun({ agent: 'NiceHash/1.0.0', fixed: 8 })).to.equal(524_288);
    });
  });

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

  it('is a power of two from 1 on, and a fraction only for miners that read it', () => {
    for (const hashrateHps of [3e9, 7e11, 4e13]) {
      const { current } = new Rig(hashrateHps).run(400).difficulty;
      expect(Math.log2(current) % 1).to.equal(0);
    }
    const slow = new Rig(1e6, { agent: 'AxeOS' }).run(50);
    expect(slow.difficulty.current).to.equal(1);
    expect(slow.run(100).difficulty.current).to.be.below(1);
  });

  it('is a suggestion rounded up to a power of two, and never by more', () => {
    const suggested = (wish: number): number =>
      new Difficulty({ agent: '', suggested: wish }, 0).current;
    for (let exponent = 0; exponent <= 48; exponent++) {
      const power = 2 ** exponent;
      expect(suggested(power)).to.equal(power);
      // Computed by a miner whose difficulty 1 is a 65,535th easier.
      expect(suggested((power * 65_536) / 65_535)).to.equal(power);
    }
    for (const [wish, difficulty] of [
      [1000, 1024],
      [600, 1024],
      [1025, 2048],
      [0.75, 0.75],
      [0.0001, 0.0001],
      [1e-9, LOWEST_DIFFICULTY],
      [1e300, 2 ** 48],
    ] as const) {
      expect(suggested(wish), String(wish)).to.equal(difficulty);
    }
  });

  it('begins in the order: fixed, suggested, known by name, known by kind', () => {
    const start: Start = { agent: 'bitaxe', fixed: 2, suggested: 4, hashrateHps: 1e15 };
    const current = (more: Partial<Start>): number =>
      new Difficulty({ ...start, ...more }, 0).current;
    expect(current({})).to.equal(2);
    expect(current({ fixed: undefined })).to.equal(4);
    expect(current({ fixed: undefined, suggested: undefined })).to.equal(2 ** 19);
    const unknown = { fixed: undefined, suggested: undefined, hashrateHps: undefined };
    expect(current(unknown)).to.equal(1024);
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
    expect(difficulty.follow(1_000)).to.equal(false);
    // But such a miner isn't silent.
    expect(difficulty.follow(30_999)).to.equal(false);
    expect(difficulty.follow(31_000)).to.equal(true);
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
    expect(rested.follow(3_610_000)).to.equal(true);
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

  it('never falls below what was suggested, until something else is', () => {
    const rig = new Rig(1e6, { suggested: 1000 }).run(600);
    expect(rig.difficulty.current).to.equal(1024);
    rig.difficulty.suggest(16, rig.nowMs);
    expect(rig.difficulty.current).to.equal(16);
    rig.run(600);
    expect(rig.difficulty.current).to.equal(16);
  });

  it('falls below 1 again with a miner that suggested it', () => {
    const difficulty = new Difficulty({ agent: 'AxeOS', suggested: 0.5 }, 0);
    for (let i = 0; i < 16; i++) difficulty.found(0.5, 1_000);
    difficulty.follow(4_000);
    expect(difficulty.current).to.equal(4);
    for (let ms = 5_000; ms <= 61_000; ms += 1_000) difficulty.follow(ms);
    expect(difficulty.current).to.equal(0.5);
  });

  it('takes the same suggestion again for nothing new', () => {
    const rig = new Rig(1e12, { suggested: 1 }).run(120);
    const { current } = rig.difficulty;
    expect(current).to.be.above(100);
    rig.difficulty.suggest(1, rig.nowMs);
    expect(rig.difficulty.current).to.equal(current);
  });

  it('stays where its user fixed it, unless shares flood the node', () => {
    const rig = new Rig(1e12, { fixed: 4 });
    rig.difficulty.suggest(1024, 0);
    rig.run(10);
    expect(rig.difficulty.current).to.equal(4);
    rig.difficulty.flooded(400, rig.nowMs);
    expect(rig.difficulty.current).to.be.within(2048, 4096);
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
          const before = difficulty.current;
          expect(difficulty.follow(nowMs)).to.equal(difficulty.current !== before);
          expect(difficulty.current).to.be.within(LOWEST_DIFFICULTY, 2 ** 48);
        }
      }),
    );
  });
});

describe('the target of a difficulty', () => {
  it('is shown as it was told, though easier ones are taken', () => {
    for (const told of [1, 1_024, 2 ** 31, 2 ** 48]) {
      expect(difficultyOf(nominalTargetOf(told))).to.equal(told);
      expect(nominalTargetOf(told) < targetOf(told)).to.equal(true);
    }
    expect(difficultyOf(nominalTargetOf(0.001))).to.be.closeTo(0.001, 1e-9);
  });

  it('is at the floor what may enter a proof, and at 1 that of Bitcoin', () => {
    expect(targetOf(LOWEST_DIFFICULTY)).to.equal(FLOOR);
    expect(targetOf(1e-9)).to.equal(FLOOR);
    expect(difficultyOf(targetOf(1))).to.be.closeTo(1, 1e-4);
  });

  it('holds what miners take for a share that compute it a 65,535th easier', () => {
    fc.assert(
      fc.property(fc.double({ min: LOWEST_DIFFICULTY, max: 2 ** 48, noNaN: true }), (asked) => {
        const one = 0xffffffffn << 192n;
        const theirs = (one * 2n ** 60n) / BigInt(Math.ceil(asked * 2 ** 60));
        expect(targetOf(asked) >= theirs || targetOf(asked) === FLOOR).to.equal(true);
        expect(theirs <= FLOOR).to.equal(true);
      }),
    );
  });
});
