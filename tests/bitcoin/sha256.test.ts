import { expect } from 'chai';
import { INITIAL_HASH, ROUND_CONSTANTS } from '../../src/bitcoin/sha256';

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) {
    if (found.every((prime) => n % prime !== 0n)) found.push(n);
  }
  return found;
}

/** The largest integer whose power is at most n, by bisection. */
function root(n: bigint, power: bigint): bigint {
  let [low, high] = [0n, n + 1n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** power <= n) low = middle;
    else high = middle;
  }
  return low;
}

/** The first 32 bits of the fractional part of a prime's root. */
const fraction = (prime: bigint, power: bigint): number =>
  Number(root(prime << (32n * power), power) & 0xffffffffn);

describe('the tables of SHA-256', () => {
  it('are the cube roots of the first 64 primes (FIPS 180-4 section 4.2.2)', () => {
    expect(primes(64).map((prime) => fraction(prime, 3n))).to.deep.equal(ROUND_CONSTANTS);
  });

  it('are the square roots of the first 8 primes (FIPS 180-4 section 5.3.3)', () => {
    expect(primes(8).map((prime) => fraction(prime, 2n))).to.deep.equal(INITIAL_HASH);
  });
});
