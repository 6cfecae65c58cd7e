import { expect } from 'chai';
import { serializeHeader } from '../../src/bitcoin/header';
import { sha256d } from '../../src/bitcoin/sha256';
import { bitsToTarget, displayHash, hashValue } from '../../src/bitcoin/target';
import blocks from '../fixtures/block-headers.json';

describe('block headers', () => {
  for (const { block, header, hash } of blocks.headers) {
    const bytes = Buffer.from(header, 'hex');

    it(`hashes block ${block}`, () => {
      expect(displayHash(hashValue(sha256d(bytes)))).to.equal(hash);
    });

    it(`finds that block ${block} meets the target of its bits`, () => {
      const target = bitsToTarget(bytes.readUInt32LE(72));
      expect(hashValue(sha256d(bytes)) <= target).to.equal(true);
    });

    it(`serialises block ${block}`, () => {
      const serialized = serializeHeader({
        version: bytes.readUInt32LE(0),
        prev: bytes.subarray(4, 36),
        merkleRoot: bytes.subarray(36, 68),
        time: bytes.readUInt32LE(68),
        bits: bytes.readUInt32LE(72),
        nonce: bytes.readUInt32LE(76),
      });
      expect(serialized.toString('hex')).to.equal(header);
    });
  }

  it('takes a version with the top bit set', () => {
    const zeros = Buffer.alloc(32);
    const fields = { prev: zeros, merkleRoot: zeros, time: 0, bits: 0, nonce: 0 };
    expect(serializeHeader({ version: -1, ...fields }).readUInt32LE(0)).to.equal(0xffffffff);
  });
});
