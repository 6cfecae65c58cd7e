import { expect } from 'chai';
import fc from 'fast-check';
import { K, WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { decodeProof, encodeProof, type Proof } from '../../src/proof/codec';
import { compareSegments, type Segment } from '../../src/work/segment';
import { KOII_WORK } from '../../src/work/source';
import { Random } from '../../simulator/random';
import { vectors } from '../fixtures/proofs';
import { structuredProof } from '../fixtures/structured-proofs';

const MAX_HEIGHT = 2 ** 31 - 1;
const KOII = WORK_SOURCE.koii;
const BITCOIN = WORK_SOURCE.bitcoin;

const u32 = fc.nat(0xffffffff);
const bytesOf = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes));
const attempt = fc.record({
  prefix: fc.nat(0xffff),
  extranonce2: u32,
  versionBits: fc.nat(0xffff),
  timeOffset: fc.nat(255),
  nonce: u32,
});
const attempts = (max: number) => fc.array(attempt, { minLength: 1, maxLength: max });
const koiiProof: fc.Arbitrary<Proof> = attempts(K[KOII]).map((all) => ({
  work: KOII_WORK,
  attempts: [all],
}));
const height = fc.oneof(fc.integer({ min: 1, max: MAX_HEIGHT }), fc.constantFrom(1, 2, MAX_HEIGHT));
const segment = fc.record({ height, prev: bytesOf(32), time: u32, bits: u32 });
const bitcoinProof: fc.Arbitrary<Proof> = fc
  .record({
    payout: bytesOf(20),
    parts: fc.uniqueArray(fc.record({ segment, attempts: attempts(K[BITCOIN] / 2) }), {
      minLength: 1,
      maxLength: 2,
      comparator: (a, b) => compareSegments(a.segment, b.segment) === 0,
    }),
  })
  .map(({ payout, parts }) => {
    const sorted = parts.sort((a, b) => compareSegments(a.segment, b.segment));
    const segments = sorted.map((part) => part.segment);
    return {
      work: { source: BITCOIN, payout, segments },
      attempts: sorted.map((part) => part.attempts),
    };
  });

