import { expect } from 'chai';
import { K, PROOF_RULES } from '../../src/consensus';
import { estimateHashes } from '../../src/proof/estimate';

const MINERS = 2000;

/** A small generator of the xorshift family: the same miners on every run. */
function* uniforms(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield ((x >>> 0) + 0.5) / 2 ** 32;
  }
}

/**
 * The K lowest of `hashes` uniform hash values: the gaps of their order statistics are drawn, from
 * the lowest up, instead of all the hashes.
 */
function mine(hashes: number, random: Generator<number, never>): bigint[] {
  const values: bigint[] = [];
  let value = 0;
  for (let i = 0; i < K; i++) {
    value += (1 - value) * (1 - random.next().value ** (1 / (hashes - i)));
    const hashValue = BigInt(Math.floor(value * 2 ** 53)) << 203n;
    if (hashValue <= PROOF_RULES.floor) values.push(hashValue);
  }
  return values;
}

function statistics(hashes: number): { mean: number; relativeError: number } {
  const random = uniforms(20090103);
  const ratios = Array.from({ length: MINERS }, () => {
    const values = mine(hashes, random);
    const estimate = estimateHashes(values.length, values[values.length - 1] ?? 0n);
    return Number(estimate) / hashes;
  });
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / MINERS;
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (MINERS - 1);
  return { mean, relativeError: Math.sqrt(variance) };
}

describe('estimateHashes', () => {
  for (const hashes of [2 ** 25, 2 ** 30, 2 ** 36]) {
    it(`is unbiased within 2 % over ${MINERS} miners of ${hashes} hashes, with 15-25 % of error`, () => {
      const { mean, relativeError } = statistics(hashes);
      expect(mean).to.be.within(0.98, 1.02);
      expect(relativeError).to.be.within(0.15, 0.25);
    });
  }

  it('is unbiased within 2 % where the floor, not K, ends the list', () => {
    expect(statistics(12 * 2 ** 18).mean).to.be.within(0.98, 1.02);
  });

  it('counts 2^18 hashes a share below K', () => {
    expect(estimateHashes(0, 0n)).to.equal(0n);
    expect(estimateHashes(1, 5n)).to.equal(2n ** 18n);
    expect(estimateHashes(K - 1, PROOF_RULES.floor)).to.equal(BigInt(K - 1) * 2n ** 18n);
  });

  it('never gains from leaving a share out', () => {
    const random = uniforms(42);
    for (let i = 0; i < 200; i++) {
      const values = mine(2 ** 26, random);
      const full = estimateHashes(values.length, values[values.length - 1]!);
      const without = values.length - 1;
      expect(estimateHashes(without, values[without - 1]!) <= full).to.equal(true);
    }
  });
});
