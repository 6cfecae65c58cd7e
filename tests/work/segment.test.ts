import { expect } from 'chai';
import fc from 'fast-check';
import { compareSegments, headerOf, templateOf, type Segment } from '../../src/work/segment';

const COINBASE = { message: Buffer.of(1), sequence: 0, lockTime: 0, outputs: [] };
const ATTEMPT = { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce: 0 };

function segment(height: number, prev = '00', time = 0, bits = 0): Segment {
  return { height, prev: Buffer.from(prev.padEnd(64, '0'), 'hex'), time, bits };
}

function headerAt(time: number, bits: number, attempt: Partial<typeof ATTEMPT> = {}): Buffer {
  return headerOf(templateOf(segment(1, 'ab', time, bits), COINBASE), { ...ATTEMPT, ...attempt });
}

describe('segments', () => {
  it('ascend by height, then by prev as bytes; time and bits do not count', () => {
    const ascending = [
      segment(1, 'ff'),
      segment(2, '00'),
      segment(2, '01'),
      segment(2, '0100ff'),
      segment(2, '7f'),
      segment(2, '80'),
      segment(255),
      segment(256),
      segment(2 ** 31 - 1),
    ];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareSegments(a, b)), `${i} and ${j}`).to.equal(Math.sign(i - j));
      }
    }
    expect(compareSegments(segment(7, 'aa', 1, 2), segment(7, 'aa', 3, 4))).to.equal(0);
  });

  it('have headers whose time is rolled, beyond the last second there is too', () => {
    for (const time of [0, 1767225600, 0xffffffff - 255, 0xffffffff]) {
      for (let timeOffset = 0; timeOffset <= 255; timeOffset++) {
        const rolled = headerAt(time, 0, { timeOffset }).readUInt32LE(68);
        expect(rolled).to.equal(Number(BigInt.asUintN(32, BigInt(time) + BigInt(timeOffset))));
      }
    }
  });

  it('have headers with any bits', () => {
    // Zero, negative, overflowing, less than a byte: an auditor never expands them.
    for (const bits of [
      0, 0xffffffff, 0x01810000, 0x04923456, 0xff123456, 0x1700ffff, 0x00ffffff,
    ]) {
      expect(headerAt(0, bits).readUInt32LE(72)).to.equal(bits);
    }
  });

  it('have headers whose version is rolled in bits 13 to 28 alone', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), (versionBits) => {
        const version = headerAt(0, 0, { versionBits }).readUInt32LE(0);
        expect(version & ~0x1fffe000).to.equal(0x20000000);
        expect((version >>> 13) & 0xffff).to.equal(versionBits);
      }),
    );
  });

  it('have the coinbase alone under their headers', () => {
    const template = templateOf(segment(1, 'ab'), COINBASE);
    const [one, other] = [0, 1].map((extranonce2) =>
      headerOf(template, { ...ATTEMPT, extranonce2 }),
    );
    expect(one!.subarray(0, 36)).to.deep.equal(other!.subarray(0, 36));
    expect(one!.subarray(36, 68)).not.to.deep.equal(other!.subarray(36, 68));
    expect(one!.subarray(68)).to.deep.equal(other!.subarray(68));
  });
});
