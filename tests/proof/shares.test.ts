import { expect } from 'chai';
import fc from 'fast-check';
import { K, PROOF_RULES, WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { BestShares, estimateHashes, relativeError } from '../../src/proof/shares';
import { shareWith } from './shares';

const BEST = 4;
const FLOOR = 1000n;
const MINERS = 2000;

/** A small xorshift generator: the same miners on every run. */
function* uniforms(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield ((x >>> 0) + 0.5) / 2 ** 32;
  }
}

/**
 * The `k` lowest of `hashes` uniform hash values. Draws the gaps between their order statistics, from the lowest up,
 * instead of all the hashes.
 */
function mine(k: number, hashes: number, random: Generator<number, never>): bigint[] {
  const values: bigint[] = [];
  let value = 0;
  for (let i = 0; i < k; i++) {
    value += (1 - value) * (1 - random.next().value ** (1 / (hashes - i)));
    const hashValue = BigInt(Math.floor(value * 2 ** 53)) << 203n;
    if (hashValue <= PROOF_RULES.floor) values.push(hashValue);
  }
  return values;
}

function statistics(source: WorkSourceId, hashes: number): { mean: number; error: number } {
  const random = uniforms(20090103);
  const ratios = Array.from({ length: MINERS }, () => {
    const values = mine(K[source], hashes, random);
    const estimate = estimateHashes(source, values.length, values[values.length - 1] ?? 0n);
    return Number(estimate) / hashes;
  });
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / MINERS;
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (MINERS - 1);
  return { mean, error: Math.sqrt(variance) };
}

describe('BestShares', () => {
  it('holds the K lowest distinct hashes, whatever the order they come in', () => {
    const values = fc.array(fc.bigInt({ min: 0n, max: 1200n }), { maxLength: 60 });
    fc.assert(
      fc.property(values, fc.constantFrom(1, BEST, 20, 28), (values, k) => {
        const best = new BestShares(k, FLOOR);
        for (const value of values) best.add(shareWith(value));
        const expected = [...new Set(values)]
          .filter((value) => value <= FLOOR)
          .sort((a, b) => (a < b ? -1 : 1))
          .slice(0, k);
        expect(best.list().map(({ hashValue }) => hashValue)).to.deep.equal(expected);
      }),
    );
  });

  it('tells what became of a share', () => {
    const best = new BestShares(BEST, FLOOR);
    expect(best.add(shareWith(1001n))).to.equal('surpassed');
    for (const value of [1000n, 30n, 20n, 10n]) expect(best.add(shareWith(value))).to.equal('best');
    expect(best.add(shareWith(20n))).to.equal('duplicate');
    expect(best.add(shareWith(1000n))).to.equal('duplicate');
    expect(best.add(shareWith(5n))).to.equal('best');
    expect(best.add(shareWith(1000n))).to.equal('surpassed');
  });

  it('limits by the floor, then by the K-th best', () => {
    const best = new BestShares(BEST, FLOOR);
    expect(best.entryTarget).to.equal(1000n);
    for (const value of [40n, 30n, 20n]) best.add(shareWith(value));
    expect(best.entryTarget).to.equal(1000n);
    best.add(shareWith(10n));
    expect(best.entryTarget).to.equal(40n);
  });
});

for (const [name, source, percent] of [
  ['koii', WORK_SOURCE.koii, 20],
  ['bitcoin', WORK_SOURCE.bitcoin, 24],
] as const) {
  const k = K[source];

  describe(`estimateHashes of source ${name}`, () => {
    for (const hashes of [2 ** 25, 2 ** 30, 2 ** 36]) {
      it(`is unbiased over ${MINERS} miners of ${hashes} hashes, with about ${percent} % of error`, () => {
        const { mean, error } = statistics(source, hashes);
        expect(mean).to.be.within(0.98, 1.02);
        expect(error).to.be.within((percent - 2) / 100, (percent + 2) / 100);
        expect(relativeError(source, k)).to.be.closeTo(percent / 100, 0.005);
      });
    }

    it('is unbiased where the floor, not K, ends the list', () => {
      const { mean, error } = statistics(source, 9 * 2 ** 18);
      expect(mean).to.be.within(0.98, 1.02);
      expect(error).to.be.closeTo(relativeError(source, 9), 0.03);
    });

    it('counts 2^18 hashes a share below K', () => {
      expect(estimateHashes(source, 0, 0n)).to.equal(0n);
      expect(estimateHashes(source, 1, 5n)).to.equal(2n ** 18n);
      expect(estimateHashes(source, k - 1, PROOF_RULES.floor)).to.equal(BigInt(k - 1) * 2n ** 18n);
    });

    it('goes on from there where the K-th share is at the floor', () => {
      expect(estimateHashes(source, k, PROOF_RULES.floor)).to.equal(BigInt(k - 1) * 2n ** 18n);
      expect(estimateHashes(source, k, 0n)).to.equal(BigInt(k - 1) << 256n);
    });

    it('never gains from leaving a share out', () => {
      const random = uniforms(42);
      for (let i = 0; i < 200; i++) {
        const values = mine(k, 2 ** 26, random);
        const full = estimateHashes(source, values.length, values[values.length - 1]!);
        const without = values.length - 1;
        expect(estimateHashes(source, without, values[without - 1]!) <= full).to.equal(true);
      }
    });
  });
}
