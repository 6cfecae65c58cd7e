import { randomBytes } from 'node:crypto';
import bs58 from 'bs58';
import { expect } from 'chai';
import fc from 'fast-check';
import { sharePayouts, type JudgedSubmitter } from '../../src/distribution/payouts';
import { verifyProof } from '../../src/proof/verify';
import { koiiWork } from '../../src/template/koii';
import { mineEasyProof } from '../fixtures/proofs';

/** Every hash is a share, so that 10,000 proofs cost little. */
const EVERY_HASH = { k: 28, floor: (1n << 256n) - 1n };
const valid = (hashes: bigint) => ({ valid: true, shares: 1, hashes }) as const;
const invalid = { valid: false, reason: 'test' } as const;

const submitters = fc.uniqueArray(
  fc.record({
    publicKey: fc.string({ minLength: 32, maxLength: 44 }),
    votes: fc.integer({ min: -9, max: 9 }),
    stake: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    verdict: fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 80n }).map(valid),
      fc.constant<JudgedSubmitter['verdict']>(invalid),
    ),
  }),
  { selector: ({ publicKey }) => publicKey },
);

describe('sharePayouts', () => {
  it('shares in proportion, pays no invalid proof and slashes the voted-down ones', () => {
    const list = sharePayouts(
      [
        { publicKey: 'a', votes: 1, stake: 100, verdict: valid(3n) },
        { publicKey: 'b', votes: -5, stake: 100, verdict: valid(1n) },
        { publicKey: 'c', votes: -1, stake: 99, verdict: invalid },
        { publicKey: 'd', votes: 0, stake: 100, verdict: invalid },
        { publicKey: 'e', votes: 3, stake: 100, verdict: invalid },
      ],
      1001,
    );
    expect(list).to.deep.equal({ a: 750, b: 250, c: -69, d: 0, e: 0 });
  });

  it('holds the rules of the SDK for any submitters and bounty', () => {
    fc.assert(
      fc.property(submitters, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (judged, bounty) => {
        const list = sharePayouts(judged, bounty);
        expect(Object.keys(list)).to.have.members(judged.map(({ publicKey }) => publicKey));
        const amounts = Object.values(list);
        expect(amounts.every(Number.isSafeInteger)).to.equal(true);
        const paid = amounts.reduce((sum, amount) => sum + (amount > 0 ? BigInt(amount) : 0n), 0n);
        expect(paid <= BigInt(bounty)).to.equal(true);
        for (const { publicKey, stake, verdict } of judged) {
          expect(-list[publicKey]! <= stake).to.equal(true);
          if (verdict.valid) expect(list[publicKey]! >= 0).to.equal(true);
        }
        expect(sharePayouts([...judged].reverse(), bounty)).to.deep.equal(list);
      }),
    );
  });

  it('gives an empty list for no submitters', () => {
    expect(sharePayouts([], 1000)).to.deep.equal({});
  });

  it('refuses amounts that are no whole units', () => {
    const slashed = { publicKey: 'a', votes: -1, stake: 1.5, verdict: invalid };
    expect(() => sharePayouts([slashed], 10)).to.throw(RangeError, 'stake');
    expect(() => sharePayouts([], 0.5)).to.throw(RangeError, 'bounty');
    expect(() => sharePayouts([], -1)).to.throw(RangeError, 'got -1');
  });

  it('shares among 10,000 submitters with 10,000 real proofs, in any order alike', function () {
    this.timeout(60_000);
    const round = { taskId: randomBytes(32), round: 77, seed: randomBytes(32) };
    const work = koiiWork(round.taskId, round.round, round.seed);
    const bounty = 1_000_000_007;
    const judged = Array.from({ length: 10_000 }, (_, i): JudgedSubmitter => {
      const key = randomBytes(32);
      const proof = mineEasyProof(round, key, 1 + (i % 40), EVERY_HASH);
      const verdict = verifyProof(proof, key, work, EVERY_HASH);
      return { publicKey: bs58.encode(key), votes: 1, stake: 1000, verdict };
    });
    expect(judged.every(({ verdict }) => verdict.valid)).to.equal(true);

    const list = sharePayouts(judged, bounty);
    const shuffled = [...judged].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
    expect(sharePayouts(shuffled, bounty)).to.deep.equal(list);

    const amounts = Object.values(list);
    expect(amounts).to.have.length(10_000);
    const paid = amounts.reduce((sum, amount) => sum + amount, 0);
    expect(paid).to.be.at.most(bounty);
    // Each floor loses less than one unit.
    expect(paid).to.be.greaterThan(bounty - 10_000);
    const total = judged.reduce(
      (sum, { verdict }) => sum + (verdict.valid ? verdict.hashes : 0n),
      0n,
    );
    for (const { publicKey, verdict } of judged) {
      const hashes = verdict.valid ? verdict.hashes : 0n;
      expect(BigInt(list[publicKey]!)).to.equal((BigInt(bounty) * hashes) / total);
    }
  });
});
