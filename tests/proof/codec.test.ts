import { expect } from 'chai';
import fc from 'fast-check';
import { K, MAX_SEGMENTS, WORK_SOURCE } from '../../src/consensus';
import { decodeProof, encodeProof, type Proof } from '../../src/proof/codec';

const u32 = fc.nat(0xffffffff);
const attempt = fc.record({
  extranonce: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  versionBits: fc.nat(0xffff),
  nonce: u32,
});
const koiiProof: fc.Arbitrary<Proof> = fc
  .array(attempt, { minLength: 1, maxLength: K })
  .map((attempts) => ({ source: WORK_SOURCE.koii, segments: [{ ref: undefined, attempts }] }));
const bitcoinProof: fc.Arbitrary<Proof> = fc
  .array(
    fc.record({
      ref: fc.record({ height: u32, time: u32 }),
      attempts: fc.array(attempt, { minLength: 1, maxLength: Math.floor(K / MAX_SEGMENTS) }),
    }),
    { minLength: 1, maxLength: MAX_SEGMENTS },
  )
  .map((segments) => ({ source: WORK_SOURCE.bitcoin, segments }));

describe('the proof codec', () => {
  it('decodes what it encoded, in 10,000 cases of both work sources', () => {
    fc.assert(
      fc.property(fc.oneof(koiiProof, bitcoinProof), (proof) => {
        expect(decodeProof(encodeProof(proof))).to.deep.equal({ proof });
      }),
      { numRuns: 10_000 },
    );
  });

  it('encodes what it decoded to the same text, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom(0x10, 0x11),
        (bytes, first) => {
          const text = Buffer.from([first, ...bytes]).toString('base64url');
          const decoded = decodeProof(text);
          if ('proof' in decoded) expect(encodeProof(decoded.proof)).to.equal(text);
          else expect(decoded.reason).not.to.equal('');
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('needs at most 511 characters', () => {
    const attempts = Array.from({ length: K }, () => ({
      extranonce: Buffer.alloc(6, 0xff),
      versionBits: 0xffff,
      nonce: 0xffffffff,
    }));
    const ref = { height: 0xffffffff, time: 0xffffffff };
    const counts = [24, 1, 1, 1, 1];
    const segments = counts.map((n) => ({ ref, attempts: attempts.slice(0, n) }));
    const text = encodeProof({ source: WORK_SOURCE.bitcoin, segments });
    expect(text).to.have.length(511);
    expect(decodeProof(text)).to.have.property('proof');
  });

  const bytes = (...values: number[]): string => Buffer.from(values).toString('base64url');
  const attemptBytes = Array.from({ length: 12 }, () => 7);
  const invalid: [string, string, RegExp][] = [
    ['nothing', '', /too short/],
    ['one byte', bytes(0x10), /too short/],
    ['another version', bytes(0x20, 1, 1, ...attemptBytes), /unknown version/],
    [
      'another work source',
      bytes(0x12, 1, 1, ...attemptBytes),
      /unknown version or work source 0x12/,
    ],
    ['no segment', bytes(0x10, 0), /1 to 1 segments, got 0/],
    ['two koii segments', bytes(0x10, 2, 1, 1, ...attemptBytes, ...attemptBytes), /got 2/],
    ['six bitcoin segments', bytes(0x11, 6), /1 to 5 segments/],
    ['a cut descriptor', bytes(0x11, 1, 0, 0), /too short/],
    ['a count of zero', bytes(0x10, 1, 0), /without shares/],
    ['a count without shares', bytes(0x10, 1, 1), /don't fit/],
    ['more than K shares', bytes(0x10, 1, K + 1), /at most 28/],
    ['a trailing byte', bytes(0x10, 1, 1, ...attemptBytes, 0), /don't fit/],
    ['more than 511 characters', 'E'.repeat(512), /longer than 511/],
  ];
  for (const [what, text, reason] of invalid) {
    it(`refuses ${what}`, () => {
      const decoded = decodeProof(text);
      expect(decoded).to.have.property('reason').that.matches(reason);
    });
  }

  it('refuses text whose unused bits are not zero', () => {
    // 15 bytes are 20 characters; 14 leave unused bits in the last of 19.
    const text = bytes(0x10, 1, 1, ...attemptBytes).slice(0, 18) + 'B';
    expect(decodeProof(text)).to.deep.equal({ reason: 'not canonical base64url' });
  });
});
