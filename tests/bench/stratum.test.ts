import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { compareKept } from '../../bench/stratum/kept-shares';
import type { Share } from '../../src/proof/shares';

const FULL = 3;

/** Shares with these hash values. */
const shares = (...values: number[]): Share[] =>
  values.map((value) => {
    const hashValue = BigInt(value);
    return {
      prefix: 0,
      extranonce2: 0,
      versionBits: 0,
      timeOffset: 0,
      nonce: value,
      segment: 0,
      hashValue,
    };
  });

describe('the acknowledged shares after a kill', () => {
  it('belong in the proof when they are among its lowest', () => {
    const kept = compareKept(shares(9, 4, 2, 7, 5), shares(2, 4, 5), FULL);
    expect(kept).to.deep.equal({ acknowledged: 5, belonging: 3, found: 3 });
  });

  it('are missing when the proof has higher ones in their place', () => {
    const kept = compareKept(shares(9, 4, 2), shares(4, 9, 11), FULL);
    expect(kept).to.deep.equal({ acknowledged: 3, belonging: 3, found: 2 });
  });

  it('all belong in a proof that is not full', () => {
    expect(compareKept(shares(8, 9), shares(), FULL)).to.deep.equal({
      acknowledged: 2,
      belonging: 2,
      found: 0,
    });
  });

  it('give way to ones that were stored before they could be acknowledged', () => {
    const kept = compareKept(shares(5, 6, 7), shares(1, 2, 5), FULL);
    expect(kept).to.deep.equal({ acknowledged: 3, belonging: 1, found: 1 });
  });
});

describe('the eased floor of the benchmark', () => {
  it('is no part of the bundle', () => {
    const bundle = readFileSync(path.join(__dirname, '../../dist/main.js'), 'utf8');
    expect(bundle).to.include('src/consensus.ts').and.not.include('bench/');
  });
});
