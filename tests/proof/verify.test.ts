import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { PROOF_RULES, WORK_SOURCE, type ProofRules, type TaskPayout } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { verifyProof } from '../../src/proof/verify';
import { roundSeed } from '../../src/work/seed';
import { KOII_WORK, type Work } from '../../src/work/source';
import { Random } from '../../simulator/random';
import {
  EASY_RULES,
  invalidVectors,
  judgeOf,
  mineEasyProof,
  vectors,
  type Vector,
} from '../fixtures/proofs';
import { anyWork, structuredProof } from '../fixtures/structured-proofs';
import { expectRefusal } from './expect-refusal';

const NOT_HASHED = /above the floor|out of order/;
const EVERY_HASH: ProofRules = { ...PROOF_RULES, floor: (1n << 256n) - 1n };
const TASK_PAYOUT: TaskPayout = { program: '55'.repeat(20), percent: 37 };

const verify = (vector: Vector, rules: Partial<ProofRules> = {}, proof = vector.proof) => {
  const judge = judgeOf(vector);
  return verifyProof(proof, judge.submitter, judge.of, { ...judge.rules, ...rules });
};
const called = (vector: Vector): string =>
  `vector ${vectors.indexOf(vector)}, of source ${vector.workSource}`;
const ofBitcoin = vectors.filter(({ workSource }) => workSource === 'bitcoin');
/** The seed of a random proof. */
const anySeed = fc.noBias(fc.noShrink(fc.nat()));
const oneOfEach = [vectors[0]!, ofBitcoin[0]!];

