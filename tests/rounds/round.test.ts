import { expect } from 'chai';
import fc from 'fast-check';
import { FLOOR, K, WORK_SOURCE } from '../../src/consensus';
import type { Share } from '../../src/proof/shares';
import { verifyProof } from '../../src/proof/verify';
import { Round } from '../../src/rounds/round';
import { BITCOIN_ORIGIN, mineOn, segmentAt } from '../fixtures/segments';
import { identity as miner, seed as minedSeed } from '../fixtures/template';
import { begunRound, identity, minedRound, seed, shares, vector } from './vector';

describe('Round', () => {
  it('makes the proof of its shares, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...shares], { minLength: shares.length }), (shuffled) => {
        const round = begunRound();
        for (const share of shuffled) expect(round.admit(share)).to.equal('best');
        expect(round.proof()).to.equal(vector.proof);
        expect(String(round.estimatedHashes)).to.equal(vector.hashes);
      }),
      { numRuns: 20 },
    );
  });

  it('proves any part of its shares validly', () => {
    const of = { taskId: identity.taskId, round: vector.round, seed };
    fc.assert(
      fc.property(fc.shuffledSubarray([...shares], { minLength: 1 }), (some) => {
        const round = begunRound();
        for (const share of some) round.admit(share);
        const verdict = verifyProof(round.proof()!, identity.submitter, of);
        expect(verdict).to.deep.equal({
          valid: true,
          source: 0,
          shares: some.length,
          hashes: round.estimatedHashes,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('has no proof before its first share', () => {
    for (const round of [Round.begin(identity, 1, seed), begunRound()]) {
      expect(round.proof()).to.equal(undefined);
      expect([round.estimatedHashes, round.entryTarget]).to.deep.equal([0n, FLOOR]);
    }
  });

  it('counts valid and invalid shares, and duplicates as neither', () => {
    const round = minedRound();
    expect(round.validShares).to.equal(28);
    expect(round.admit(shares[0]!)).to.equal('duplicate');
    expect(round.admit({ ...shares[0]!, hashValue: FLOOR })).to.equal('surpassed');
    round.reject();
    expect([round.validShares, round.invalidShares]).to.deep.equal([29, 1]);
  });

  it('counts no share again that it counted before it was saved', () => {
    const round = begunRound();
    for (const share of shares) expect(round.enter(share)).to.equal('best');
    expect([round.validShares, round.shares.length]).to.deep.equal([0, 28]);
  });
});

describe('a round on several blocks', () => {
  const origin = BITCOIN_ORIGIN;
  /** The first two are siblings; on the last only one share was found. */
  const segments = [segmentAt(900_001, 9), segmentAt(900_001, 3), segmentAt(900_000), segmentAt(7)];
  const begin = (): Round => {
    const round = Round.begin(miner, 5, minedSeed, origin);
    for (const segment of segments) round.workOn(round.addSegment(segment));
    return round;
  };
  const expectValid = (round: Round): void => {
    const of = { taskId: miner.taskId, round: 5, seed: minedSeed };
    expect(verifyProof(round.proof()!, miner.submitter, of)).to.deep.equal({
      valid: true,
      source: WORK_SOURCE.bitcoin,
      shares: round.shares.length,
      hashes: round.estimatedHashes,
    });
  };
  let mined: Share[];
  before(() => {
    const { templates } = begin();
    mined = [12, 14, 13, 1].flatMap((count, segment) =>
      mineOn(templates[segment]!, count, { segment }),
    );
  });

  it('has its segments in the order in which they came, each once, and knows one that comes back', () => {
    const round = begin();
    expect(round.segments).to.deep.equal(segments);
    expect(round.current).to.equal(3);
    expect(round.addSegment({ ...segments[1]!, time: 1 })).to.equal(1);
    expect(round.segments).to.deep.equal(segments);
    round.workOn(1);
    expect([round.current, round.templates.length]).to.deep.equal([1, 4]);
  });

  it('proves the two blocks that prove most, whatever was found in which order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(mined, { minLength: 1 }), (some) => {
        const round = begin();
        for (const share of some) expect(round.admit(share)).not.to.equal('duplicate');
        expectValid(round);
        const lowest = (pair: readonly number[]): bigint[] =>
          some
            .filter(({ segment }) => pair.includes(segment))
            .map(({ hashValue }) => hashValue)
            .sort((a, b) => (a < b ? -1 : 1))
            .slice(0, K[WORK_SOURCE.bitcoin]);
        let most = 0n;
        for (const a of segments.keys()) {
          for (const b of segments.keys()) {
            const alone = Round.begin(miner, 5, minedSeed, origin);
            for (const segment of segments) alone.addSegment(segment);
            const chosen = lowest([a, b]);
            for (const share of some) if (chosen.includes(share.hashValue)) alone.enter(share);
            if (alone.estimatedHashes > most) most = alone.estimatedHashes;
          }
        }
        expect(round.estimatedHashes).to.equal(most);
      }),
      { numRuns: 40 },
    );
  });

  it('asks for all that may enter its proof, and never for more than before', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(mined, { minLength: 1 }), (some) => {
        const round = begin();
        for (const [i, share] of some.entries()) {
          const { entryTarget, shares: before } = round;
          round.workOn(share.segment);
          expect(round.entryTarget).to.equal(entryTarget);
          round.admit(share);
          expect(round.entryTarget <= entryTarget).to.equal(true);
          const isIn = round.shares.includes(share);
          if (share.hashValue > entryTarget) expect(round.shares).to.deep.equal(before);
          if (isIn) expect(share.hashValue <= entryTarget).to.equal(true);
          // Like a round whose shares were never read in between.
          const unseen = begin();
          for (const share of some.slice(0, i + 1)) unseen.admit(share);
          expect(round.shares).to.deep.equal(unseen.shares);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is the same when it was saved, with the segment of each share', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(mined), (some) => {
        const round = begin();
        for (const share of some) round.admit(share);
        const record = round.toRecord();
        expect(record.payout).to.equal('44'.repeat(20));
        const restored = Round.restore(miner, JSON.parse(JSON.stringify(record)) as typeof record)!;
        expect(restored.segments).to.deep.equal(segments);
        expect(restored.origin).to.deep.equal(origin);
        for (const [segment, { shares }] of record.segments.entries()) {
          expect(shares).to.have.length(some.filter((share) => share.segment === segment).length);
        }
        for (const share of some) restored.enter(share);
        // Ground leased ahead is skipped, so the restored round records more as leased.
        const { leased, salts } = record;
        expect({ ...restored.toRecord(), leased, salts }).to.deep.equal(record);
        expect(restored.proof()).to.equal(round.proof());
      }),
      { numRuns: 20 },
    );
  });
});
