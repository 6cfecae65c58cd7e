import { expect } from 'chai';
import { extranonceOf } from '../../src/work/attempt';
import { KnownShares, proofOf, type KnownShare } from '../../src/workers/known-shares';

const proof = { extranonce2: 0x01020304, nonce: 7, versionBits: 8, timeOffset: 9 };
const share = (hashValue: bigint): KnownShare => ({
  ...{ submissionId: 'rig1-1', workerId: 'rig1', best: true },
  ...{ hashValue, proof },
});

describe('known shares', () => {
  it('are found by their hash and by all that gives it', () => {
    const known = new KnownShares();
    known.add(share(5n));
    expect(known.find(5n, { ...proof })).to.deep.equal(share(5n));
    expect(known.find(6n, proof)).to.equal(undefined);
    for (const field of ['extranonce2', 'nonce', 'versionBits', 'timeOffset'] as const) {
      const other = { ...proof, [field]: proof[field] + 1 };
      expect(known.find(5n, other), field).to.equal(undefined);
    }
  });

  it('are shown by what their worker rolled of an attempt, each part of it', () => {
    const { extranonce2, ...rolled } = proof;
    const extranonce = extranonceOf(0x0101, extranonce2);
    expect(proofOf({ extranonce, ...rolled })).to.deep.equal(proof);
  });

  it('give way from the oldest on when there are too many', () => {
    const known = new KnownShares();
    for (let i = 0n; i < 65_537n; i++) known.add(share(i));
    expect(known.find(0n, proof)).to.equal(undefined);
    expect(known.find(1n, proof)).not.to.equal(undefined);
  });
});
