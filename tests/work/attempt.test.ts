import { expect } from 'chai';
import fc from 'fast-check';
import { ATTEMPT_SIZE, extranonceOf, packAttempt, unpackAttempt } from '../../src/work/attempt';

describe('an attempt', () => {
  it('is packed in the 13 bytes of a share', () => {
    const attempt = {
      prefix: 0x0102,
      extranonce2: 0x03040506,
      versionBits: 0xa1b2,
      timeOffset: 0x2a,
      nonce: 0xc1d2e3f4,
    };
    expect(packAttempt(attempt).toString('hex')).to.equal(
      '010203040506' + 'b2a1' + '2a' + 'f4e3d2c1',
    );
    expect(ATTEMPT_SIZE).to.equal(13);
  });

  it('is what any 13 bytes are, and packs to them again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 13, maxLength: 13 }), (values) => {
        const bytes = Buffer.from(values);
        const attempt = unpackAttempt(bytes);
        expect(packAttempt(attempt)).to.deep.equal(bytes);
        expect(attempt.versionBits).to.be.within(0, 0xffff);
        expect(attempt.timeOffset).to.be.within(0, 255);
        expect(attempt.nonce).to.be.within(0, 0xffffffff);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not packed where a number does not fit', () => {
    const fits = { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce: 0 };
    for (const wrong of [
      { prefix: 65536 },
      { extranonce2: 2 ** 32 },
      { versionBits: 65536 },
      { timeOffset: 256 },
      { nonce: 2 ** 32 },
    ]) {
      expect(() => packAttempt({ ...fits, ...wrong })).to.throw(RangeError);
    }
  });

  it('has both parts of the extranonce most significant byte first, as Stratum writes them', () => {
    expect(extranonceOf({ prefix: 0x0102, extranonce2: 0x0a0b0c0d }).toString('hex')).to.equal(
      '01020a0b0c0d',
    );
    expect(extranonceOf({ prefix: 0xffff, extranonce2: 0xffffffff }).toString('hex')).to.equal(
      'ff'.repeat(6),
    );
  });
});
