import { expect } from 'chai';
import { KnownShares, type KnownShare } from '../../src/rounds/known-shares';

const rolled = { extranonce2: 0x01020304, nonce: 7, versionBits: 8, timeOffset: 9 };
const share = (hashValue: bigint): KnownShare => ({
  submissionId: 'rig1-1',
  workerId: 'rig1',
  best: true,
  hashValue,
  rolled,
});

describe('known shares', () => {
  it('are found by their hash and by all that gives it', () => {
    const known = new KnownShares();
    known.add(share(5n));
    expect([known.has(5n), known.has(6n)]).to.deep.equal([true, false]);
    expect(known.find(5n, { ...rolled })).to.deep.equal(share(5n));
    expect(known.find(6n, rolled)).to.equal(undefined);
    for (const field of ['extranonce2', 'nonce', 'versionBits', 'timeOffset'] as const) {
      const other = { ...rolled, [field]: rolled[field] + 1 };
      expect(known.find(5n, other), field).to.equal(undefined);
    }
  });

  it('give way from the oldest on when there are too many', () => {
    const known = new KnownShares();
    for (let i = 0n; i < 65_537n; i++) known.add(share(i));
    expect(known.find(0n, rolled)).to.equal(undefined);
    expect(known.find(1n, rolled)).not.to.equal(undefined);
  });
});
