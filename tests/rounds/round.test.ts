import { expect } from 'chai';
import fc from 'fast-check';
import { FLOOR } from '../../src/consensus';
import { createLog } from '../../src/log';
import { verifyProof } from '../../src/proof/verify';
import { Round } from '../../src/rounds/round';
import { RoundStore } from '../../src/rounds/round-store';
import { packAttempt } from '../../src/work/attempt';
import { decodeKey } from '../../src/work/identity';
import { decodeProof } from '../../src/proof/codec';
import { MemoryStore } from '../fixtures/memory-store';
import { vectors } from '../fixtures/proofs';

const log = createLog('silent');
const vector = vectors[0]!;
const identity = { taskId: decodeKey(vector.taskId), submitter: decodeKey(vector.submitter) };
const seed = Buffer.from(vector.seed, 'hex');
const decoded = decodeProof(vector.proof);
const attempts = 'proof' in decoded ? decoded.proof.attempts[0]! : [];

function minedRound(): Round {
  const round = Round.begin(identity, vector.round, seed);
  round.start();
  for (const attempt of attempts) round.add(attempt, FLOOR);
  round.addHashes(vector.noncesTried);
  return round;
}

/** The vector's proof in the form that had no time offset in its shares. */
function proofWithoutTimes(): string {
  const shares = attempts.map((attempt) => {
    const bytes = packAttempt(attempt);
    return Buffer.concat([bytes.subarray(0, 8), bytes.subarray(9)]);
  });
  return Buffer.concat([Buffer.of(0x10, 1, shares.length), ...shares]).toString('base64url');
}

describe('Round', () => {
  it('makes the proof of its shares, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(attempts, { minLength: attempts.length }), (shuffled) => {
        const round = Round.begin(identity, vector.round, seed);
        for (const attempt of shuffled)
          expect(round.add(attempt, FLOOR).admission).to.equal('best');
        expect(round.proof()).to.equal(vector.proof);
        expect(String(round.estimatedHashes)).to.equal(vector.hashes);
      }),
      { numRuns: 20 },
    );
  });

  it('proves any part of its shares validly', () => {
    const of = { taskId: identity.taskId, round: vector.round, seed };
    fc.assert(
      fc.property(fc.shuffledSubarray(attempts, { minLength: 1 }), (some) => {
        const round = Round.begin(identity, vector.round, seed);
        for (const attempt of some) round.add(attempt, FLOOR);
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
    const round = Round.begin(identity, 1, seed);
    expect(round.proof()).to.equal(undefined);
    expect(round.estimatedHashes).to.equal(0n);
  });

  it('counts valid and invalid shares, and duplicates as neither', () => {
    const round = minedRound();
    expect(round.validShares).to.equal(28);
    expect(round.add(attempts[0]!, FLOOR).admission).to.equal('duplicate');
    expect(round.add({ ...attempts[0]!, nonce: 1 }, FLOOR).admission).to.equal('invalid');
    expect(round.add(attempts[5]!, 0n).admission).to.equal('invalid');
    expect([round.validShares, round.invalidShares]).to.deep.equal([28, 2]);
  });
});

describe('RoundStore', () => {
  it('gives back what was saved', async () => {
    const store = new RoundStore(new MemoryStore(), identity, log);
    const round = minedRound();
    round.close();
    await store.save(round);
    const loaded = await store.load(vector.round);
    expect(loaded?.toRecord()).to.deep.equal(round.toRecord());
    expect(loaded?.proof()).to.equal(vector.proof);
  });

  it('uses a bounded set of keys', async () => {
    const memory = new MemoryStore();
    const store = new RoundStore(memory, identity, log);
    for (let round = 0; round < 50; round++) await store.save(Round.begin(identity, round, seed));
    expect(memory.values.size).to.equal(8);
    expect(await store.load(49)).not.to.equal(undefined);
    expect(await store.load(41)).to.equal(undefined);
  });

  it('drops shares from a record that do not hash to shares', async () => {
    const memory = new MemoryStore();
    const record = { ...minedRound().toRecord(), seed: '01'.repeat(32) };
    await memory.set(`round:${vector.round % 8}`, JSON.stringify(record));
    const loaded = await new RoundStore(memory, identity, log).load(vector.round);
    expect(loaded?.shares).to.deep.equal([]);
  });

  const record = (): Record<string, unknown> => ({ ...minedRound().toRecord() });
  const garbage: [string, string][] = [
    ['an empty value', ''],
    ['half of a record', JSON.stringify(record()).slice(0, 100)],
    ['null', 'null'],
    ['a field too many', JSON.stringify({ ...record(), more: 1 })],
    ['a negative count', JSON.stringify({ ...record(), hashes: -1 })],
    ['a broken seed', JSON.stringify({ ...record(), seed: 'xyz' })],
    ['one that does not say whose it is', JSON.stringify({ ...record(), submitter: undefined })],
    ['a broken proof', JSON.stringify({ ...record(), proof: 'x' })],
    ["an earlier build's proof", JSON.stringify({ ...record(), proof: proofWithoutTimes() })],
  ];
  for (const [what, text] of garbage) {
    it(`treats ${what} as no record`, async () => {
      const memory = new MemoryStore();
      memory.values.set(`round:${vector.round % 8}`, text);
      const lines: string[] = [];
      const log = createLog('info', (line) => lines.push(line));
      const store = new RoundStore(memory, identity, log);
      expect(await store.load(vector.round)).to.equal(undefined);
      expect(lines.join()).to.include(
        `record of round ${vector.round} is unreadable: starting afresh`,
      );
    });
  }
});
