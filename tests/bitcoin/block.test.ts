import { expect } from 'chai';
import fc from 'fast-check';
import {
  coinbaseParts,
  pushData,
  pushHeight,
  serializeHeader,
  witnessKeyScript,
} from '../../src/bitcoin/block';
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

describe('coinbaseParts', () => {
  const fields = {
    height: 1,
    message: Buffer.from('orca'),
    extranonceSize: 6,
    sequence: 0xfffffffe,
    lockTime: 0x01020304,
    outputs: [{ value: 5_000_000_000n, script: Buffer.of(0x51) }],
  };

  it('serialises a transaction around the extranonce', () => {
    const { coinbase1, coinbase2 } = coinbaseParts(fields);
    expect(coinbase1.toString('hex')).to.equal(
      '0200000001' + '00'.repeat(32) + 'ffffffff' + '0d' + '51' + '046f726361' + '06',
    );
    expect(coinbase2.toString('hex')).to.equal(
      'feffffff' + '01' + '00f2052a01000000' + '01' + '51' + '04030201',
    );
  });

  it('serialises outputs in the order given, with values of 64 bits', () => {
    const outputs = [
      { value: 0xffffffffffffffffn, script: Buffer.from('0014aabb', 'hex') },
      { value: 1n, script: Buffer.alloc(0) },
    ];
    expect(coinbaseParts({ ...fields, outputs }).coinbase2.toString('hex')).to.equal(
      'feffffff' +
        '02' +
        'ffffffffffffffff' +
        '04' +
        '0014aabb' +
        '0100000000000000' +
        '00' +
        '04030201',
    );
  });

  it('refuses values, a sequence and a lock time that do not fit', () => {
    for (const wrong of [
      { outputs: [{ value: 1n << 64n, script: Buffer.alloc(1) }] },
      { outputs: [{ value: -1n, script: Buffer.alloc(1) }] },
      { sequence: 2 ** 32 },
      { lockTime: -1 },
    ]) {
      expect(() => coinbaseParts({ ...fields, ...wrong })).to.throw(RangeError);
    }
  });

  it('refuses a scriptSig over the 100 bytes of consensus', () => {
    const message = Buffer.alloc(75);
    expect(() => coinbaseParts({ ...fields, message, extranonceSize: 23 })).to.throw('scriptSig');
  });

  it('refuses a script whose length needs more than a byte', () => {
    expect(() =>
      coinbaseParts({ ...fields, outputs: [{ value: 0n, script: Buffer.alloc(253) }] }),
    ).to.throw('bytes of a script: expected at most 252');
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