describe('the proof codec', () => {
  it('decodes what it encoded, of both work sources', () => {
    fc.assert(
      fc.property(fc.oneof(koiiProof, bitcoinProof), (proof) => {
        const text = encodeProof(proof);
        expect(text.length).to.be.at.most(496);
        expect(decodeProof(text)).to.deep.equal({ proof });
      }),
      { numRuns: 2000 },
    );
  });

  it('encodes what it decodes of structured proofs to the same text; a third at least decode', () => {
    const decoded: Record<WorkSourceId, number> = { [KOII]: 0, [BITCOIN]: 0 };
    const reasons: string[] = [];
    const runs = 10_000;
    fc.assert(
      fc.property(fc.noBias(fc.noShrink(fc.nat())), (seed) => {
        const text = structuredProof(new Random(String(seed)));
        const found = decodeProof(text);
        if ('reason' in found) return void reasons.push(found.reason);
        expect(encodeProof(found.proof)).to.equal(text);
        expect(text).to.match(/^[A-Za-z0-9_-]{1,496}$/);
        decoded[found.proof.work.source]++;
      }),
      { numRuns: runs },
    );
    for (const source of [KOII, BITCOIN]) expect(decoded[source]).to.be.at.least(runs / 8);
    expect(decoded[KOII] + decoded[BITCOIN]).to.be.within(runs / 3, (runs * 4) / 5);
    // Every refusal has occurred.
    for (const reason of [
      /longer than 496/,
      /not canonical/,
      /too short/,
      /unknown version/,
      /1 to 1 segments/,
      /1 to 2 segments/,
      /without shares/,
      /at most 28 shares/,
      /at most 20 shares/,
      /don't fit/,
      /expected a height/,
      /out of order or equal/,
    ]) {
      expect(reasons.filter((text) => reason.test(text)).length, String(reason)).to.be.at.least(5);
    }
  });

  it('needs at most 490 characters for koii and 496 for bitcoin', () => {
    const full = (count: number) =>
      Array.from({ length: count }, () => ({
        prefix: 0xffff,
        extranonce2: 0xffffffff,
        versionBits: 0xffff,
        timeOffset: 255,
        nonce: 0xffffffff,
      }));
    const koii = encodeProof({ work: KOII_WORK, attempts: [full(28)] });
    const last = (prev: number): Segment => ({
      height: MAX_HEIGHT,
      prev: Buffer.alloc(32, prev),
      time: 0xffffffff,
      bits: 0xffffffff,
    });
    const payout = Buffer.alloc(20, 0xff);
    const bitcoin = encodeProof({
      work: { source: BITCOIN, payout, segments: [last(0xfe), last(0xff)] },
      attempts: [full(1), full(19)],
    });
    expect([koii.length, bitcoin.length]).to.deep.equal([490, 496]);
    for (const text of [koii, bitcoin]) expect(decodeProof(text)).to.have.property('proof');
  });

  it('reads the fields of a vector where docs/PROTOCOL.md has them', () => {
    const vector = vectors.find(({ segments }) => segments?.length === 2)!;
    const bytes = Buffer.from(vector.proof, 'base64url');
    const decoded = decodeProof(vector.proof);
    expect(decoded)
      .to.have.nested.property('proof.work')
      .that.deep.equals({
        source: BITCOIN,
        payout: Buffer.from(vector.payout!, 'hex'),
        segments: vector.segments!.map((of) => ({ ...of, prev: Buffer.from(of.prev, 'hex') })),
      });
    const shares = (decoded as { proof: Proof }).proof.attempts.flat();
    expect(shares).to.have.length(20);
    expect(shares[19]).to.deep.equal({
      prefix: bytes.readUInt16BE(bytes.length - 13),
      extranonce2: bytes.readUInt32BE(bytes.length - 11),
      versionBits: bytes.readUInt16LE(bytes.length - 7),
      timeOffset: bytes[bytes.length - 5],
      nonce: bytes.readUInt32LE(bytes.length - 4),
    });
  });

  const text = (...parts: (number | readonly number[])[]): string =>
    Buffer.from(parts.flat()).toString('base64url');
  const share = Array.from({ length: 13 }, () => 7);
  const shares = (count: number) => Array.from({ length: count }, () => share).flat();
  const payout = Array.from({ length: 20 }, () => 9);
  /** A segment with its number of shares. */
  const block = (height: number, prev = 0, count = 1): number[] => {
    const bytes = Buffer.alloc(45, prev);
    bytes.writeUInt32LE(height, 0);
    bytes[44] = count;
    return [...bytes];
  };

  it('takes the smallest proofs, and those on which the refused ones are built', () => {
    for (const valid of [
      text(0x10, 1, 1, share),
      text(0x11, 1, payout, block(1), share),
      text(0x11, 1, payout, block(MAX_HEIGHT, 0, 20), shares(20)),
      text(0x11, 2, payout, block(1, 5), block(1, 6), share, share),
      text(0x11, 2, payout, block(1, 6), block(2, 5, 19), shares(20)),
    ]) {
      expect(decodeProof(valid)).to.have.property('proof');
    }
  });

  const invalid: [string, string, RegExp][] = [
    ['nothing', '', /too short/],
    ['one byte', text(0x10), /too short/],
    ['another version', text(0x20, 1, 1, share), /unknown version or work source 0x20/],
    ['another work source', text(0x12, 1, 1, share), /unknown version or work source 0x12/],
    ['no koii segment', text(0x10, 0), /1 to 1 segments, got 0/],
    ['two koii segments', text(0x10, 2, 1, 1, share, share), /1 to 1 segments, got 2/],
    ['no bitcoin segment', text(0x11, 0, payout), /1 to 2 segments, got 0/],
    ['three bitcoin segments', text(0x11, 3, payout), /1 to 2 segments, got 3/],
    ['a cut payout', text(0x11, 1, 0, 0), /too short/],
    ['a cut segment', text(0x11, 2, payout, block(1), block(2).slice(1)), /too short/],
    ['a koii count of zero', text(0x10, 1, 0), /without shares/],
    ['a bitcoin count of zero', text(0x11, 1, payout, block(1, 0, 0)), /without shares/],
    [
      'a count of zero beside another',
      text(0x11, 2, payout, block(1, 0, 1), block(2, 0, 0), share),
      /without shares/,
    ],
    ['a count without shares', text(0x10, 1, 1), /1 shares don't fit a proof of 3 bytes/],
    ['more than K koii shares', text(0x10, 1, 29), /at most 28 shares, got 29/],
    ['more than K bitcoin shares', text(0x11, 1, payout, block(1, 0, 21)), /at most 20.*got 21/],
    [
      'more than K shares on two segments',
      text(0x11, 2, payout, block(1, 0, 11), block(2, 0, 10)),
      /at most 20 shares, got 21/,
    ],
    ['a trailing byte', text(0x10, 1, 1, share, 0), /don't fit/],
    ['a share too many', text(0x11, 1, payout, block(1), share, share), /don't fit/],
    ['a missing byte', text(0x11, 1, payout, block(1), share.slice(1)), /don't fit/],
    ['height 0', text(0x11, 1, payout, block(0), share), /height of 1 to 2147483647, got 0/],
    ['height 2^31', text(0x11, 1, payout, block(2 ** 31), share), /got 2147483648/],
    [
      'height 2^32-1 behind another',
      text(0x11, 2, payout, block(1), block(2 ** 32 - 1), share, share),
      /got 4294967295/,
    ],
    [
      'heights that descend',
      text(0x11, 2, payout, block(2, 5), block(1, 6), share, share),
      /segments are out of order or equal/,
    ],
    [
      'siblings whose prev descends',
      text(0x11, 2, payout, block(1, 6), block(1, 5), share, share),
      /segments are out of order or equal/,
    ],
    [
      'equal segments',
      text(0x11, 2, payout, block(1, 5), block(1, 5), share, share),
      /segments are out of order or equal/,
    ],
    ['more than 496 characters', 'E'.repeat(497), /longer than 496/],
    ['padding', text(0x10, 1, 1, share) + '==', /not canonical/],
    ['white space', text(0x10, 1, 1, share) + '\n', /not canonical/],
    ['the other alphabet', `${text(0x10, 1, 1, share).slice(0, -2)}+A`, /not canonical/],
    // 16 bytes are 22 characters, of which the last has four unused bits.
    ['unused bits that are set', text(0x10, 1, 1, share).slice(0, -1) + 'x', /not canonical/],
  ];
  for (const [what, refused, reason] of invalid) {
    it(`refuses ${what}`, () => {
      expect(decodeProof(refused)).to.have.property('reason').that.matches(reason);
    });
  }

  it('refuses segments that differ in time and bits alone', () => {
    const other = block(1, 5);
    other[36]! ^= 1;
    other[40]! ^= 1;
    const refused = text(0x11, 2, payout, block(1, 5), other, share, share);
    expect(decodeProof(refused))
      .to.have.property('reason')
      .that.matches(/out of order or equal/);
  });
});