describe('verifyProof', () => {
  for (const vector of vectors) {
    it(`accepts ${called(vector)}: ${vector.shares} shares, ${vector.hashes} hashes`, () => {
      expect(verify(vector)).to.deep.equal({
        valid: true,
        source: WORK_SOURCE[vector.workSource],
        shares: vector.shares,
        hashes: BigInt(vector.hashes),
      });
    });
  }

  for (const { of, what, proof } of invalidVectors) {
    it(`refuses ${called(vectors[of]!)}, with ${what}`, () => {
      expectRefusal(verify(vectors[of]!, {}, proof));
    });
  }

  it('rejects the proof of another key or seed, of both sources', () => {
    for (const vector of oneOfEach) {
      const { submitter, of, rules } = judgeOf(vector);
      const other = fc.uint8Array({ minLength: 32, maxLength: 32 });
      fc.assert(
        fc.property(other, (other) => {
          expectRefusal(verifyProof(vector.proof, other, of, rules), NOT_HASHED);
          const seeded = { ...of, seed: other };
          expectRefusal(verifyProof(vector.proof, submitter, seeded, rules), NOT_HASHED);
        }),
        { numRuns: 1000 },
      );
    }
  });

  it('rejects the proof of another round or task, of both sources', () => {
    for (const vector of oneOfEach) {
      const { submitter, of, rules } = judgeOf(vector);
      const { submissionsOfRoundMinus2: submissions } = vector;
      fc.assert(
        fc.property(fc.maxSafeInteger(), fc.boolean(), (number, isOtherTask) => {
          const round = isOtherTask ? of.round : Math.abs(number);
          const taskId = isOtherTask ? randomBytes(32) : of.taskId;
          fc.pre(isOtherTask || round !== of.round);
          const other = { taskId, round, seed: roundSeed(taskId, round, submissions) };
          expectRefusal(verifyProof(vector.proof, submitter, other, rules), NOT_HASHED);
        }),
        { numRuns: 1000 },
      );
    }
  });

  it('binds proofs to the round and the task by the seed, and those of koii by their headers too', () => {
    const [koii, bitcoin] = oneOfEach.map((vector) => {
      const { submitter, of, rules } = judgeOf(vector);
      const other = { ...of, taskId: randomBytes(32), round: of.round + 1 };
      return verifyProof(vector.proof, submitter, other, rules).valid;
    });
    expect({ koii, bitcoin }).to.deep.equal({ koii: false, bitcoin: true });
  });

  it('rejects blocks that pay the task another part, or are of another halving', () => {
    for (const vector of ofBitcoin) {
      const { taskPayout } = vector;
      const wrong: Partial<ProofRules>[] = taskPayout
        ? [
            { taskPayout: undefined },
            { taskPayout: { ...taskPayout, percent: taskPayout.percent + 1 } },
            { taskPayout: { ...taskPayout, program: TASK_PAYOUT.program } },
          ]
        : [{ taskPayout: TASK_PAYOUT }];
      for (const rules of [...wrong, { halvingBlocks: 150 }, { halvingBlocks: 420_000 }]) {
        expectRefusal(verify(vector, rules), NOT_HASHED);
      }
    }
    for (const vector of vectors.filter(({ workSource }) => workSource === 'koii')) {
      const rules = { taskPayout: TASK_PAYOUT, halvingBlocks: 150 };
      expect(verify(vector, rules).valid, 'koii has no such blocks').to.equal(true);
    }
  });

  const of = { taskId: randomBytes(32), round: 9, seed: randomBytes(32) };
  const submitter = randomBytes(32);

  it('rejects a share above the floor, and says so', () => {
    const easiest = mineEasyProof(of, submitter, 1, EVERY_HASH);
    const reason = 'share 0 is above the floor';
    expect(verifyProof(easiest, submitter, of)).to.deep.equal({ valid: false, reason });
  });

  const segment = (height: number, prev: number) => ({
    height,
    prev: Buffer.alloc(32, prev),
    time: 1,
    bits: 2,
  });
  const bitcoin = (...segments: ReturnType<typeof segment>[]): Work => ({
    source: WORK_SOURCE.bitcoin,
    payout: randomBytes(20),
    segments,
  });

  it('counts the shares of two segments, siblings too', () => {
    for (const segments of [
      [segment(7, 1), segment(8, 1)],
      [segment(7, 2), segment(7, 1)],
    ]) {
      const proof = mineEasyProof(of, submitter, 15, EVERY_HASH, bitcoin(...segments));
      const decoded = decodeProof(proof);
      expect(decoded).to.have.nested.property('proof.attempts').with.lengthOf(2);
      expect(verifyProof(proof, submitter, of, EVERY_HASH)).to.deep.equal({
        valid: true,
        source: WORK_SOURCE.bitcoin,
        shares: 15,
        hashes: 15n,
      });
      const full = mineEasyProof(of, submitter, 1000, EASY_RULES, bitcoin(...segments));
      const verdict = verifyProof(full, submitter, of, EASY_RULES);
      expect(verdict).to.deep.include({ valid: true, shares: 20 });
      expect(verdict.valid ? Number(verdict.hashes) : 0).to.be.within(200, 5000);
    }
  });

  it('counts the shares of work on two segments where one has none', () => {
    for (const segments of [
      [segment(7, 1), segment(8, 1)],
      [segment(8, 1), segment(7, 1)],
    ]) {
      const proof = mineEasyProof(of, submitter, 1, EVERY_HASH, bitcoin(...segments));
      const decoded = decodeProof(proof);
      expect(decoded)
        .to.have.nested.property('proof.work.segments')
        .that.deep.equals([segments[0]]);
      expect(verifyProof(proof, submitter, of, EVERY_HASH)).to.deep.equal({
        valid: true,
        source: WORK_SOURCE.bitcoin,
        shares: 1,
        hashes: 1n,
      });
    }
  });

  it('judges real hashes on work of any height, time, bits, prev and payout', () => {
    const anyRules = fc.record({
      taskPayout: fc.constantFrom(undefined, TASK_PAYOUT),
      halvingBlocks: fc.constantFrom(150, 210_000),
    });
    fc.assert(
      fc.property(anySeed, anyRules, fc.integer({ min: 1, max: 300 }), (seed, coinbase, nonces) => {
        const rules = { ...EVERY_HASH, ...coinbase };
        const work = anyWork(new Random(String(seed)));
        const proof = mineEasyProof(of, submitter, nonces, rules, work);
        const verdict = verifyProof(proof, submitter, of, rules);
        expect(verdict).to.include({ valid: true, source: work.source });
      }),
      { numRuns: 500 },
    );
  });

  it('says nothing but a verdict on proofs of any structure, and accepts some of them', () => {
    let accepted = 0;
    const runs = 5000;
    fc.assert(
      fc.property(anySeed, fc.boolean(), (seed, hasPayout) => {
        const rules = { ...EVERY_HASH, taskPayout: hasPayout ? TASK_PAYOUT : undefined };
        const verdict = verifyProof(
          structuredProof(new Random(String(seed))),
          submitter,
          of,
          rules,
        );
        if (verdict.valid) accepted++;
        else expectRefusal(verdict);
      }),
      { numRuns: runs },
    );
    expect(accepted).to.be.within(runs / 10, runs / 2);
  });

  it('says nothing but a verdict on whatever text stands on chain', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        expectRefusal(verifyProof(text, submitter, of, EASY_RULES));
      }),
      { numRuns: 500 },
    );
  });

  it('judges work of koii in the last rounds there are', () => {
    for (const round of [0, 2 ** 32 - 1 - 1_767_225_600, 2 ** 32, 2 ** 53 - 1]) {
      const late = { ...of, round };
      const proof = mineEasyProof(late, submitter, 60, EASY_RULES, KOII_WORK);
      expect(verifyProof(proof, submitter, late, EASY_RULES).valid, `in ${round}`).to.equal(true);
    }
  });
});
