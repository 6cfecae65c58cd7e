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
import { Rig } from './difficulty-rigs';

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
