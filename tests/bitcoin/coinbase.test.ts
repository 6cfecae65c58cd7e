import { expect } from 'chai';
import { coinbaseParts } from '../../src/bitcoin/coinbase';

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
