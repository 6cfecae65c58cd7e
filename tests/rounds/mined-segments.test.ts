import { expect } from 'chai';
import fc from 'fast-check';
import { FLOOR, K, WORK_SOURCE } from '../../src/consensus';
import { shareOf, type Share } from '../../src/proof/shares';
import { verifyProof } from '../../src/proof/verify';
import { Round } from '../../src/rounds/round';
import { fromPacked, roundRecordSchema } from '../../src/rounds/round-record';
import { BITCOIN_ORIGIN, mineOn, segmentAt } from '../fixtures/segments';
import { identity as miner, seed as minedSeed } from '../fixtures/template';

describe('the segments that a round keeps', () => {
  const origin = BITCOIN_ORIGIN;
  const HEIGHTS = 14;
  const begin = (): Round => Round.begin(miner, 5, minedSeed, origin);
  const restored = (round: Round): Round => {
    const record = roundRecordSchema.parse(JSON.parse(JSON.stringify(round.toRecord())));
    const again = Round.restore(miner, record)!;
    for (const { index, shares } of record.segments) {
      for (const packed of shares) {
        again.enter(shareOf(again.templates[index]!, fromPacked(packed), index));
      }
    }
    return again;
  };
  /** A share with a hash as the test wants it, on a segment. */
  const made = (segment: number, hashValue: bigint): Share => {
    const nonce = Number(hashValue % 2n ** 32n);
    return { segment, hashValue, prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce };
  };

  it('are 8 at most, with the numbers that they had', () => {
    const round = begin();
    for (let height = 1; height <= HEIGHTS; height++) {
      const index = round.addSegment(segmentAt(height));
      expect(index).to.equal(height - 1);
      round.workOn(index);
      expect(round.segments.length).to.equal(Math.min(8, height));
      expect(round.templates.length).to.equal(height);
      expect(round.templates[index]!.height).to.equal(height);
    }
    const { templates } = round;
    const kept = [...templates.keys()].filter((index) => templates[index]);
    expect(kept.map((index) => templates[index]!.height)).to.deep.equal(
      round.segments.map(({ height }) => height),
    );
    // One that comes back is a new one, if it was dropped.
    const dropped = templates.findIndex((template) => !template);
    expect(round.addSegment(segmentAt(dropped + 1))).to.equal(HEIGHTS);
    expect(round.addSegment(segmentAt(HEIGHTS))).to.equal(HEIGHTS - 1);
  });

  it('are those with the best shares, the one being mined and those proven', () => {
    const step = fc.record({
      height: fc.integer({ min: 1, max: HEIGHTS }),
      hashes: fc.array(fc.bigInt({ min: 1n, max: FLOOR }), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 9, maxLength: 40 }), (steps) => {
        const round = begin();
        let most = 0n;
        let entryTarget = FLOOR;
        for (const { height, hashes } of steps) {
          const proven = new Set(round.shares.map(({ segment }) => segment));
          const { current, templates } = round;
          const mined = current === undefined ? undefined : templates[current];
          const index = round.addSegment(segmentAt(height));
          for (const segment of proven) expect(round.templates[segment]).not.to.equal(undefined);
          if (mined) expect(round.templates.includes(mined)).to.equal(true);
          round.workOn(index);
          // The proof is never worse for a drop, and asks for no higher hash.
          expect(round.estimatedHashes >= most).to.equal(true);
          expect(round.entryTarget <= entryTarget).to.equal(true);
          for (const hashValue of new Set(hashes)) round.enter(made(index, hashValue));
          ({ estimatedHashes: most, entryTarget } = round);
          expect(round.segments.length).to.be.at.most(8);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('drop the one that proves least', () => {
    const round = begin();
    for (let height = 1; height <= 8; height++) {
      const index = round.addSegment(segmentAt(height));
      round.workOn(index);
      // The 4th and 5th prove most, the 3rd least of all but the mined ones.
      const count = index === 2 ? 1 : index === 3 || index === 4 ? 9 : 2;
      for (let i = 1; i <= count; i++) round.enter(made(index, BigInt(height * 100 + i)));
    }
    round.addSegment(segmentAt(9));
    expect(round.templates.findIndex((template) => !template)).to.equal(2);
  });

  it('are the same in a later process, with gaps, and so is the proof', () => {
    const round = begin();
    for (let height = 1; height <= HEIGHTS; height++) {
      const index = round.addSegment(segmentAt(height));
      round.workOn(index);
      if (height === 2 || height === 12) {
        for (const share of mineOn(round.templates[index]!, 3, { segment: index })) {
          round.admit(share);
        }
      }
    }
    const again = restored(round);
    expect(again.segments).to.deep.equal(round.segments);
    expect(again.templates.map((each) => each?.height)).to.deep.equal(
      round.templates.map((each) => each?.height),
    );
    expect(again.proof()).to.equal(round.proof());
    const of = { taskId: miner.taskId, round: 5, seed: minedSeed };
    expect(verifyProof(again.proof()!, miner.submitter, of)).to.include({ valid: true, shares: 6 });
    // The next has a number of its own, and is stored before anything is found on it.
    round.stored(round.toRecord(), []);
    expect(round.hasUnstoredSegment).to.equal(false);
    expect(again.addSegment(segmentAt(99))).to.equal(HEIGHTS);
    expect(again.hasUnstoredSegment).to.equal(true);
  });

  it('are read from a record of the version that numbered none', () => {
    const round = begin();
    for (const height of [5, 6, 7]) round.workOn(round.addSegment(segmentAt(height)));
    const [share] = mineOn(round.templates[1]!, 1, { segment: 1 });
    round.admit(share!);
    const record = round.toRecord();
    const segments = record.segments.map(({ height, prev, time, bits, shares }) => {
      return { height, prev, time, bits, shares };
    });
    const read = roundRecordSchema.parse({ ...record, segments });
    expect(read).to.deep.equal(record);
    expect(Round.restore(miner, read)!.segments).to.deep.equal(round.segments);
  });

  it('are not read where two have one number, or they are out of order', () => {
    const round = begin();
    for (const height of [5, 6, 7]) round.addSegment(segmentAt(height));
    const record = round.toRecord();
    for (const numbers of [
      [0, 1, 1],
      [0, 2, 1],
      [0, 1, 2 ** 16],
    ]) {
      const segments = record.segments.map((segment, i) => ({ ...segment, index: numbers[i]! }));
      expect(roundRecordSchema.safeParse({ ...record, segments }).success).to.equal(false);
    }
  });

  it('have it ask for all that is a block, also where the proof needs less', () => {
    const blockTarget = 0xffffn << 208n;
    const round = begin();
    round.workOn(round.addSegment({ ...segmentAt(1), bits: 0x1d00ffff }));
    expect(round.neededTarget).to.equal(FLOOR);
    for (let i = 1; i <= K[WORK_SOURCE.bitcoin]; i++) round.enter(made(0, BigInt(i)));
    expect([round.entryTarget, round.neededTarget]).to.deep.equal([20n, blockTarget]);
    // Never more than the floor: anything above it is no share.
    round.workOn(round.addSegment({ ...segmentAt(2), bits: 0x207fffff }));
    expect(round.neededTarget).to.equal(FLOOR);
    // Bits that no header may have.
    round.workOn(round.addSegment({ ...segmentAt(3), bits: 0xff00ffff }));
    expect(round.neededTarget).to.equal(20n);
  });
});
