import { expect } from 'chai';
import fc from 'fast-check';
import { pushData, pushHeight, witnessKeyScript } from '../../src/bitcoin/script';

describe('pushHeight (BIP 34)', () => {
  // What Bitcoin Core's CScript() << height gives.
  const vectors: [number, string][] = [
    [0, '00'],
    [1, '51'],
    [16, '60'],
    [17, '0111'],
    [127, '017f'],
    [128, '028000'],
    [255, '02ff00'],
    [256, '020001'],
    [32767, '02ff7f'],
    [32768, '03008000'],
    [8388607, '03ffff7f'],
    [8388608, '0400008000'],
    [2147483647, '04ffffff7f'],
    [2147483648, '050000008000'],
  ];
  for (const [height, hex] of vectors) {
    it(`pushes ${height} as ${hex}`, () => {
      expect(pushHeight(height).toString('hex')).to.equal(hex);
    });
  }

  it('is minimal and reads back as the height', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: Number.MAX_SAFE_INTEGER }), (height) => {
        const [length, ...bytesLE] = pushHeight(height);
        expect(length).to.equal(bytesLE.length);
        expect(bytesLE.reduceRight((sum, byte) => sum * 256 + byte, 0)).to.equal(height);
        const [second = 0, top = 0] = bytesLE.slice(-2);
        expect(top).to.be.lessThan(0x80);
        expect(top !== 0 || bytesLE.length === 1 || second >= 0x80).to.equal(true);
      }),
    );
  });

  for (const bad of [-1, 1.5, NaN, 2 ** 53]) {
    it(`refuses ${bad}`, () => {
      expect(() => pushHeight(bad)).to.throw(RangeError, 'block height');
    });
  }
});

describe('pushData', () => {
  it('writes a length and the data', () => {
    expect(pushData(Buffer.from('abcd', 'hex')).toString('hex')).to.equal('02abcd');
  });
  it('refuses what a one-byte push cannot hold', () => {
    expect(() => pushData(Buffer.alloc(76))).to.throw(RangeError, 'got 76');
    expect(() => pushData(Buffer.alloc(0))).to.throw(RangeError, 'got 0');
  });
});

describe('witnessKeyScript', () => {
  it('pays the hash of a key, of witness version 0', () => {
    // BIP 173's P2WPKH example.
    const program = '751e76e8199196d454941c45d1b3a323f1433bd6';
    expect(witnessKeyScript(Buffer.from(program, 'hex')).toString('hex')).to.equal(
      `0014${program}`,
    );
  });
  it('refuses the program of a script, and any other length', () => {
    for (const length of [0, 19, 21, 32]) {
      expect(() => witnessKeyScript(Buffer.alloc(length))).to.throw(RangeError, `got ${length}`);
    }
  });
});
